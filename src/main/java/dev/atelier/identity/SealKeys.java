package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Signs the seals of the audit log (Ed25519, RFC 8032) with a key that is not in the database:
 * {@code ATELIER_SEAL_KEY}, else the file {@code seal.key} in the data folder. With a database of
 * somebody else's and no {@code ATELIER_SEAL_KEY} nothing is signed, since replicas would each sign
 * with another key.
 *
 * <p>Written {@code <32 random bytes in Base64>@<n>}: the first seal that must be signed, so that
 * signatures cannot be left away either. The first key signs; those after it signed before.
 */
@ApplicationScoped
class SealKeys {

    private static final byte[] PURPOSE = "atelier audit seal 1\0".getBytes(StandardCharsets.UTF_8);
    private static final int ID = 8;

    /** What a signature proves. */
    enum Proof {
        /** One of these keys signed it. */
        SIGNED,
        /** It may lack a signature: it is older than the keys, or there is no key here. */
        UNSIGNED,
        /** It should be signed and is not, or with another key. */
        FORGED
    }

    /** A signature with the id of its key. */
    record Signature(String key, byte[] bytes) {}

    private record Key(String id, Ed25519PrivateKeyParameters secret, long from) {
        private static final SecureRandom RANDOM = new SecureRandom();

        static Key parse(String text) {
            var parts = text.strip().split("@", 2);
            try {
                var seed = Base64.getDecoder().decode(parts[0]);
                if (seed.length == Ed25519PrivateKeyParameters.KEY_SIZE) {
                    var secret = new Ed25519PrivateKeyParameters(seed);
                    return new Key(
                            idOf(secret.generatePublicKey()),
                            secret,
                            parts.length == 1 ? 1 : Long.parseLong(parts[1]));
                }
            } catch (IllegalArgumentException e) {
                // Told below, without the text.
            }
            throw new CannotStart(
                    "A seal key is 32 random bytes in Base64, as of: openssl rand -base64 32, and, after"
                            + " an @, the number of the first seal that it signs (ATELIER_SEAL_KEY, or the"
                            + " file seal.key of the data folder)");
        }

        static String fresh(long from) {
            var seed = new byte[Ed25519PrivateKeyParameters.KEY_SIZE];
            RANDOM.nextBytes(seed);
            return Base64.getEncoder().encodeToString(seed) + "@" + from;
        }
    }

    private final List<String> configured;
    private final @Nullable Path file;
    private volatile @Nullable List<Key> keys;

    @Inject
    SealKeys(@ConfigProperty(name = "atelier.seal-key") Optional<List<String>> configured) {
        this(configured.orElse(List.of()), DataFolder.path(), Database.isExternal());
    }

    /**
     * @param external whether the database may have other portals
     */
    SealKeys(List<String> configured, Path data, boolean external) {
        this.configured = configured;
        this.file = configured.isEmpty() && !external ? data.resolve("seal.key") : null;
    }

    /** For commands beside the portal, as it would read them. */
    static SealKeys ofInstallation(Path data) {
        var set = Optional.ofNullable(System.getenv("ATELIER_SEAL_KEY")).orElse("");
        return new SealKeys(
                Arrays.stream(set.split(",")).filter(text -> !text.isBlank()).toList(),
                data,
                Database.isExternal());
    }

    /**
     * Signs a seal's hash; null when there is no key to do so.
     *
     * @param n number of the seal: that of the first ever signed is kept with the key
     */
    @Nullable Signature sign(long n, byte[] hash) {
        var known = keys();
        if (known.isEmpty() && file != null) {
            create(file, n);
            keys = null;
            known = keys();
        }
        if (known.isEmpty()) {
            return null;
        }
        var key = known.getFirst();
        var signer = new Ed25519Signer();
        signer.init(true, key.secret());
        signer.update(PURPOSE, 0, PURPOSE.length);
        signer.update(hash, 0, hash.length);
        return new Signature(key.id(), signer.generateSignature());
    }

    Proof check(long n, byte[] hash, @Nullable String key, byte @Nullable [] signature) {
        var known = keys();
        var from = known.stream().mapToLong(Key::from).min();
        if (from.isEmpty() || (n < from.getAsLong() && signature == null)) {
            return Proof.UNSIGNED;
        }
        if (key == null || signature == null) {
            return Proof.FORGED;
        }
        return known.stream()
                        .filter(one -> one.id().equals(key))
                        .anyMatch(one -> signed(one.secret().generatePublicKey(), hash, signature))
                ? Proof.SIGNED
                : Proof.FORGED;
    }

    private static boolean signed(Ed25519PublicKeyParameters key, byte[] hash, byte[] signature) {
        var verifier = new Ed25519Signer();
        verifier.init(false, key);
        verifier.update(PURPOSE, 0, PURPOSE.length);
        verifier.update(hash, 0, hash.length);
        return verifier.verifySignature(signature);
    }

    /** Whether there is a key to check with. */
    boolean present() {
        return !keys().isEmpty();
    }

    /** The public half of the key that signs, 32 bytes in Base64, for whoever checks elsewhere. */
    Optional<String> publicKey() {
        return keys().stream()
                .findFirst()
                .map(
                        key ->
                                Base64.getEncoder()
                                        .encodeToString(
                                                key.secret().generatePublicKey().getEncoded()));
    }

    private static String idOf(Ed25519PublicKeyParameters key) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(key.getEncoded()), 0, ID);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Key> keys() {
        var known = keys;
        if (known == null || known.isEmpty()) {
            known = read().stream().map(Key::parse).toList();
            keys = known;
        }
        return known;
    }

    private List<String> read() {
        if (file == null) {
            return configured;
        }
        try {
            return Files.notExists(file)
                    ? List.of()
                    : Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
        } catch (IOException e) {
            throw new IllegalStateException("The seal key cannot be read: " + e.getMessage(), e);
        }
    }

    /** Linked into place whole; whoever comes second takes what is there. */
    private static void create(Path file, long from) {
        var part = file.resolveSibling("seal.key." + System.nanoTime());
        try {
            Files.createFile(
                    part,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(part, Key.fresh(from) + "\n");
                Files.createLink(file, part);
            } catch (FileAlreadyExistsException e) {
                // Another process was first; its key is the key.
            } finally {
                Files.delete(part);
            }
        } catch (IOException e) {
            throw new IllegalStateException("The seal key cannot be written: " + e.getMessage(), e);
        }
    }
}
