package dev.atelier.transfer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Texts of others, as they may be shown. */
final class Texts {

    private Texts() {}

    /** On one line, not longer than that, without what is not seen. */
    static String shown(String text, int most) {
        var some = text.length() > most ? text.substring(0, most) + "…" : text;
        return some.replaceAll("\\s+", " ").replaceAll("\\p{C}", "�");
    }

    static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
