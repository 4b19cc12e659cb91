package dev.atelier.catalog;

import dev.atelier.platform.net.OutboundHttp;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The text behind files and addresses, as far as the catalog may read them. */
@ApplicationScoped
class SourceTexts {

    static final int LARGEST_ANSWER = 4 << 20;
    private static final int MOST_FILES = 50_000;
    private static final Pattern WEB_PAGE =
            Pattern.compile(
                    "\\s*(?:<!--.*?-->\\s*)*<(?:!doctype\\s+html|html|head|body)\\b.*",
                    Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern GITHUB =
            Pattern.compile("https://github\\.com/([^/]+)/([^/]+)/(?:blob|tree|raw)/(.+)");

    /**
     * What an address gave.
     *
     * @param text null when it is as it was
     * @param etag to ask with next time; null when the host gives none
     */
    record Fetched(@Nullable String text, @Nullable String etag) {}

    private final CatalogConfig config;
    private final OutboundHttp http;

    SourceTexts(CatalogConfig config, OutboundHttp http) {
        this.config = config;
        this.http = http;
    }

    /** YAML files below a folder, without hidden ones, in a stable order. */
    static List<Path> entityFiles(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder, 20)) {
            return walk.filter(
                            path -> {
                                var name = String.valueOf(path.getFileName());
                                return (name.endsWith(".yaml") || name.endsWith(".yml"))
                                        && !folder.relativize(path).toString().startsWith(".")
                                        && Files.isRegularFile(path)
                                        && !isMaterial(folder, path);
                            })
                    .sorted()
                    .limit(MOST_FILES)
                    .toList();
        }
    }

    /**
     * Whether a file lies deeper than a {@code template.yaml} above it: what a golden path makes
     * its projects of is no entity yet.
     */
    private static boolean isMaterial(Path root, Path file) {
        var inside = file.getParent();
        for (Path at = inside == null ? null : inside.getParent();
                at != null && at.startsWith(root);
                at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("template.yaml"))) {
                return true;
            }
        }
        return false;
    }

    /** The file itself, behind links, when it lies below a configured folder. */
    private Path inside(String target) throws Unreadable {
        try {
            var path = Path.of(target).toRealPath();
            for (var root : config.roots()) {
                if (Files.exists(root) && path.startsWith(root.toRealPath())) {
                    return path;
                }
            }
            throw Unreadable.because(
                    "The file lies outside the configured folders",
                    "Move it below one of them, or add its folder with --catalog.");
        } catch (NoSuchFileException e) {
            throw Unreadable.missing(
                    "The file is not there",
                    "Restore it, or take its name out of the Location. Its entries are kept.");
        } catch (IOException | InvalidPathException e) {
            throw Unreadable.because(
                    "The file cannot be read",
                    "Check its name and permissions. Its entries are kept.");
        }
    }

    String file(String target, int limit) throws Unreadable {
        return text(inside(target), limit);
    }

    private static String text(Path file, int limit) throws Unreadable {
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(limit + 1);
            if (bytes.length > limit) {
                throw Unreadable.because(
                        "The file is larger than %d MiB".formatted(limit >> 20),
                        "Split it into several files. Its entries are kept.");
            }
            return utf8(bytes);
        } catch (NoSuchFileException e) {
            throw Unreadable.missing("The file is not there", "Restore it. Its entries are kept.");
        } catch (IOException e) {
            throw Unreadable.because(
                    "The file cannot be read", "Check its permissions. Its entries are kept.");
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
            throw Unreadable.because(
                    "The file is not UTF-8 text", "Save it as UTF-8. Its entries are kept.");
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

    String address(String url) throws Unreadable {
        return String.valueOf(address(url, null).text);
    }

    /**
     * @param known the ETag of what was read last; the answer may be that nothing changed
     */
    Fetched address(String url, @Nullable String known) throws Unreadable {
        try {
            var headers =
                    known == null
                            ? Map.of("accept", "*/*")
                            : Map.of("accept", "*/*", "if-none-match", known);
            var answer = http.get(raw(url), headers, LARGEST_ANSWER);
            if (answer.status() == 304 && known != null) {
                return new Fetched(null, known);
            }
            if (answer.status() != 200) {
                throw refusal(answer.status());
            }
            var text = utf8(answer.body());
            if (isWebPage(answer, text)) {
                throw Unreadable.because(
                        "The address answered with a web page, not with YAML",
                        "Give the address of the raw file. A page that asks to sign in cannot be"
                                + " read. Its entries are kept.");
            }
            return new Fetched(text, answer.header("etag").orElse(null));
        } catch (OutboundHttp.Refused e) {
            throw Unreadable.because(
                    "The address may not be read: " + e.getMessage(),
                    "Choose a public https address, or ask an administrator. Its entries are kept.");
        } catch (IOException e) {
            throw Unreadable.because(
                    "The address cannot be read: " + e.getMessage(),
                    "It is tried again by itself. Its entries are kept.");
        }
    }

    private static Unreadable refusal(int status) {
        return switch (status) {
            case 404, 410 ->
                    Unreadable.missing(
                            "The address answered \"not found\" (%d)".formatted(status),
                            "It was renamed, or needs a sign-in. Correct the location or remove it."
                                    + " Its entries are kept.");
            case 401, 403 ->
                    Unreadable.because(
                            "The address asks for a sign-in (%d)".formatted(status),
                            "The catalog reads without one. Publish the file where it may be read."
                                    + " Its entries are kept.");
            case 429 ->
                    Unreadable.because(
                            "The address is asked too often (429)",
                            "It is tried again by itself. Its entries are kept.");
            default ->
                    Unreadable.because(
                            "The address answered with status " + status,
                            "It is tried again by itself. Its entries are kept.");
        };
    }

    private static boolean isWebPage(OutboundHttp.Answer answer, String text) {
        return answer.header("content-type")
                        .filter(type -> type.startsWith("text/html"))
                        .isPresent()
                || WEB_PAGE.matcher(text.substring(0, Math.min(1000, text.length()))).matches();
    }
}
