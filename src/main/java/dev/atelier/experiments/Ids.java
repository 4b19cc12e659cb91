package dev.atelier.experiments;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Identifiers as MLflow writes them: 32 hexadecimal digits, behind {@code m-} for logged models.
 */
public final class Ids {

    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{32}");
    private static final String MODEL = "m-";

    private Ids() {}

    public static String hex(UUID id) {
        return id.toString().replace("-", "");
    }

    /** What such digits name; empty for any other text, which names nothing. */
    public static Optional<UUID> of(String text) {
        return HEX.matcher(text).matches()
                ? Optional.of(
                        new UUID(
                                Long.parseUnsignedLong(text, 0, 16, 16),
                                Long.parseUnsignedLong(text, 16, 32, 16)))
                : Optional.empty();
    }

    public static String model(UUID id) {
        return MODEL + hex(id);
    }

    public static Optional<UUID> ofModel(String text) {
        return text.startsWith(MODEL) ? of(text.substring(MODEL.length())) : Optional.empty();
    }
}
