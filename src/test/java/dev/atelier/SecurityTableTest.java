package dev.atelier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The table of docs/security.md")
class SecurityTableTest {

    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w+(?:Test|IT))\\.(\\w+)`");

    @Test
    void names_tests_that_exist_and_leaves_no_line_without_one() throws IOException {
        var sources = new HashMap<String, String>();
        try (var files = Files.walk(Path.of("src/test/java"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                sources.put(
                        file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        var wrong = new ArrayList<String>();
        var lines = 0;
        for (var line : Files.readAllLines(Path.of("docs/security.md"))) {
            if (!line.matches("\\| [0-9]+\\.[0-9]+\\.[0-9]+.*")) {
                continue;
            }
            lines++;
            var named = NAMED.matcher(line);
            var tests = 0;
            while (named.find()) {
                tests++;
                if (!sources.getOrDefault(named.group(1), "")
                        .contains("void " + named.group(2) + "(")) {
                    wrong.add(named.group());
                }
            }
            if (tests == 0 && !line.contains("not applicable yet, because ")) {
                wrong.add(line);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(lines).isGreaterThan(40);
    }
}
