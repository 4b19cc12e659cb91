package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Encrypts what the database keeps of other systems' secrets, with keys that are not in it: {@code
 * ATELIER_SECRET_KEY}, else the file {@code secret.key} in the data folder.
 *
 * <p>AES-256-GCM. In front of each text: the first four bytes of the SHA-256 of its key, then the
 * nonce. The first key encrypts; the others still open what they closed.
 */
@ApplicationScoped
class SecretBox {

    /** Something cannot be opened: its key is gone, or it was changed. */
    static final class Closed extends Exception {
        private static final long serialVersionUID = 1;

        Closed(String message) {
            super(message);
        }
    }

    private record Key(String id, SecretKeySpec key) {
        static Key of(byte[] bytes) {
            try {
                var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
                return new Key(
                        HexFormat.of().formatHex(digest, 0, ID), new SecretKeySpec(bytes, "AES"));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int ID = 4;
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final int KEY = 32;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Optional<List<String>> configured;
    private final Path file;

    @jakarta.inject.Inject
    SecretBox(@ConfigProperty(name = "atelier.secret-key") Optional<List<String>> configured) {
        this(configured, DataFolder.path().resolve("secret.key"));
    }

    SecretBox(Optional<List<String>> configured, Path file) {
        this.configured = configured.filter(keys -> !keys.isEmpty());
        this.file = file;
    }

    /** Whether the key is in a file of this machine, which other replicas do not have. */
    boolean inFile() {
        return configured.isEmpty();
    }

    /**
     * @param purpose what it is for; it opens for the same purpose only
     */
    byte[] close(byte[] plain, String purpose) {
        var key = keys().getFirst();
        var nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        try {
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key.key(), new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
            var closed = cipher.doFinal(plain);
            return ByteBuffer.allocate(ID + NONCE + closed.length)
                    .put(HexFormat.of().parseHex(key.id()))
                    .put(nonce)
                    .put(closed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    byte[] open(byte[] closed, String purpose) throws Closed {
        if (closed.length < ID + NONCE + TAG_BITS / 8) {
            throw new Closed("It is too short");
        }
        var id = keyOf(closed);
        var key =
                keys().stream()
                        .filter(k -> k.id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> new Closed("There is no key " + id + " here"));
        try {
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    key.key(),
                    new GCMParameterSpec(TAG_BITS, closed, ID, NONCE));
            cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(closed, ID + NONCE, closed.length - ID - NONCE);
        } catch (AEADBadTagException e) {
            throw new Closed("It was changed, or is for something else");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The id of the key that a text was closed with. */
    static String keyOf(byte[] closed) {
        return HexFormat.of().formatHex(closed, 0, ID);
    }

    /** The id of the key that closes now. */
    String current() {
        return keys().getFirst().id();
    }

    /** Puts a new key in front of those in the file. */
    void addKey() {
        var lines = new ArrayList<String>();
        lines.add(random());
        lines.addAll(lines());
        write(lines);
    }

    /** Forgets all keys of the file but the first. */
    void dropOldKeys() {
        write(lines().subList(0, 1));
    }

    private static String random() {
        var bytes = new byte[KEY];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * Read each time: a rotation beside a running portal counts at once, and it is asked rarely.
     */
    private List<Key> keys() {
        return configured.orElseGet(this::lines).stream().map(SecretBox::parse).toList();
    }

    private static Key parse(String text) {
        try {
            var bytes = Base64.getDecoder().decode(text.strip());
            if (bytes.length == KEY) {
                return Key.of(bytes);
            }
        } catch (IllegalArgumentException e) {
            // Told below, without the text.
        }
        throw new CannotStart(
                "A secret key is 32 random bytes in Base64. Make one with: openssl rand -base64 32"
                        + " (ATELIER_SECRET_KEY, or the file secret.key of the data folder)");
    }

    private List<String> lines() {
        try {
            if (Files.notExists(file)) {
                create();
            }
            var lines = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
            if (lines.isEmpty()) {
                throw new IllegalStateException(file + " holds no key");
            }
            return lines;
        } catch (IOException e) {
            throw new IllegalStateException("The secret key cannot be read: " + e.getMessage(), e);
        }
    }

    /** Linked into place whole: whoever reads sees all of the first key, and only one is first. */
    private void create() throws IOException {
        var part = file.resolveSibling("secret.key." + RANDOM.nextLong(Long.MAX_VALUE));
        Files.createFile(part, OWNER_ONLY);
        try {
            Files.writeString(part, random() + "\n");
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            // Another thread or process was first; its key is the key.
        } finally {
            Files.delete(part);
        }
    }

    private void write(List<String> lines) {
        var part = file.resolveSibling("secret.key.part");
        try {
            Files.deleteIfExists(part);
            Files.createFile(part, OWNER_ONLY);
            Files.writeString(part, String.join("\n", lines) + "\n");
            Files.move(
                    part,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "The secret key cannot be written: " + e.getMessage(), e);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static boolean same(String a, String b) {
        return MessageDigest.isEqual(bytes(a), bytes(b));
    }
}
