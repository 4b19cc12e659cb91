package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Sources.Source;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code $text}, {@code $json} and {@code $yaml}: an object with exactly that one key. */
final class Placeholders {
    private static final int MOST = 50;
    private static final int LARGEST = 4 << 20;
    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
    private static final Pattern REPOSITORY =
            Pattern.compile(
                    "(https://(?:github\\.com|gitlab\\.com|bitbucket\\.org)/[^/]+/[^/]+)/.*");

    private final SourceTexts texts;
    private final Source source;
    private final long until;
    private final List<Fault> faults;
    private int count;

    /**
     * @param until when the source must have been read, in nanoseconds of the system's timer; no
     *     address is fetched after it
     */
    Placeholders(SourceTexts texts, Source source, long until, List<Fault> faults) {
        this.texts = texts;
        this.source = source;
        this.until = until;
        this.faults = faults;
    }

    void fill(JsonNode node, String path, int depth) {
        if (depth > 60) {
            return;
        }
        switch (node) {
            case ObjectNode object ->
                    object.properties()
                            .forEach(
                                    member ->
                                            member.setValue(
                                                    filled(
                                                            member.getValue(),
                                                            path.isEmpty()
                                                                    ? member.getKey()
                                                                    : path + "." + member.getKey(),
                                                            depth)));
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, filled(array.get(i), path + "." + i, depth));
                }
            }
            default -> {}
        }
    }

    private JsonNode filled(JsonNode node, String path, int depth) {
        if (node.size() == 1 && node.isObject()) {
            var key = node.fieldNames().next();
            if (key.equals("$text") || key.equals("$json") || key.equals("$yaml")) {
                return value(key, node.get(key), path);
            }
        }
        fill(node, path, depth + 1);
        return node;
    }

    private JsonNode value(String key, JsonNode target, String path) {
        var json = JsonNodeFactory.instance;
        if (!target.isTextual()) {
            fault(path, key + " names nothing", "Write the path of a file as text.");
            return json.textNode("");
        }
        if (++count > MOST) {
            fault(path, "The document has more than %d placeholders".formatted(MOST), "Use fewer.");
            return json.textNode("");
        }
        try {
            var text = load(target.textValue());
            return switch (key) {
                case "$json" -> Json.read(text);
                case "$yaml" -> {
                    var documents = YamlDocuments.read(text);
                    var value = documents.size() == 1 ? documents.getFirst().value() : null;
                    if (value == null) {
                        fault(
                                path,
                                "%s does not hold exactly one YAML document"
                                        .formatted(target.textValue()),
                                "Name a file with one document.");
                        yield json.textNode("");
                    }
                    yield value;
                }
                default -> json.textNode(text);
            };
        } catch (JsonProcessingException e) {
            fault(path, target.textValue() + " is not JSON", "Correct it.");
        } catch (Unreadable e) {
            fault(path, "%s: %s".formatted(target.textValue(), e.fault.reason()), e.fault.remedy());
        }
        return json.textNode("");
    }

    private void fault(String path, String reason, String remedy) {
        faults.add(Fault.error(path, reason, remedy));
    }

    private String load(String target) throws Unreadable {
        if (source.type().equals("file") && !ABSOLUTE.matcher(target).matches()) {
            try {
                var path = Path.of(source.target()).resolveSibling(target).normalize();
                return texts.file(path.toString(), LARGEST);
            } catch (InvalidPathException e) {
                throw Unreadable.because("This is not a path", "Correct it.");
            }
        }
        var from = URI.create(source.type().equals("url") ? source.target() : "https://-/");
        URI to;
        try {
            to = from.resolve(target);
        } catch (IllegalArgumentException e) {
            throw Unreadable.because("This is not an address", "Correct it.");
        }
        var ours = repository(from.toString());
        var theirs = repository(to.toString());
        if (ours != null && theirs != null && !ours.equals(theirs)) {
            throw Unreadable.because(
                    "A placeholder may only name files of the same repository",
                    "Copy the file into the entity's repository.");
        }
        if (System.nanoTime() - until > 0) {
            throw Unreadable.because(
                    "What the document names takes too long to fetch",
                    "Name fewer addresses, or faster ones. It is tried again by itself.");
        }
        return texts.address(to.toString());
    }

    private static @Nullable String repository(String url) {
        var matcher = REPOSITORY.matcher(url);
        return matcher.matches() ? matcher.group(1) : null;
    }
}
