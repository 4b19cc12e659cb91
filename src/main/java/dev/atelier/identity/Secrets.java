package dev.atelier.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.zip.CRC32;

/**
 * Random secrets and how they are stored. A secret of 128 bits and more needs no slow hash: SHA-256
 * is what lies in the database.
 */
final class Secrets {

    /** What access tokens begin with, so that secret scanners and people recognise them. */
    static final String PREFIX = "atl_";

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String LETTERS =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int BODY = 32;
    private static final int CHECK = 6;

    private Secrets() {}

    /** 256 random bits in URL-safe letters: session cookies. */
    static String opaque() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * {@code atl_}, 32 letters of base 62 (190 bits), and 6 letters of base 62 that are the CRC-32
     * of all before: a mistyped token is told from a revoked one without a look-up.
     */
    static String accessToken() {
        var text = new StringBuilder(PREFIX);
        for (int i = 0; i < BODY; i++) {
            text.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return text + check(text.toString());
    }

    /** Whether a text has the form of an access token and its checksum is right. */
    static boolean isAccessToken(String text) {
        var body = PREFIX.length() + BODY;
        return text.startsWith(PREFIX)
                && text.length() == body + CHECK
                && check(text.substring(0, body)).equals(text.substring(body));
    }

    private static String check(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        var value = crc.getValue();
        var letters = new char[CHECK];
        for (int i = CHECK - 1; i >= 0; i--) {
            letters[i] = LETTERS.charAt((int) (value % LETTERS.length()));
            value /= LETTERS.length();
        }
        return new String(letters);
    }

    static byte[] hash(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
