package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.platform.CannotStart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A secret in the database")
class SecretBoxTest {

    private static final byte[] PLAIN = SecretBox.bytes("a refresh token");

    @TempDir Path folder;

    private SecretBox box() {
        return new SecretBox(Optional.empty(), folder.resolve("secret.key"));
    }

    @Test
    void is_read_again_by_another_portal_with_the_same_key() throws Exception {
        var closed = box().close(PLAIN, "session");

        assertThat(box().open(closed, "session")).isEqualTo(PLAIN);
        assertThat(new String(closed)).doesNotContain("refresh");
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(folder.resolve("secret.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void looks_different_each_time() {
        assertThat(box().close(PLAIN, "session")).isNotEqualTo(box().close(PLAIN, "session"));
    }

    @Test
    void opens_for_nothing_else_than_it_was_closed_for() {
        var closed = box().close(PLAIN, "session of ines");

        assertThatThrownBy(() -> box().open(closed, "session of paul"))
                .isInstanceOf(SecretBox.Closed.class);
    }

    @Test
    void opens_no_more_after_any_byte_was_changed() {
        var closed = box().close(PLAIN, "session");
        for (int i = 0; i < closed.length; i++) {
            var changed = closed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> box().open(changed, "session"))
                    .isInstanceOf(SecretBox.Closed.class);
        }
    }

    @Test
    void opens_with_the_old_key_until_that_is_dropped() throws Exception {
        var box = box();
        var old = box.close(PLAIN, "session");

        box.addKey();
        var fresh = box.close(PLAIN, "session");

        assertThat(SecretBox.keyOf(fresh)).isNotEqualTo(SecretBox.keyOf(old));
        assertThat(box.open(old, "session")).isEqualTo(PLAIN);

        box.dropOldKeys();

        assertThat(box.open(fresh, "session")).isEqualTo(PLAIN);
        assertThatThrownBy(() -> box.open(old, "session")).isInstanceOf(SecretBox.Closed.class);
    }

    @Test
    void is_not_closed_with_a_key_that_is_none() {
        var box = new SecretBox(Optional.of(List.of("password")), folder.resolve("secret.key"));

        assertThatThrownBy(() -> box.close(PLAIN, "session"))
                .isInstanceOf(CannotStart.class)
                .hasMessageContaining("openssl rand -base64 32")
                .hasMessageNotContaining("password");
    }
}
