package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A bundle of the built-in catalog")
class SeedingTest {

    static Stream<Path> bundles() throws IOException {
        try (var folders = Files.list(Path.of("catalog/models"))) {
            return folders.filter(f -> Files.exists(f.resolve("model.yaml"))).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void passes_the_scan_and_can_be_served(Path folder) throws IOException {
        var paths = new ArrayList<Path>();
        try (var files = Files.walk(folder)) {
            files.filter(Files::isRegularFile).forEach(paths::add);
        }
        var unpacked = Path.of("target/bundles").resolve(folder.getFileName());
        if (Files.isDirectory(unpacked)) {
            try (var files = Files.list(unpacked)) {
                files.forEach(paths::add);
            }
        }
        var bundle = new ArrayList<ModelFile>();
        for (var path : paths) {
            var root = path.startsWith(folder) ? folder : unpacked;
            bundle.add(
                    new ModelFile(
                            root.relativize(path).toString(), path.toString(), Files.size(path)));
        }

        var result = Inspection.of(bundle, new OnDisk());

        assertThat(result.refusal()).isNull();
        assertThat(result.unservable()).isNull();
        assertThat(result.signature()).isNotNull();
        assertThat(result.interfaceJson()).isNotNull();
        assertThat(without(result.warnings(), "is not there")).isEmpty();
        assertThat(result.files())
                .extracting(FileReport::verdict)
                .doesNotContain(FileReport.Verdict.REFUSED, FileReport.Verdict.CODE);
    }

    /** Unpacked files have other names here than in the bundle. */
    private static List<String> without(List<String> warnings, String text) {
        return warnings.stream().filter(warning -> !warning.contains(text)).toList();
    }
}
