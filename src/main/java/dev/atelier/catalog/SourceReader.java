package dev.atelier.catalog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Reading.Checked;
import dev.atelier.catalog.Sources.Source;
import dev.atelier.catalog.Sources.Target;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads sources: fetches, cuts into documents, fills placeholders, annotates, checks. Writes
 * nothing.
 */
@ApplicationScoped
class SourceReader {

    private static final int LARGEST_FILE = 32 << 20;

    /** No further address is fetched for a source after it: with the last, a lease lasts longer. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern HAS_API_VERSION = Pattern.compile("(?m)^apiVersion\\s*:");
    private static final Pattern HAS_KIND = Pattern.compile("(?m)^kind\\s*:");
    private static final Pattern KIND = Pattern.compile("(?m)^kind\\s*:\\s*[\"']?([A-Za-z0-9]+)");
    private static final Pattern NAME =
            Pattern.compile("(?m)^ {1,8}name\\s*:\\s*[\"']?([A-Za-z0-9][-A-Za-z0-9_.]*)");
    private static final Pattern NAMESPACE =
            Pattern.compile("(?m)^ {1,8}namespace\\s*:\\s*[\"']?([a-z0-9-]+)");

    private final SourceTexts texts;
    private final AllowedKinds kinds;
    private final LocationTargets locationTargets;
    private final String rules;

    SourceReader(CatalogConfig config, SourceTexts texts) {
        this.texts = texts;
        this.kinds = AllowedKinds.of(config);
        this.locationTargets = new LocationTargets(config);
        this.rules = EntityWrites.sha256(EntityWrites.FORMAT + kinds).substring(0, 8) + ":";
    }

    Reading read(Source source) {
        var until = System.nanoTime() + PATIENCE.toNanos();
        try {
            return switch (source.type()) {
                case "folder" -> folder(source);
                case "file" ->
                        documents(source, texts.file(source.target(), LARGEST_FILE), null, until);
                case "url" -> address(source, until);
                default -> throw new IllegalArgumentException("Not read: " + source.type());
            };
        } catch (Unreadable e) {
            return e.missing && source.optional()
                    ? Reading.of(source, "missing", List.of())
                    : Reading.failed(source, e.fault);
        }
    }

    /** Checks text that someone pasted, as if it were read from a file. */
    List<Checked> check(String text) {
        var source = Source.unsaved("url", "https://example.invalid/pasted.yaml");
        var checked = new ArrayList<Checked>();
        for (var document : YamlDocuments.read(text)) {
            checked.add(check(source, document, AllowedKinds.ALL, null, new ArrayList<>()));
        }
        return checked;
    }

    /** Checks a text by the rules for addresses, as if it were read from this one. */
    List<Checked> checkAsRead(String address, String text) {
        var source = Source.unsaved("url", address);
        var checked = new ArrayList<Checked>();
        for (var document : YamlDocuments.read(text)) {
            checked.add(check(source, document, kinds, null, new ArrayList<>()));
        }
        return checked;
    }

    private Reading folder(Source source) throws Unreadable {
        var folder = Path.of(source.target());
        if (!Files.isDirectory(folder)) {
            throw Unreadable.missing(
                    "The folder is not there",
                    "Create it, or take it out of the configuration. Its entries are kept.");
        }
        try {
            var files =
                    SourceTexts.entityFiles(folder).stream()
                            .map(file -> new Target("file", file.toString(), true))
                            .toList();
            var digest = EntityWrites.sha256(files.toString());
            return new Reading(source, digest, null, 0, List.of(), files, null);
        } catch (UncheckedIOException | IOException e) {
            throw Unreadable.because(
                    "The folder cannot be read: " + e.getMessage(),
                    "Check its permissions. Its entries are kept.");
        }
    }

    private Reading address(Source source, long until) throws Unreadable {
        // What was read by other rules must be looked at again, even if it is the same.
        var known = source.digest() != null && isOurs(source.digest()) ? source.etag() : null;
        var fetched = texts.address(source.target(), known);
        return fetched.text() == null
                ? Reading.unchanged(source)
                : documents(source, fetched.text(), fetched.etag(), until);
    }

    private Reading documents(Source source, String text, @Nullable String etag, long until) {
        var found = YamlDocuments.read(text);
        boolean walked = source.optional() && source.type().equals("file");
        if (walked && found.stream().noneMatch(SourceReader::looksLikeEntity)) {
            // A YAML file of another purpose that happens to lie in the folder.
            return Reading.of(source, digest(text), List.of());
        }
        var checked = new ArrayList<Checked>(found.size());
        var read = new StringBuilder(text);
        boolean placeholders = text.contains("$");
        for (var document : found) {
            var faults = new ArrayList<Fault>();
            var one =
                    check(
                            source,
                            document,
                            kinds,
                            placeholders ? new Placeholders(texts, source, until, faults) : null,
                            faults);
            checked.add(one);
            one.targets().forEach(read::append);
            if (placeholders && one.document() != null) {
                read.append(one.document().json());
            }
        }
        // An unchanged answer says nothing about the files that placeholders name.
        return new Reading(
                source,
                digest(read.toString()),
                placeholders ? null : etag,
                text.length(),
                checked,
                null,
                null);
    }

    private String digest(String read) {
        return rules + EntityWrites.sha256(read);
    }

    private boolean isOurs(String digest) {
        return digest.startsWith(rules);
    }

    private static boolean looksLikeEntity(YamlDocuments.Document document) {
        var value = document.value();
        return value == null
                ? HAS_API_VERSION.matcher(document.text()).find()
                        && HAS_KIND.matcher(document.text()).find()
                : value.has("apiVersion") && value.has("kind");
    }

    private Checked check(
            Source source,
            YamlDocuments.Document document,
            AllowedKinds allowed,
            @Nullable Placeholders placeholders,
            List<Fault> faults) {
        if (document.fault() != null) {
            return new Checked(
                    document.index(),
                    null,
                    guess(document.text()),
                    List.of(document.fault()),
                    List.of());
        }
        var value = document.value();
        if (value instanceof ObjectNode object && placeholders != null) {
            placeholders.fill(object, "", 0);
        }
        faults.addAll(EntityRules.check(value == null ? Json.object() : value));
        if (value instanceof ObjectNode object) {
            allowed.refuse(source, new EntityDocument(object)).ifPresent(faults::add);
        }
        if (!faults.isEmpty()) {
            var lines = document.lines();
            faults.replaceAll(fault -> fault.atLine(lineOf(document, lines, fault.field())));
        }
        if (!(value instanceof ObjectNode object)) {
            return new Checked(document.index(), null, null, faults, List.of());
        }
        var entity = new EntityDocument(object);
        var ref = refOf(entity);
        var targets = new ArrayList<Target>();
        if (entity.kind().equals("Location") && faults.stream().noneMatch(Fault::isError)) {
            locationTargets.collect(source, entity, targets, faults);
        }
        if (faults.stream().noneMatch(Fault::isError)) {
            annotate(entity, source);
        }
        return new Checked(document.index(), entity, ref, faults, targets);
    }

    private static Integer lineOf(
            YamlDocuments.Document document, Map<String, Integer> lines, String field) {
        for (var path = field; ; path = path.substring(0, path.lastIndexOf('.'))) {
            var line = lines.get(path);
            if (line != null) {
                return line;
            }
            if (path.indexOf('.') < 0) {
                return document.line();
            }
        }
    }

    private static @Nullable EntityRef refOf(EntityDocument document) {
        return EntityNames.isObjectName(document.name())
                        && EntityNames.isDnsLabel(document.namespace())
                        && EntityNames.isKind(document.kind())
                ? document.ref()
                : null;
    }

    /** Which entity a document that is not YAML was meant to be; for the message only. */
    private static @Nullable EntityRef guess(String text) {
        var kind = KIND.matcher(text);
        var name = NAME.matcher(text);
        if (!kind.find() || !name.find() || name.group(1).endsWith(".")) {
            return null;
        }
        var namespace = NAMESPACE.matcher(text);
        return new EntityRef(
                kind.group(1),
                namespace.find() ? namespace.group(1) : EntityRef.DEFAULT_NAMESPACE,
                name.group(1));
    }

    private static void annotate(EntityDocument document, Source source) {
        var annotations = document.metadata().withObjectProperty("annotations");
        annotations.put("backstage.io/managed-by-location", source.location());
        annotations.put("backstage.io/managed-by-origin-location", source.origin());
        annotations.remove("backstage.io/orphan");
        if (source.type().equals("url")) {
            var url = source.target();
            putIfAbsent(annotations, "backstage.io/view-url", url);
            if (url.contains("/blob/")) {
                putIfAbsent(
                        annotations,
                        "backstage.io/edit-url",
                        url.replaceFirst(
                                "/(?:-/)?blob/", url.contains("/-/blob/") ? "/-/edit/" : "/edit/"));
            }
            putIfAbsent(
                    annotations,
                    "backstage.io/source-location",
                    "url:" + url.substring(0, url.lastIndexOf('/') + 1));
        }
        for (var key : List.of("backstage.io/view-url", "backstage.io/edit-url")) {
            var value = annotations.path(key).asText("").replaceAll("[\\p{Cntrl}\\s]", "");
            if (value.regionMatches(true, 0, "javascript:", 0, 11)) {
                annotations.put(key, "about:blank");
            }
        }
    }

    private static void putIfAbsent(ObjectNode node, String key, String value) {
        if (!node.has(key)) {
            node.put(key, value);
        }
    }
}
