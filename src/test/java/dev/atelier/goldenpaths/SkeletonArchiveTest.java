package dev.atelier.goldenpaths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The archive of a skeleton")
class SkeletonArchiveTest {

    private interface Filling {
        void into(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] archive(Filling filling) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            filling.into(tar);
        }
        return bytes.toByteArray();
    }

    private static void put(TarArchiveOutputStream tar, String name, String text)
            throws IOException {
        var content = text.getBytes(StandardCharsets.UTF_8);
        // With the name as it is: the library would take what leads out away.
        var entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static java.util.List<Skeleton.Material> read(byte[] archive) throws Exception {
        return SkeletonArchive.read(new ByteArrayInputStream(archive), true, "skeleton");
    }

    private static void refused(byte[] archive, String reason) {
        assertThatThrownBy(() -> read(archive))
                .isInstanceOfSatisfying(
                        ActionFailed.class, e -> assertThat(e.reason()).contains(reason));
    }

    @Test
    void is_read_below_a_folder() throws Exception {
        var archive =
                archive(
                        tar -> {
                            put(tar, "repo-7fd1a60/README.md", "not taken");
                            put(tar, "repo-7fd1a60/skeleton/a/b.txt", "taken");
                            put(tar, "repo-7fd1a60/skeletons/c.txt", "not taken");
                        });

        var files = read(archive);

        assertThat(files).extracting(Skeleton.Material::path).containsExactly("a/b.txt");
        assertThat(files.getFirst().content()).asString().isEqualTo("taken");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../escape",
                "a/../../../escape",
                "/etc/passwd",
                "a\\..\\..\\escape",
                "..",
                "a/../.."
            })
    void leads_out_of_the_tasks_files_by_no_name(String name) throws Exception {
        var archive = archive(tar -> put(tar, "repo/skeleton/" + name, "hostile"));

        assertThatThrownBy(() -> read(archive)).isInstanceOf(ActionFailed.class);
    }

    @ParameterizedTest
    @ValueSource(
            bytes = {
                TarConstants.LF_SYMLINK,
                TarConstants.LF_LINK,
                TarConstants.LF_CHR,
                TarConstants.LF_BLK,
                TarConstants.LF_FIFO
            })
    void holds_ordinary_files_alone(byte kind) throws Exception {
        var archive =
                archive(
                        tar -> {
                            var entry = new TarArchiveEntry("repo/skeleton/odd", kind);
                            entry.setLinkName("/etc/passwd");
                            tar.putArchiveEntry(entry);
                            tar.closeArchiveEntry();
                        });

        refused(archive, "odd, which is no ordinary file");
    }

    @Test
    void is_not_taken_when_it_has_too_many_files() throws Exception {
        var archive =
                archive(
                        tar -> {
                            for (int i = 0; i <= Skeleton.MOST_FILES; i++) {
                                put(tar, "repo/skeleton/" + i, "");
                            }
                        });

        refused(archive, "There are more than");
    }

    @Test
    void is_not_taken_when_its_files_are_too_large() throws Exception {
        var zeros = new byte[1 << 20];
        var archive =
                archive(
                        tar -> {
                            var entry = new TarArchiveEntry("repo/skeleton/large");
                            entry.setSize(Skeleton.MOST_BYTES + zeros.length);
                            tar.putArchiveEntry(entry);
                            for (long i = 0; i <= Skeleton.MOST_BYTES; i += zeros.length) {
                                tar.write(zeros);
                            }
                            tar.closeArchiveEntry();
                        });

        refused(archive, "There are more than 64 MB");
    }

    @Test
    void is_not_unpacked_without_end_where_nothing_of_it_is_taken() throws Exception {
        var zeros = new byte[5 << 20];
        var archive =
                archive(
                        tar -> {
                            var entry = new TarArchiveEntry("repo/elsewhere/bomb");
                            entry.setSize(zeros.length);
                            tar.putArchiveEntry(entry);
                            tar.write(zeros);
                            tar.closeArchiveEntry();
                        });

        assertThatThrownBy(
                        () ->
                                SkeletonArchive.read(
                                        new ByteArrayInputStream(archive),
                                        true,
                                        "skeleton",
                                        4 << 20))
                .isInstanceOfSatisfying(
                        ActionFailed.class,
                        e ->
                                assertThat(e.reason())
                                        .isEqualTo("The archive unpacks to more than 4 MB."));
    }

    @Test
    void says_when_it_ends_in_the_middle() throws Exception {
        var archive =
                archive(
                        tar -> {
                            put(tar, "repo/skeleton/one", "one".repeat(10_000));
                            put(tar, "repo/skeleton/two", "two".repeat(10_000));
                        });

        refused(Arrays.copyOf(archive, archive.length / 2), "ends in the middle or is not sound");
    }

    @Test
    void says_when_it_is_none() throws Exception {
        refused("<html>Not found</html>".getBytes(StandardCharsets.UTF_8), "It is no .tar.gz");
        refused(archive(_ -> {}), "The archive is empty");
        assertThatThrownBy(() -> SkeletonArchive.read(InputStream.nullInputStream(), true, ""))
                .isInstanceOf(ActionFailed.class);
    }
}
