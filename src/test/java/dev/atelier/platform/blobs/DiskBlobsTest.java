package dev.atelier.platform.blobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.TooLarge;
import dev.atelier.platform.problems.Unavailable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The blob store on disk")
class DiskBlobsTest {

    @TempDir Path folder;

    private static final byte[] CONTENT = content();

    private static byte[] content() {
        var bytes = new byte[300_000];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    /** Dies before the n-th operation, and then forgets what was not yet durable. */
    private static final class CrashingDisk extends Disk {
        static final class Crash extends RuntimeException {}

        private final int crashAt;
        private final Set<Path> volatileNames = new HashSet<>();
        private final Set<Path> volatileContents = new HashSet<>();
        private int operations;

        CrashingDisk(int crashAt) {
            this.crashAt = crashAt;
        }

        private void count() {
            if (operations++ >= crashAt) {
                throw new Crash();
            }
        }

        @Override
        FileChannel create(Path file) throws IOException {
            count();
            volatileNames.add(file);
            volatileContents.add(file);
            return super.create(file);
        }

        @Override
        void force(Path file, FileChannel channel) throws IOException {
            count();
            volatileContents.remove(file);
        }

        @Override
        void rename(Path from, Path to) throws IOException {
            count();
            super.rename(from, to);
            volatileNames.add(to);
            if (volatileContents.remove(from)) {
                volatileContents.add(to);
            }
        }

        @Override
        void forceFolder(Path folder) {
            count();
            volatileNames.removeIf(name -> folder.equals(name.getParent()));
        }

        @Override
        boolean createFolder(Path folder) throws IOException {
            count();
            volatileNames.add(folder);
            return super.createFolder(folder);
        }

        @Override
        void delete(Path file) throws IOException {
            if (operations <= crashAt) {
                super.delete(file); // after a crash nobody tidies up
            }
        }

        void losePower() throws IOException {
            for (var file : volatileContents) {
                if (Files.exists(file)) {
                    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(100);
                    }
                }
            }
            for (var name : volatileNames) {
                if (Files.exists(name)) {
                    try (var all = Files.walk(name)) {
                        for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
                            Files.delete(each);
                        }
                    }
                }
            }
        }
    }

    @Test
    void loses_nothing_confirmed_and_shows_nothing_half_written_at_any_crash() throws IOException {
        int crashes = 0;
        for (int n = 0; ; n++) {
            var root = folder.resolve("crash-" + n);
            var disk = new CrashingDisk(n);
            var confirmed = false;
            String digest = null;
            try {
                var store = new DiskBlobs(root, disk);
                var staged =
                        store.stage(
                                UUID.randomUUID(),
                                new ByteArrayInputStream(CONTENT),
                                Long.MAX_VALUE);
                digest = staged.digest();
                store.publish(staged, false);
                confirmed = true;
            } catch (CrashingDisk.Crash e) {
                crashes++;
            }
            disk.losePower();

            var after = new DiskBlobs(root, new Disk());
            if (digest != null && after.size(digest).isPresent()) {
                try (var in = after.read(digest, 0)) {
                    assertThat(in.readAllBytes()).as("crash before step %d", n).isEqualTo(CONTENT);
                }
            } else {
                assertThat(confirmed).as("crash before step %d", n).isFalse();
            }
            if (confirmed) {
                break;
            }
        }
        assertThat(crashes).isGreaterThan(8);
    }

    @Test
    void gives_a_large_file_up_whose_first_fsync_failed() throws IOException {
        var calls = new AtomicInteger();
        var disk =
                new Disk() {
                    @Override
                    void force(Path file, FileChannel channel) throws IOException {
                        if (calls.getAndIncrement() == 0) {
                            throw new IOException("Input/output error");
                        }
                    }
                };
        var store = new DiskBlobs(folder.resolve("s"), disk);

        assertThatThrownBy(
                        () ->
                                store.stage(
                                        UUID.randomUUID(),
                                        new ByteArrayInputStream(new byte[80 << 20]),
                                        1 << 30))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("Send it again");
        assertThat(temporaryFiles("s")).isEmpty();
    }

    @Test
    void gives_a_file_up_whose_fsync_failed() throws IOException {
        var disk =
                new Disk() {
                    @Override
                    void force(Path file, FileChannel channel) throws IOException {
                        throw new IOException("Input/output error");
                    }
                };
        var store = new DiskBlobs(folder.resolve("s"), disk);

        assertThatThrownBy(
                        () ->
                                store.stage(
                                        UUID.randomUUID(),
                                        new ByteArrayInputStream(CONTENT),
                                        1 << 20))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("Send it again");
        assertThat(temporaryFiles("s")).isEmpty();
    }

    @Test
    void stops_at_the_limit_and_leaves_nothing() throws IOException {
        var store = new DiskBlobs(folder.resolve("s"), new Disk());

        assertThatThrownBy(
                        () ->
                                store.stage(
                                        UUID.randomUUID(), new ByteArrayInputStream(CONTENT), 1000))
                .isInstanceOf(TooLarge.class);
        assertThat(temporaryFiles("s")).isEmpty();
    }

    @Test
    void mends_an_address_whose_bytes_are_short() throws IOException {
        var store = new DiskBlobs(folder.resolve("s"), new Disk());
        var first = store.stage(UUID.randomUUID(), new ByteArrayInputStream(CONTENT), 1 << 20);
        store.publish(first, false);
        var file = store.file(first.digest());
        Files.write(file, new byte[10]);

        var again = store.stage(UUID.randomUUID(), new ByteArrayInputStream(CONTENT), 1 << 20);
        store.publish(again, false);

        assertThat(Files.readAllBytes(file)).isEqualTo(CONTENT);
        assertThat(temporaryFiles("s")).isEmpty();
    }

    @Test
    void tells_that_the_disk_is_full() throws Exception {
        var small = Files.createDirectory(folder.resolve("small"));
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small.toString()) == 0,
                "needs root to mount a small disk");
        try {
            var store = new DiskBlobs(small.resolve("s"), new Disk());
            assertThatThrownBy(
                            () ->
                                    store.stage(
                                            UUID.randomUUID(),
                                            new ByteArrayInputStream(new byte[8 << 20]),
                                            1 << 30))
                    .isInstanceOf(OutOfSpace.class);
            assertThat(temporaryFiles("small/s")).isEmpty();
            var fits = store.stage(UUID.randomUUID(), new ByteArrayInputStream(CONTENT), 1 << 20);
            store.publish(fits, false);
            assertThat(store.size(fits.digest())).hasValue(CONTENT.length);
            assertThat(run("mount", "-o", "remount,ro", small.toString())).isZero();
            assertThatThrownBy(
                            () ->
                                    store.stage(
                                            UUID.randomUUID(),
                                            new ByteArrayInputStream(CONTENT),
                                            1 << 20))
                    .isInstanceOf(Unavailable.class)
                    .hasMessageContaining("read-only");
        } finally {
            run("umount", small.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor();
    }

    private List<Path> temporaryFiles(String store) throws IOException {
        try (var files = Files.list(folder.resolve(store).resolve("tmp"))) {
            return files.toList();
        }
    }
}
