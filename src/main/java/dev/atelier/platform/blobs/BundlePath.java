package dev.atelier.platform.blobs;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of files inside a bundle: what may be one, and what makes two of them the same. */
public final class BundlePath {

    private static final Pattern WINDOWS_DEVICE =
            Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");

    private BundlePath() {}

    /** Unicode in its composed form, so that equal-looking names are equal. */
    public static String normalised(String path) {
        return Normalizer.normalize(path, Normalizer.Form.NFC);
    }

    /** What must be unique in a bundle, also on file systems that ignore case. */
    public static String key(String path) {
        return normalised(path).toLowerCase(Locale.ROOT);
    }

    /** Why a name cannot be the path of a file in a bundle, or null when it can. */
    public static @Nullable String fault(String path) {
        if (path.isEmpty()) {
            return "has no name";
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > 512) {
            return "is longer than 512 bytes";
        }
        if (path.startsWith("/") || path.matches("[A-Za-z]:.*")) {
            return "is an absolute path; use a path inside the bundle";
        }
        if (path.indexOf('\\') >= 0) {
            return "holds a backslash; separate folders by /";
        }
        if (path.codePoints().anyMatch(BundlePath::invisible)) {
            return "holds a control or formatting character";
        }
        var parts = path.split("/", -1);
        if (parts.length > 10) {
            return "lies deeper than ten folders";
        }
        for (var part : parts) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return "leaves the bundle or has an empty part";
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > 200) {
                return "has a part longer than 200 bytes";
            }
            if (part.endsWith(".") || part.endsWith(" ") || part.startsWith(" ")) {
                return "has a part that starts or ends with a space or ends with a dot";
            }
            if (WINDOWS_DEVICE.matcher(part).matches()) {
                return "has a part that names a device on Windows";
            }
        }
        return null;
    }

    private static boolean invisible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
            default -> false;
        };
    }
}
