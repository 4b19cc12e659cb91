package dev.atelier.models;

import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.RawString;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The cards of versions, read and rendered once: a version never changes. */
@ApplicationScoped
class Cards {

    private static final long LARGEST = 2 << 20;

    /** A card and its text as harmless HTML. */
    record Rendered(Card card, RawString html) {}

    private final Blobs blobs;
    private final Map<String, Rendered> rendered =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(64, 0.75f, true) {
                        @Override
                        protected boolean removeEldestEntry(Map.Entry<String, Rendered> eldest) {
                            return size() > 200;
                        }
                    });

    Cards(Blobs blobs) {
        this.blobs = blobs;
    }

    Optional<Rendered> of(ModelVersion version) {
        return version.card()
                .filter(file -> file.size() <= LARGEST)
                .map(
                        file -> {
                            var key =
                                    version.model() + "/" + version.number() + "@" + file.sha256();
                            var known = rendered.get(key);
                            if (known == null) {
                                known = render(version, file);
                                rendered.put(key, known);
                            }
                            return known;
                        });
    }

    /** The card's text as it came. */
    Optional<String> source(ModelVersion version) {
        return version.card().filter(file -> file.size() <= LARGEST).map(this::text);
    }

    private Rendered render(ModelVersion version, ModelFile file) {
        var card = Card.parse(text(file));
        return new Rendered(
                card, Markdown.html(card.body(), address -> resolved(version, address)));
    }

    private String text(ModelFile file) {
        try (var in = blobs.open(file.sha256())) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A relative address in a card names a file of the bundle. */
    private static String resolved(ModelVersion version, String address) {
        var path = address.startsWith("./") ? address.substring(2) : address;
        return version.file(path).isPresent()
                ? fileAddress(version.model(), version.number(), path)
                : address;
    }

    static String fileAddress(String model, int number, String path) {
        var address =
                new StringBuilder("/api/v1/models/" + model + "/versions/" + number + "/files");
        for (var part : path.split("/")) {
            address.append('/')
                    .append(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
        }
        return address.toString();
    }
}
