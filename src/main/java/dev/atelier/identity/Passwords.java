package dev.atelier.identity;

import dev.atelier.platform.problems.Invalid;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Argon2id (RFC 9106) with 19 MiB, two passes, one lane, as the OWASP password storage cheat sheet
 * has it, written in the PHC string format.
 */
final class Passwords {

    static final int SHORTEST = 12;
    static final int LONGEST = 128;

    private static final int MEMORY_KIB = 19 * 1024;
    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Each costs 19 MiB and a core for some 50 ms: more at once would be an attack's gain. */
    private static final Semaphore AT_ONCE = new Semaphore(4);

    /** Checked when there is no account, so that the time tells nobody which names exist. */
    private static final String NOBODY = hash(Secrets.opaque());

    private Passwords() {}

    /**
     * @throws Invalid when it is too short, too long, or easily guessed
     */
    static void check(String password, String name) {
        var length = password.codePointCount(0, password.length());
        @Nullable String fault = null;
        if (length < SHORTEST) {
            fault = "needs at least " + SHORTEST + " characters";
        } else if (length > LONGEST) {
            fault = "has at most " + LONGEST + " characters";
        } else if (password.codePoints().distinct().count() < 6) {
            fault = "repeats too few characters";
        } else if (password.toLowerCase(Locale.ROOT).contains(name) && name.length() > 3) {
            fault = "contains the account's name";
        }
        if (fault != null) {
            throw new Invalid(
                    "Choose another password: it " + fault + ".",
                    List.of(new Invalid.Field("password", fault)));
        }
    }

    static String hash(String password) {
        var salt = new byte[16];
        RANDOM.nextBytes(salt);
        var encoder = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
                .formatted(
                        MEMORY_KIB,
                        PASSES,
                        LANES,
                        encoder.encodeToString(salt),
                        encoder.encodeToString(
                                derive(password, salt, MEMORY_KIB, PASSES, LANES, 32)));
    }

    /** Whether the password is the one; takes as long when there is none to compare with. */
    static boolean matches(String password, @Nullable String stored) {
        var parts = (stored == null ? NOBODY : stored).split("\\$");
        var costs = parts[3].split(",");
        var expected = Base64.getDecoder().decode(parts[5]);
        var actual =
                derive(
                        password,
                        Base64.getDecoder().decode(parts[4]),
                        cost(costs[0]),
                        cost(costs[1]),
                        cost(costs[2]),
                        expected.length);
        return MessageDigest.isEqual(expected, actual) && stored != null;
    }

    private static int cost(String text) {
        return Integer.parseInt(text.substring(text.indexOf('=') + 1));
    }

    private static byte[] derive(
            String password, byte[] salt, int memory, int passes, int lanes, int length) {
        // Longer input than anybody may set cannot match; deriving from it would cost for nothing.
        var bounded = password.length() > 4 * LONGEST ? "" : password;
        var generator = new Argon2BytesGenerator();
        generator.init(
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withSalt(salt)
                        .withMemoryAsKB(memory)
                        .withIterations(passes)
                        .withParallelism(lanes)
                        .build());
        var key = new byte[length];
        AT_ONCE.acquireUninterruptibly();
        try {
            generator.generateBytes(bounded.getBytes(StandardCharsets.UTF_8), key);
        } finally {
            AT_ONCE.release();
        }
        return key;
    }
}
