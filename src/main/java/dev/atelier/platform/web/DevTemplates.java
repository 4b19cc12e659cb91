package dev.atelier.platform.web;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.qute.Engine;
import io.quarkus.qute.Locate;
import io.quarkus.qute.TemplateLocator;
import io.quarkus.qute.Variant;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads templates from the source folder in dev mode, so that a change shows at the next request.
 * They lie outside of {@code src/main/resources}, which is all that Quarkus watches.
 */
@Locate(".*")
@ApplicationScoped
@IfBuildProfile("dev")
public class DevTemplates implements TemplateLocator {

    private static final List<String> ENDINGS = List.of("", ".html", ".svg", ".txt");

    private final Path folder = Path.of(System.getProperty("atelier.home", "."), "templates");
    private long newest = lastChange();

    void reload(@Observes Router router, Engine engine) {
        router.route()
                .order(Integer.MIN_VALUE)
                .handler(
                        request -> {
                            var now = lastChange();
                            if (now > newest) {
                                newest = now;
                                engine.clearTemplates();
                            }
                            request.next();
                        });
    }

    private long lastChange() {
        try (var files = Files.walk(folder)) {
            return files.mapToLong(file -> file.toFile().lastModified()).max().orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int getPriority() {
        return DEFAULT_PRIORITY + 10;
    }

    @Override
    public Optional<TemplateLocation> locate(String id) {
        for (var ending : ENDINGS) {
            var file = folder.resolve(id + ending);
            if (Files.isRegularFile(file)) {
                return Optional.of(new Source(file));
            }
        }
        return Optional.empty();
    }

    private record Source(Path file) implements TemplateLocation {
        @Override
        public Reader read() {
            try {
                return Files.newBufferedReader(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Optional<Variant> getVariant() {
            var type =
                    file.toString().endsWith(".svg")
                            ? "image/svg+xml"
                            : file.toString().endsWith(".txt") ? "text/plain" : "text/html";
            return Optional.of(Variant.forContentType(type));
        }
    }
}
