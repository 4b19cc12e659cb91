package dev.atelier.sandbox;

import dev.atelier.models.ModelVersion;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Small files of a version's bundle: examples, backgrounds, alphabets. */
@ApplicationScoped
class BundleFiles {

    private static final int LARGEST = 20 << 20;

    private final Blobs blobs;

    BundleFiles(Blobs blobs) {
        this.blobs = blobs;
    }

    /**
     * @throws NotFound when the bundle has no such file, or it is too large to be one of these
     */
    byte[] read(ModelVersion version, String path) {
        var file =
                version.file(path)
                        .filter(f -> f.size() <= LARGEST)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "Version %d of \"%s\" has no file \"%s\" that can be used here."
                                                        .formatted(
                                                                version.number(),
                                                                version.model(),
                                                                path)));
        try (var in = blobs.open(file.sha256())) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines that end with a line feed only; a line may be a single space. */
    List<String> lines(ModelVersion version, String path) {
        var text = new String(read(version, path), StandardCharsets.UTF_8);
        var lines = List.of(text.split("\n", -1));
        return lines.getLast().isEmpty() ? lines.subList(0, lines.size() - 1) : lines;
    }
}
