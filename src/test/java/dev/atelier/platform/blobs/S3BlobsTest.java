package dev.atelier.platform.blobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.TooLarge;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = S3Server.class, restrictToAnnotatedClass = true)
@Tag("s3")
@DisplayName("A blob in S3")
class S3BlobsTest {

    @Inject Blobs blobs;
    @Inject Upkeep upkeep;
    @Inject Sql sql;

    private static byte[] bytes(int seed, int size) {
        var bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private String put(byte[] content) throws IOException {
        var staged =
                blobs.stage(new ByteArrayInputStream(content), "test", 1L << 30, content.length);
        var compared = blobs.prepare(List.of(staged));
        QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            blobs.adopt(List.of(staged), compared);
                            return true;
                        });
        return staged.digest();
    }

    @Test
    void comes_back_whole_and_in_ranges_whether_one_part_or_many() throws IOException {
        for (var size : new int[] {0, 1, 100_000, 8 << 20, 20_000_000}) {
            var content = bytes(size, size);
            var digest = put(content);

            assertThat(blobs.open(digest).readAllBytes()).as("%d bytes", size).isEqualTo(content);
            if (size > 2_000_000) {
                assertThat(blobs.open(digest, 1_048_000, 900_000).readAllBytes())
                        .isEqualTo(Arrays.copyOfRange(content, 1_048_000, 1_948_000));
            }
            assertThat(Files.readAllBytes(blobs.local(digest))).isEqualTo(content);
        }
        assertThat(upkeep.temporary(Duration.ZERO)).as("temporary objects left").isZero();
    }

    @Test
    void lies_at_its_address_before_the_transaction_that_refers_to_it() throws IOException {
        var content = bytes(77, 300_000);
        var staged =
                blobs.stage(new ByteArrayInputStream(content), "test", 1L << 30, content.length);

        blobs.prepare(List.of(staged));

        assertThat(blobs.store().size(staged.digest())).hasValue(300_000);
        assertThat(blobs.find(staged.digest())).isEmpty();
        blobs.discard(List.of(staged));
        blobs.store().delete(staged.digest());
    }

    @Test
    void comes_back_when_the_sweep_took_it_between_the_two() throws IOException {
        var content = bytes(78, 300_000);
        var staged =
                blobs.stage(new ByteArrayInputStream(content), "test", 1L << 30, content.length);
        var compared = blobs.prepare(List.of(staged));
        blobs.store().delete(staged.digest());

        QuarkusTransaction.requiringNew()
                .call(
                        () -> {
                            blobs.adopt(List.of(staged), compared);
                            return true;
                        });

        assertThat(blobs.open(staged.digest()).readAllBytes()).isEqualTo(content);
    }

    @Test
    void is_sent_once_and_kept_once() throws IOException {
        var content = bytes(1, 50_000);
        assertThat(put(content)).isEqualTo(put(content));
        assertThat(blobs.store().olderThan(Duration.ofSeconds(-60)))
                .filteredOn(blobs.find(put(content)).orElseThrow().digest()::equals)
                .hasSize(1);
    }

    @Test
    void stops_at_the_limit_in_the_middle_of_its_parts() {
        var content = bytes(2, 18_000_000);

        assertThatThrownBy(
                        () ->
                                blobs.stage(
                                        new ByteArrayInputStream(content), "test", 17_000_000, -1))
                .isInstanceOf(TooLarge.class);
        assertThat(sql.list("select 1 from blob_upload", row -> 1)).isEmpty();
    }

    @Test
    void is_swept_and_put_aside_as_on_disk() throws IOException {
        var digest = put(bytes(3, 5_000));
        upkeep.condemn(Duration.ZERO);
        upkeep.sweep(Duration.ZERO);
        assertThat(blobs.find(digest)).isEmpty();
        assertThat(blobs.store().size(digest)).isEmpty();

        var orphan = put(bytes(4, 5_000));
        sql.update("delete from blob where digest = ?", orphan);
        assertThat(upkeep.orphans(Duration.ofSeconds(-60), Duration.ofDays(1))).isEqualTo(1);
        assertThat(blobs.store().size(orphan)).isEmpty();
    }
}
