package dev.atelier.transfer;

import dev.atelier.platform.problems.OutOfSpace;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.ArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Unpacks an archive that somebody sent into an empty folder: nothing leaves the folder, no link is
 * made, and neither its claims nor its contents fill the disk.
 */
final class Unpacking {

    private static final int MOST_ENTRIES = 5_000_000;
    private static final int MOST_LINKS = 1_000;
    private static final int HIGHEST_RATIO = 200;
    private static final long SMALL = 100L << 20;
    private static final long SPARE = 512L << 20;

    private final Path folder;
    private final long most;
    private final Importing.Watch watch;
    private long written;

    /**
     * @param size bytes of the archive
     * @param most bytes that it may unpack to
     */
    Unpacking(Path folder, long size, long most, Importing.Watch watch) {
        this.folder = folder;
        this.most = Math.min(most, Math.max(SMALL, size * HIGHEST_RATIO));
        this.watch = watch;
    }

    /** Names of links and devices, which were left out. */
    List<String> unpack(InputStream archive) throws IOException {
        var in = new BufferedInputStream(archive, 128 << 10);
        in.mark(8);
        var head = in.readNBytes(4);
        in.reset();
        try {
            if (head.length >= 4 && head[0] == 'P' && head[1] == 'K') {
                return entries(new ZipArchiveInputStream(in, "UTF-8", true, false));
            }
            if (head.length >= 2 && head[0] == 0x1f && (head[1] & 0xff) == 0x8b) {
                return entries(
                        new TarArchiveInputStream(
                                new BufferedInputStream(
                                        GzipCompressorInputStream.builder()
                                                .setInputStream(in)
                                                .setDecompressConcatenated(true)
                                                .get(),
                                        128 << 10),
                                StandardCharsets.UTF_8.name()));
            }
            return entries(new TarArchiveInputStream(in, StandardCharsets.UTF_8.name()));
        } catch (ZipException | IllegalArgumentException e) {
            throw new Source.Unusable("The archive is not sound: " + e.getMessage());
        }
    }

    private List<String> entries(ArchiveInputStream<?> archive) throws IOException {
        var links = new ArrayList<String>();
        int count = 0;
        for (ArchiveEntry entry; (entry = next(archive)) != null; ) {
            if (++count > MOST_ENTRIES) {
                throw new Source.Unusable("The archive has more than 5,000,000 entries.");
            }
            if (count % 200 == 1) {
                watch.at("Unpacks entry %,d".formatted(count));
            }
            if (!archive.canReadEntryData(entry)) {
                throw new Source.Unusable(
                        "\"%s\" is encrypted, or packed in a way that cannot be read."
                                .formatted(Texts.shown(entry.getName(), 100)));
            }
            if (entry instanceof TarArchiveEntry tar && isOdd(tar)) {
                if (links.size() < MOST_LINKS) {
                    links.add(Texts.shown(entry.getName(), 300));
                }
                continue;
            }
            var path = path(entry.getName());
            try {
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else if (!path.equals(folder)) {
                    Files.createDirectories(java.util.Objects.requireNonNull(path.getParent()));
                    write(archive, path, entry.getName());
                }
            } catch (FileAlreadyExistsException e) {
                throw new Source.Unusable(
                        "\"%s\" is there twice, or both a file and a folder."
                                .formatted(Texts.shown(entry.getName(), 100)));
            }
        }
        if (count == 0) {
            throw new Source.Unusable(
                    "It is no archive, or an empty one. Send a .zip or a .tar.gz.");
        }
        return links;
    }

    /** Links, and devices, which the library calls files. */
    private static boolean isOdd(TarArchiveEntry entry) {
        return !entry.isDirectory() && !entry.isFile()
                || entry.isLink()
                || entry.isSymbolicLink()
                || entry.isCharacterDevice()
                || entry.isBlockDevice()
                || entry.isFIFO();
    }

    private static @org.jspecify.annotations.Nullable ArchiveEntry next(
            ArchiveInputStream<?> archive) throws IOException {
        try {
            return archive.getNextEntry();
        } catch (IOException e) {
            throw new Source.Unusable(
                    "The archive ends in the middle or is not sound: " + e.getMessage());
        }
    }

    private Path path(String name) throws IOException {
        var plain = name.replaceAll("^(\\./)+|/+$", "");
        var parts = plain.split("/", -1);
        var wrong =
                plain.startsWith("/")
                        || plain.indexOf('\\') >= 0
                        || plain.chars().anyMatch(Character::isISOControl)
                        || parts.length > 60
                        || plain.getBytes(StandardCharsets.UTF_8).length > 2_000
                        || Arrays.asList(parts).contains("..");
        try {
            var path = folder.resolve(plain.equals(".") ? "" : plain).normalize();
            if (!wrong && path.startsWith(folder)) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw new Source.Unusable(
                    "This portal cannot write a file called \"%s\": start it in a locale with UTF-8, say LC_ALL=C.UTF-8."
                            .formatted(Texts.shown(name, 100)));
        }
        throw new Source.Unusable(
                "The entry \"%s\" would lie outside its folder or has a name that cannot be. Nothing was taken."
                        .formatted(Texts.shown(name, 100)));
    }

    private void write(InputStream in, Path path, String name) throws IOException {
        var buffer = new byte[128 << 10];
        long since = 0;
        try (var out =
                Files.newOutputStream(
                        path,
                        java.nio.file.StandardOpenOption.CREATE_NEW,
                        java.nio.file.StandardOpenOption.WRITE)) {
            while (true) {
                int count;
                try {
                    count = in.read(buffer);
                } catch (IOException e) {
                    throw new Source.Unusable(
                            "\"%s\" in the archive is not sound: %s"
                                    .formatted(Texts.shown(name, 100), e.getMessage()));
                }
                if (count < 0) {
                    return;
                }
                written += count;
                since += count;
                if (written > most) {
                    throw new Source.Unusable(
                            "The archive unpacks to more than %,d bytes: more than 200 times its size, or than atelier.imports.max-unpacked-size."
                                    .formatted(most));
                }
                if (since > (64 << 20) || written == count) {
                    since = 0;
                    watch.at("Unpacks: %,d MB".formatted(written / 1_000_000));
                    room();
                }
                out.write(buffer, 0, count);
            }
        } catch (java.nio.file.FileSystemException e) {
            if (String.valueOf(e.getReason()).contains("No space")) {
                throw full();
            }
            throw e;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No space")) {
                throw full();
            }
            throw e;
        }
    }

    private void room() throws IOException {
        if (Files.getFileStore(folder).getUsableSpace() < SPARE) {
            throw full();
        }
    }

    private static OutOfSpace full() {
        return new OutOfSpace(
                "The disk of the data folder has no room to unpack the archive. Free some space, then let the import go on.");
    }
}
