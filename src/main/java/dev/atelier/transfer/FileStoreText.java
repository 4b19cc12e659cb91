package dev.atelier.transfer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts as MLflow's file store has them: YAML of one level, points, and names of its folders. */
final class FileStoreText {

    private final StringBuilder yaml = new StringBuilder();

    FileStoreText put(String key, @Nullable String value) {
        yaml.append(key).append(": ").append(value == null ? "null" : quoted(value)).append('\n');
        return this;
    }

    FileStoreText put(String key, @Nullable Long value) {
        yaml.append(key).append(": ").append(value).append('\n');
        return this;
    }

    FileStoreText putNone(String key) {
        yaml.append(key).append(": []\n");
        return this;
    }

    FileStoreText put(String key, Map<String, String> pairs) {
        yaml.append(key).append(':');
        if (pairs.isEmpty()) {
            yaml.append(" {}\n");
            return this;
        }
        yaml.append('\n');
        pairs.forEach(
                (name, value) ->
                        yaml.append("  ")
                                .append(quoted(name))
                                .append(": ")
                                .append(quoted(value))
                                .append('\n'));
        return this;
    }

    /** In double quotes, by escapes that every YAML reader has. */
    private static String quoted(String text) {
        var quoted = new StringBuilder(text.length() + 2).append('"');
        text.codePoints()
                .forEach(
                        c -> {
                            if (c == '"' || c == '\\') {
                                quoted.append('\\').appendCodePoint(c);
                            } else if (c >= 0x20 && c < 0x7f) {
                                quoted.appendCodePoint(c);
                            } else {
                                quoted.append(
                                        c <= 0xffff
                                                ? "\\u%04x".formatted(c)
                                                : "\\U%08x".formatted(c));
                            }
                        });
        return quoted.append('"').toString();
    }

    byte[] bytes() {
        return yaml.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** As Python writes a number. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        return Double.isInfinite(value) ? value > 0 ? "inf" : "-inf" : Double.toString(value);
    }

    /** As the file store names data sets and inputs. */
    static String md5(String one, String other) {
        try {
            var hash = MessageDigest.getInstance("MD5");
            hash.update(one.getBytes(StandardCharsets.UTF_8));
            hash.update(other.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
