package dev.atelier.platform.blobs;

import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.TooLarge;
import dev.atelier.platform.problems.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Blobs in a folder: {@code sha256/ab/cd/<digest>}, with {@code tmp} and {@code quarantine} beside
 * it on the same file system, so that a rename is atomic.
 */
final class DiskBlobs implements BlobStore {

    private final Path root;
    private final Path temporary;
    private final Path quarantine;
    private final Disk disk;

    DiskBlobs(Path root, Disk disk) throws IOException {
        this.root = root;
        this.disk = disk;
        temporary = root.resolve("tmp");
        quarantine = root.resolve("quarantine");
        Files.createDirectories(root);
        createFolders(temporary);
        createFolders(quarantine);
        createFolders(root.resolve("sha256"));
        disk.forceFolder(root);
    }

    @Override
    public Staged stage(UUID id, InputStream in, long limit) throws IOException {
        var file = temporary.resolve(id.toString());
        try (var channel = create(file);
                var writeback = new Writeback(() -> force(file, channel))) {
            var hasher = new Chunks.Hasher();
            var buffer = new byte[128 * 1024];
            long size = 0;
            for (int n; (n = in.read(buffer)) >= 0; ) {
                size += n;
                if (size > limit) {
                    throw new TooLarge("The file has more than " + limit + " bytes.");
                }
                hasher.update(buffer, 0, n);
                for (var bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
                    writeSome(channel, bytes);
                }
                writeback.wrote(n);
            }
            writeback.await();
            Failpoints.hit("blob.written");
            force(file, channel);
            Failpoints.hit("blob.forced");
            return new Staged(id, hasher.digest(), size, hasher.chunks());
        } catch (IOException | RuntimeException e) {
            disk.delete(file);
            throw e;
        }
    }

    private FileChannel create(Path file) throws IOException {
        try {
            return disk.create(file);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    private static void writeSome(FileChannel channel, ByteBuffer bytes) throws IOException {
        try {
            channel.write(bytes);
        } catch (IOException e) {
            throw explained(e);
        }
    }

    private void force(Path file, FileChannel channel) {
        try {
            disk.force(file, channel);
        } catch (IOException e) {
            // Never tried again: after a failed fsync the kernel drops the pages and the next call
            // would succeed without the bytes.
            throw new Unavailable(
                    "The disk could not confirm that the file is written ("
                            + e.getMessage()
                            + "). Nothing was kept. Send it again.");
        }
    }

    /** A full or read-only disk as a problem that says so; anything else as it is. */
    static IOException explained(IOException e) {
        var reason = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("no space left")
                || reason.contains("quota exceeded")
                || reason.contains("file too large")) {
            throw new OutOfSpace(
                    "The disk of the blob store is full. Nothing was kept. Free some space, then"
                            + " send it again.");
        }
        if (reason.contains("read-only file system")) {
            throw new Unavailable(
                    "The disk of the blob store is read-only. Nothing was kept; reading still"
                            + " works.");
        }
        return e;
    }

    @Override
    public void prepare(Staged staged, boolean verify) throws IOException {
        var to = address(staged.digest());
        if (verify && !holds(to, staged, true)) {
            // Right bytes in the place of wrong ones: true with or without a row.
            createFolders(to.getParent());
            disk.rename(temporary.resolve(staged.id().toString()), to);
        }
    }

    @Override
    public void publish(Staged staged, boolean verify) throws IOException {
        var from = temporary.resolve(staged.id().toString());
        var to = address(staged.digest());
        createFolders(to.getParent());
        if (holds(to, staged, verify)) {
            Files.setLastModifiedTime(to, FileTime.from(Instant.now()));
            disk.delete(from);
        } else {
            disk.rename(from, to);
            Failpoints.hit("blob.renamed");
        }
        forceNames(to);
        Failpoints.hit("blob.published");
    }

    private static boolean holds(Path file, Staged staged, boolean verify) throws IOException {
        try {
            if (Files.size(file) != staged.size()) {
                return false;
            }
            return !verify || digest(file).equals(staged.digest());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static String digest(Path file) throws IOException {
        var hash = Chunks.sha256();
        try (var in = Files.newInputStream(file)) {
            var buffer = new byte[128 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                hash.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    /**
     * Makes every name on the way to a file durable. Also names that were there before: whoever
     * made them may have died, or may not have come so far yet.
     */
    private void forceNames(Path file) throws IOException {
        for (Path at = file.getParent(); at != null && at.startsWith(root); at = at.getParent()) {
            disk.forceFolder(at);
        }
    }

    private void createFolders(@Nullable Path folder) throws IOException {
        if (folder != null && Files.notExists(folder)) {
            createFolders(folder.getParent());
            disk.createFolder(folder);
        }
    }

    @Override
    public void discard(UUID id) throws IOException {
        disk.delete(temporary.resolve(id.toString()));
    }

    @Override
    public InputStream read(String digest, long offset) throws IOException {
        var channel = FileChannel.open(address(digest), StandardOpenOption.READ);
        channel.position(offset);
        return Channels.newInputStream(channel);
    }

    @Override
    public OptionalLong size(String digest) throws IOException {
        try {
            return OptionalLong.of(Files.size(address(digest)));
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        }
    }

    @Override
    public void delete(String digest) throws IOException {
        disk.delete(address(digest));
    }

    @Override
    public @Nullable Path file(String digest) {
        return address(digest);
    }

    @Override
    public long free() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    @Override
    public long capacity() throws IOException {
        return Files.getFileStore(root).getTotalSpace();
    }

    @Override
    public int discardOlderThan(Duration age, Predicate<UUID> live) throws IOException {
        int discarded = 0;
        for (var file : olderThan(temporary, age, 1)) {
            var name = file.getFileName().toString();
            if (!name.matches("[0-9a-f-]{36}") || !live.test(UUID.fromString(name))) {
                disk.delete(file);
                discarded++;
            }
        }
        return discarded;
    }

    @Override
    public List<String> olderThan(Duration age) throws IOException {
        return olderThan(root.resolve("sha256"), age, 3).stream()
                .map(file -> file.getFileName().toString())
                .toList();
    }

    @Override
    public boolean putAside(String digest, Duration age) throws IOException {
        var file = address(digest);
        try {
            if (Files.getLastModifiedTime(file).toInstant().isAfter(Instant.now().minus(age))) {
                return false;
            }
            var aside = quarantine.resolve(digest);
            disk.rename(file, aside);
            Files.setLastModifiedTime(aside, FileTime.from(Instant.now()));
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void emptyQuarantine(Duration age) throws IOException {
        for (var file : olderThan(quarantine, age, 1)) {
            disk.delete(file);
        }
    }

    private static List<Path> olderThan(Path folder, Duration age, int depth) throws IOException {
        var before = FileTime.from(Instant.now().minus(age));
        var old = new ArrayList<Path>();
        try (var files = Files.walk(folder, depth)) {
            for (var file : (Iterable<Path>) files::iterator) {
                try {
                    if (Files.isRegularFile(file)
                            && Files.getLastModifiedTime(file).compareTo(before) < 0) {
                        old.add(file);
                    }
                } catch (NoSuchFileException e) {
                    continue; // published or deleted meanwhile
                }
            }
        }
        return old;
    }

    private Path address(String digest) {
        return root.resolve("sha256")
                .resolve(digest.substring(0, 2))
                .resolve(digest.substring(2, 4))
                .resolve(digest);
    }
}
