package dev.atelier.platform.blobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A blob")
class BlobsTest {

    @Inject Blobs blobs;
    @Inject Upkeep upkeep;
    @Inject Sql sql;

    private static byte[] bytes(int seed, int size) {
        var bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Staged stage(byte[] content) throws IOException {
        return blobs.stage(new ByteArrayInputStream(content), "test", 1L << 30, content.length);
    }

    private String put(byte[] content) throws IOException {
        var staged = stage(content);
        adopt(staged);
        return staged.digest();
    }

    private void adopt(Staged staged) throws IOException {
        var compared = blobs.prepare(List.of(staged));
        QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            blobs.adopt(List.of(staged), compared);
                            return true;
                        });
    }

    private Path file(String digest) {
        return blobs.store().file(digest);
    }

    @Test
    void is_kept_once_however_often_it_comes() throws IOException {
        var content = bytes(1, 10_000);

        var digest = put(content);

        assertThat(put(content)).isEqualTo(digest);
        assertThat(blobs.open(digest).readAllBytes()).isEqualTo(content);
        assertThat(sql.list("select 1 from blob where digest = ?", row -> 1, digest)).hasSize(1);
    }

    @Test
    void is_never_handed_out_with_a_wrong_byte_wherever_it_is() throws IOException {
        var random = new Random(3);
        var content = bytes(2, 3_500_000);
        for (int i = 0; i < 40; i++) {
            var digest = put(content);
            int at = random.nextInt(content.length);
            flip(file(digest), at);

            var in = blobs.open(digest);
            var read = new byte[content.length];
            assertThatThrownBy(() -> in.readNBytes(read, 0, read.length))
                    .isInstanceOf(VerifiedStream.Damaged.class);
            // Nothing of the MiB that holds the wrong byte came through.
            for (int j = at / Chunks.SIZE * Chunks.SIZE; j < content.length; j += 4096) {
                assertThat(read[j]).isZero();
            }
            assertThatThrownBy(() -> blobs.open(digest)).isInstanceOf(Unavailable.class);
        }
        assertThat(blobs.open(put(content)).readAllBytes()).isEqualTo(content);
    }

    private static void flip(Path file, int at) throws IOException {
        try (var channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var one = java.nio.ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 1));
            one.flip();
            channel.write(one, at);
        }
    }

    @Test
    void is_found_damaged_by_the_scrub() throws IOException {
        var digest = put(bytes(4, 50_000));
        flip(file(digest), 1234);
        sql.update("update blob_scrub set after_digest = ''");

        upkeep.scrub(Long.MAX_VALUE, Long.MAX_VALUE);

        assertThat(upkeep.damaged()).contains(digest);
    }

    @Test
    void goes_in_two_steps_when_nobody_refers_to_it() throws IOException {
        var digest = put(bytes(5, 5_000));

        upkeep.condemn(Duration.ofDays(1));
        upkeep.sweep(Duration.ZERO);
        assertThat(blobs.find(digest)).as("within its grace").isPresent();

        upkeep.condemn(Duration.ZERO);
        assertThat(blobs.find(digest)).as("condemned only").isPresent();
        upkeep.sweep(Duration.ZERO);
        assertThat(blobs.find(digest)).isEmpty();
        assertThat(file(digest)).doesNotExist();
    }

    @Test
    void stays_when_it_comes_again_while_it_is_condemned() throws IOException {
        var content = bytes(6, 5_000);
        var digest = put(content);
        upkeep.condemn(Duration.ZERO);

        put(content);
        upkeep.sweep(Duration.ZERO);

        assertThat(blobs.open(digest).readAllBytes()).isEqualTo(content);
    }

    @Test
    void is_put_aside_when_no_row_knows_it() throws IOException {
        var staged = stage(bytes(8, 5_000));
        var compared = blobs.prepare(List.of(staged));
        assertThatThrownBy(
                        () ->
                                QuarkusTransaction.requiringNew()
                                        .call(
                                                () -> {
                                                    blobs.adopt(List.of(staged), compared);
                                                    throw new IllegalStateException("crash");
                                                }))
                .hasStackTraceContaining("crash");
        var orphan = file(staged.digest());
        assertThat(orphan).exists();
        assertThat(upkeep.orphans(Duration.ofHours(48), Duration.ofDays(7))).isZero();
        Files.setLastModifiedTime(orphan, FileTime.from(Instant.now().minus(Duration.ofHours(49))));

        upkeep.orphans(Duration.ofHours(48), Duration.ofDays(7));

        assertThat(orphan).doesNotExist();
    }

    @Test
    void leaves_no_temporary_file_of_an_upload_that_died() throws IOException {
        var staged = stage(bytes(9, 5_000));
        var folder = file("0".repeat(64)).getParent().getParent().getParent().getParent();
        var temporary = folder.resolve("tmp").resolve(staged.id().toString());
        Files.setLastModifiedTime(
                temporary, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        upkeep.temporary(Duration.ofHours(24));
        assertThat(temporary).as("its upload is still open").exists();
        sql.update("update blob_upload set expires = clock_timestamp() where id = ?", staged.id());

        upkeep.temporary(Duration.ofHours(24));

        assertThat(temporary).doesNotExist();
        assertThat(sql.list("select 1 from blob_upload where id = ?", row -> 1, staged.id()))
                .isEmpty();
    }

    @Test
    void is_refused_before_it_comes_when_it_cannot_fit() {
        assertThatThrownBy(
                        () ->
                                blobs.stage(
                                        new ByteArrayInputStream(new byte[1]),
                                        "test",
                                        Long.MAX_VALUE,
                                        Long.MAX_VALUE / 2))
                .hasMessageContaining("Nothing was kept");
    }
}
