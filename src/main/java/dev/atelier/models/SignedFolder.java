package dev.atelier.models;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.bouncycastle.crypto.digests.Blake3Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;

/**
 * A folder beside the manifest of what should be in it. Names come from the folder and are looked
 * up in the manifest, never the other way round: what a manifest names is never opened.
 */
final class SignedFolder {

    private static final int BUFFER = 1 << 20;

    private final Path folder;
    private final SignedManifest manifest;
    private final Set<Path> beside;
    private final Map<String, String> found = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    private SignedFolder(Path folder, SignedManifest manifest, Set<Path> beside) {
        this.folder = folder;
        this.manifest = manifest;
        this.beside = beside;
    }

    /**
     * What is not as it was signed, in sentences; empty when all is.
     *
     * @param beside files that may lie in the folder though the manifest does not list them: the
     *     signature itself and the key
     */
    static List<String> faults(Path folder, SignedManifest manifest, Set<Path> beside)
            throws IOException {
        var signed = new SignedFolder(folder, manifest, beside);
        signed.look();
        signed.compare();
        return signed.faults;
    }

    private void look() throws IOException {
        try (var all = Files.walk(folder)) {
            for (var path : (Iterable<Path>) all::iterator) {
                look(path, folder.relativize(path).toString().replace('\\', '/'));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void look(Path path, String name) throws IOException {
        if (ignored(name) || Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isSymbolicLink(path) && !manifest.allowsLinks()) {
            faults.add("%s is a symbolic link, which the manifest does not allow.".formatted(name));
        } else if (!Files.isRegularFile(path)) {
            faults.add("%s is neither a file nor a folder.".formatted(name));
        } else if (!beside.contains(path.toRealPath()) || manifest.resources().containsKey(name)) {
            read(path, name);
        }
    }

    private boolean ignored(String name) {
        return manifest.ignored().stream()
                .anyMatch(path -> name.equals(path) || name.startsWith(path + "/"));
    }

    private void read(Path path, String name) throws IOException {
        long step = manifest.shardSize() == 0 ? Long.MAX_VALUE : manifest.shardSize();
        var buffer = new byte[BUFFER];
        try (var in = Files.newInputStream(path)) {
            long start = 0;
            while (true) {
                var digest = digest();
                long end = start;
                int read = 0;
                while (end - start < step) {
                    read = in.read(buffer, 0, (int) Math.min(BUFFER, step - (end - start)));
                    if (read < 0) {
                        break;
                    }
                    digest.update(buffer, 0, read);
                    end += read;
                }
                var hash = new byte[digest.getDigestSize()];
                digest.doFinal(hash, 0);
                if (manifest.shardSize() == 0) {
                    found.put(name, HexFormat.of().formatHex(hash));
                    return;
                }
                // An empty file has no shard: this form of manifest cannot list it.
                if (end > start) {
                    found.put(
                            "%s:%d:%d".formatted(name, start, end), HexFormat.of().formatHex(hash));
                }
                if (read < 0) {
                    return;
                }
                start = end;
            }
        }
    }

    private Digest digest() {
        return switch (manifest.hash()) {
            case "blake2b" -> new Blake2bDigest(512);
            case "blake3" -> new Blake3Digest(32);
            default -> SHA256Digest.newInstance();
        };
    }

    private void compare() {
        found.forEach(
                (name, digest) -> {
                    var signed = manifest.resources().get(name);
                    if (signed == null) {
                        faults.add("%s is not listed in the manifest.".formatted(name));
                    } else if (!signed.equals(digest)) {
                        faults.add(
                                "%s was changed: its digest is %s, signed was %s."
                                        .formatted(name, digest, signed));
                    }
                });
        for (var name : manifest.resources().keySet()) {
            if (!found.containsKey(name)) {
                faults.add("%s is missing.".formatted(name));
            }
        }
    }
}
