package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Kept calls")
class CallsTest {

    @Inject Calls calls;
    @Inject Sql sql;

    @Test
    void are_forgotten_with_their_uploads_after_thirty_days() {
        var old = keep("a".repeat(64));
        var fresh = keep("b".repeat(64));
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            sql.update(
                                    "update sandbox_call set at = at - interval '31 days' where id = ?",
                                    old);
                            sql.update(
                                    "update sandbox_upload set used_at = used_at - interval '31 days'");
                        });

        calls.forgetOld();

        assertThat(calls.find("m", old)).isEmpty();
        assertThat(calls.find("m", fresh)).isPresent();
        assertThat(calls.upload("a".repeat(64))).isEmpty();
        assertThat(calls.upload("b".repeat(64))).isPresent();
    }

    private UUID keep(String digest) {
        var id = UUID.randomUUID();
        calls.keep(
                new Calls.Call(
                        id,
                        "m",
                        1,
                        "user:default/a",
                        Instant.now(),
                        Map.of("image", List.of("sha256:" + digest)),
                        "seven",
                        false,
                        null,
                        null,
                        null,
                        Trial.Took.NOTHING),
                List.of(new Calls.Upload(digest, "image/png", new byte[] {1})));
        return id;
    }
}
