package dev.atelier.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The named points")
class FailpointsTest {

    @Test
    void are_all_in_the_fault_suite() throws IOException {
        var hit = Pattern.compile("Failpoints\\.hit\\(\\s*\"([^\"]+)\"\\)");
        var found = new TreeSet<String>();
        try (var files = Files.walk(Path.of("src/main/java"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                hit.matcher(Files.readString(file)).results().forEach(r -> found.add(r.group(1)));
            }
        }
        assertThat(found).containsExactlyInAnyOrderElementsOf(Faults.POINTS);
    }
}
