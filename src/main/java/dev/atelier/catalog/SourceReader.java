package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Reading.Checked;
import dev.atelier.catalog.Sources.Source;
import dev.atelier.catalog.Sources.Target;
import dev.atelier.platform.net.OutboundHttp;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads sources: fetches, cuts into documents, fills placeholders, annotates, checks. Writes
 * nothing.
 */
@ApplicationScoped
class SourceReader {

    private static final int LARGEST_FILE = 32 << 20;
    private static final int LARGEST_TEXT = 4 << 20;
    private static final int MOST_FILES = 50_000;
    private static final Pattern GLOB = Pattern.compile("[*?{\\[]");
    private static final Pattern HAS_API_VERSION = Pattern.compile("(?m)^apiVersion\\s*:");
    private static final Pattern HAS_KIND = Pattern.compile("(?m)^kind\\s*:");
    private static final Pattern KIND = Pattern.compile("(?m)^kind\\s*:\\s*[\"']?([A-Za-z0-9]+)");
    private static final Pattern NAME =
            Pattern.compile("(?m)^ {1,8}name\\s*:\\s*[\"']?([A-Za-z0-9][-A-Za-z0-9_.]*)");
    private static final Pattern NAMESPACE =
            Pattern.compile("(?m)^ {1,8}namespace\\s*:\\s*[\"']?([a-z0-9-]+)");

    private final CatalogConfig config;
    private final OutboundHttp http;

    SourceReader(CatalogConfig config, OutboundHttp http) {
        this.config = config;
        this.http = http;
    }

    Reading read(Source source) {
        try {
            return switch (source.type()) {
                case "folder" -> folder(source);
                case "file" -> documents(source, text(file(source.target()), LARGEST_FILE));
                case "url" -> documents(source, fetch(source.target()));
                default -> throw new IllegalArgumentException("Not read: " + source.type());
            };
        } catch (Unreadable e) {
            return e.missing && source.optional()
                    ? new Reading(source, "missing", List.of(), null, null)
                    : Reading.failed(source, e.fault);
        }
    }

    /** Checks text that someone pasted, as if it were read from a file. */
    List<Checked> check(String text) {
        var source =
                new Source(0, "url", "https://example.invalid/pasted.yaml", false, 0, null, "");
        var checked = new ArrayList<Checked>();
        for (var document : YamlDocuments.read(text)) {
            checked.add(check(source, document, false));
        }
        return checked;
    }

    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Fault fault;
        private final boolean missing;

        Unreadable(String reason, String remedy, boolean missing) {
            super(reason, null, false, false);
            this.fault = Fault.error("target", reason, remedy);
            this.missing = missing;
        }
    }

    private Reading folder(Source source) throws Unreadable {
        var folder = Path.of(source.target());
        if (!Files.isDirectory(folder)) {
            throw new Unreadable(
                    "The folder is not there",
                    "Create it, or take it out of the configuration. Its entries are kept.",
                    true);
        }
        try {
            var files =
                    entityFiles(folder).stream()
                            .map(file -> new Target("file", file.toString(), true))
                            .toList();
            var digest = EntityWrites.sha256(files.toString());
            return new Reading(source, digest, List.of(), files, null);
        } catch (UncheckedIOException | IOException e) {
            throw new Unreadable(
                    "The folder cannot be read: " + e.getMessage(),
                    "Check its permissions. Its entries are kept.",
                    false);
        }
    }

    /** YAML files below a folder, without hidden ones, in a stable order. */
    static List<Path> entityFiles(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder, 20)) {
            return walk.filter(
                            path -> {
                                var name = String.valueOf(path.getFileName());
                                return (name.endsWith(".yaml") || name.endsWith(".yml"))
                                        && !folder.relativize(path).toString().startsWith(".")
                                        && Files.isRegularFile(path);
                            })
                    .sorted()
                    .limit(MOST_FILES)
                    .toList();
        }
    }

    private Path file(String target) throws Unreadable {
        try {
            var path = Path.of(target).toRealPath();
            for (var root : config.roots()) {
                if (Files.exists(root) && path.startsWith(root.toRealPath())) {
                    return path;
                }
            }
            throw new Unreadable(
                    "The file lies outside the configured folders",
                    "Move it below one of them, or add its folder with --catalog.",
                    false);
        } catch (NoSuchFileException e) {
            throw new Unreadable(
                    "The file is not there",
                    "Restore it, or take its name out of the Location. Its entries are kept.",
                    true);
        } catch (IOException | InvalidPathException e) {
            throw new Unreadable(
                    "The file cannot be read", "Check its name and permissions.", false);
        }
    }

    private static String text(Path file, int limit) throws Unreadable {
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw new Unreadable(
                        "The file is larger than %d MiB".formatted(limit >> 20),
                        "Split it into several files.",
                        false);
            }
            return utf8(bytes);
        } catch (NoSuchFileException e) {
            throw new Unreadable("The file is not there", "Restore it.", true);
        } catch (IOException e) {
            throw new Unreadable(
                    "The file cannot be read",
                    "Check its permissions. Its entries are kept.",
                    false);
        }
    }

    private static String utf8(byte[] bytes) throws Unreadable {
        try {
            var text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(bytes))
                            .toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new Unreadable("The file is not UTF-8 text", "Save it as UTF-8.", false);
        }
    }

    private String fetch(String url) throws Unreadable {
        try {
            var answer = http.get(raw(url), Map.of("accept", "*/*"), LARGEST_TEXT);
            if (answer.status() == 404 || answer.status() == 410) {
                throw new Unreadable(
                        "The address answered \"not found\"",
                        "It was renamed, or needs a sign-in. Correct the location or remove it. Its"
                                + " entries are kept.",
                        true);
            }
            if (answer.status() != 200) {
                throw new Unreadable(
                        "The address answered with status " + answer.status(),
                        "It is tried again by itself. Its entries are kept.",
                        false);
            }
            return utf8(answer.body());
        } catch (OutboundHttp.Refused e) {
            throw new Unreadable(
                    "The address may not be read: " + e.getMessage(),
                    "Choose a public https address, or ask an administrator.",
                    false);
        } catch (IOException e) {
            throw new Unreadable(
                    "The address cannot be read: " + e.getMessage(),
                    "It is tried again by itself. Its entries are kept.",
                    false);
        }
    }

    /** Where Git hosts keep the bytes behind the page of a file. */
    static String raw(String url) {
        var github =
                Pattern.compile("https://github\\.com/([^/]+)/([^/]+)/(?:blob|tree|raw)/(.+)")
                        .matcher(url);
        if (github.matches()) {
            return "https://raw.githubusercontent.com/%s/%s/%s"
                    .formatted(github.group(1), github.group(2), github.group(3));
        }
        return url.replaceFirst("/-/blob/", "/-/raw/");
    }

    private Reading documents(Source source, String text) {
        var found = YamlDocuments.read(text);
        boolean walked = source.optional() && source.type().equals("file");
        if (walked && found.stream().noneMatch(SourceReader::looksLikeEntity)) {
            // A YAML file of another purpose that happens to lie in the folder.
            return new Reading(source, EntityWrites.sha256(text), List.of(), null, null);
        }
        var checked = new ArrayList<Checked>(found.size());
        var read = new StringBuilder(text);
        boolean placeholders = text.contains("$");
        for (var document : found) {
            var one = check(source, document, placeholders);
            checked.add(one);
            one.targets().forEach(read::append);
            if (placeholders && one.document() != null) {
                read.append(one.document().json());
            }
        }
        return new Reading(source, EntityWrites.sha256(read.toString()), checked, null, null);
    }

    private static boolean looksLikeEntity(YamlDocuments.Document document) {
        var value = document.value();
        return value == null
                ? HAS_API_VERSION.matcher(document.text()).find()
                        && HAS_KIND.matcher(document.text()).find()
                : value.has("apiVersion") && value.has("kind");
    }

    private Checked check(Source source, YamlDocuments.Document document, boolean placeholders) {
        if (document.fault() != null) {
            return new Checked(
                    document.index(),
                    null,
                    guess(document.text()),
                    List.of(document.fault()),
                    List.of());
        }
        var value = document.value();
        var faults = new ArrayList<Fault>();
        if (value instanceof ObjectNode object && placeholders) {
            new Placeholders(source, faults).fill(object, "", 0);
        }
        faults.addAll(EntityRules.check(value == null ? Json.object() : value));
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
            targets(source, entity, targets, faults);
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
        return EntityRules.isObjectName(document.name())
                        && EntityRules.isDnsLabel(document.namespace())
                        && document.kind().matches("[A-Za-z][A-Za-z0-9]{0,62}")
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

    private void targets(
            Source source, EntityDocument document, List<Target> targets, List<Fault> faults) {
        var type = document.specText("type").orElse(source.type());
        var optional = document.specText("presence").orElse("required").equals("optional");
        var named = new ArrayList<String>();
        document.specText("target").ifPresent(named::add);
        named.addAll(EntityDocument.strings(document.spec().path("targets")));
        for (var target : named) {
            try {
                targets.addAll(resolve(source, type, target, optional));
            } catch (Unreadable e) {
                faults.add(Fault.error("spec.targets", e.fault.reason(), e.fault.remedy()));
            }
        }
    }

    private List<Target> resolve(Source source, String type, String target, boolean optional)
            throws Unreadable {
        switch (type) {
            case "url" -> {
                try {
                    var base = source.type().equals("url") ? URI.create(source.target()) : null;
                    var uri = base == null ? URI.create(target) : base.resolve(target);
                    return List.of(new Target("url", uri.toString(), optional));
                } catch (IllegalArgumentException e) {
                    throw new Unreadable(
                            "\"%s\" is not an address".formatted(target), "Correct it.", false);
                }
            }
            case "file" -> {
                if (!source.type().equals("file")) {
                    throw new Unreadable(
                            "A location on the network cannot name files of this machine",
                            "Name addresses, relative to this one or full.",
                            false);
                }
                return files(Path.of(source.target()), target, optional);
            }
            default ->
                    throw new Unreadable(
                            "The location type \"%s\" is not known".formatted(type),
                            "Write url or file.",
                            false);
        }
    }

    private List<Target> files(Path from, String target, boolean optional) throws Unreadable {
        try {
            var glob = GLOB.matcher(target);
            var folder = from.resolveSibling(".").normalize();
            if (!glob.find()) {
                var path = folder.resolve(target).normalize();
                inside(path);
                return List.of(new Target("file", path.toString(), optional));
            }
            var fixed = target.substring(0, target.lastIndexOf('/', glob.start()) + 1);
            var base = folder.resolve(fixed).normalize();
            inside(base);
            if (!Files.isDirectory(base)) {
                return List.of();
            }
            var matcher =
                    FileSystems.getDefault()
                            .getPathMatcher("glob:" + target.substring(fixed.length()));
            return entityFiles(base).stream()
                    .filter(path -> matcher.matches(base.relativize(path)))
                    .map(path -> new Target("file", path.toString(), optional))
                    .toList();
        } catch (InvalidPathException | IOException e) {
            throw new Unreadable("\"%s\" is not a path".formatted(target), "Correct it.", false);
        }
    }

    private void inside(Path path) throws Unreadable {
        if (config.roots().stream().noneMatch(path::startsWith)) {
            throw new Unreadable(
                    "The target lies outside the configured folders",
                    "Move it below one of them, or add its folder with --catalog.",
                    false);
        }
    }

    /** {@code $text}, {@code $json} and {@code $yaml}: an object with exactly that one key. */
    private final class Placeholders {
        private static final int MOST = 50;
        private final Source source;
        private final List<Fault> faults;
        private int count;

        Placeholders(Source source, List<Fault> faults) {
            this.source = source;
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
                                                                        : path
                                                                                + "."
                                                                                + member.getKey(),
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
            var json = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance;
            if (!target.isTextual()) {
                fault(path, key + " names nothing", "Write the path of a file as text.");
                return json.textNode("");
            }
            if (++count > MOST) {
                fault(
                        path,
                        "The document has more than %d placeholders".formatted(MOST),
                        "Use fewer.");
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
                fault(
                        path,
                        "%s: %s".formatted(target.textValue(), e.fault.reason()),
                        e.fault.remedy());
            }
            return json.textNode("");
        }

        private void fault(String path, String reason, String remedy) {
            faults.add(Fault.error(path, reason, remedy));
        }

        private String load(String target) throws Unreadable {
            var absolute = target.matches("[A-Za-z][A-Za-z0-9+.-]*:.*");
            if (source.type().equals("file") && !absolute) {
                var path = Path.of(source.target()).resolveSibling(target).normalize();
                return text(file(path.toString()), LARGEST_TEXT);
            }
            var from = URI.create(source.type().equals("url") ? source.target() : "https://-/");
            URI to;
            try {
                to = from.resolve(target);
            } catch (IllegalArgumentException e) {
                throw new Unreadable("This is not an address", "Correct it.", false);
            }
            var ours = repository(from.toString());
            var theirs = repository(to.toString());
            if (ours != null && theirs != null && !ours.equals(theirs)) {
                throw new Unreadable(
                        "A placeholder may only name files of the same repository",
                        "Copy the file into the entity's repository.",
                        false);
            }
            return fetch(to.toString());
        }

        private static @Nullable String repository(String url) {
            var matcher =
                    Pattern.compile(
                                    "(https://(?:github\\.com|gitlab\\.com|bitbucket\\.org)/[^/]+/[^/]+)/.*")
                            .matcher(url);
            return matcher.matches() ? matcher.group(1) : null;
        }
    }
}
