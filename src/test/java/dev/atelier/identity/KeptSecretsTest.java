package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A secret that a feature keeps")
class KeptSecretsTest {

    private static final byte[] SECRET = "of a webhook".getBytes(StandardCharsets.UTF_8);

    @Inject KeptSecrets secrets;
    @Inject SecretBox box;
    @Inject AgroalDataSource database;
    @Inject Sql sql;

    @Test
    void is_replaced_and_dropped_by_its_name() {
        secrets.put("kept test", "another".getBytes(StandardCharsets.UTF_8));
        secrets.put("kept test", SECRET);

        assertThat(secrets.get("kept test")).hasValue(SECRET);
        secrets.drop("kept test");
        assertThat(secrets.get("kept test")).isEmpty();
    }

    @Test
    void opens_under_its_own_name_only() {
        secrets.put("kept of ines", SECRET);
        sql.update("update kept_secret set name = 'kept of bo' where name = 'kept of ines'");

        assertThat(secrets.get("kept of bo")).isEmpty();
        secrets.drop("kept of bo");
    }

    @Test
    void moves_to_the_new_key() throws Exception {
        secrets.put("kept rotated", SECRET);
        var before = box.current();

        var said = RotateKeyCommand.rotate(box, database.getConnection());

        assertThat(said).contains("kept secrets");
        assertThat(box.current()).isNotEqualTo(before);
        assertThat(secrets.get("kept rotated")).hasValue(SECRET);
        assertThat(
                        sql.<String>one(
                                "select key_id from kept_secret where name = 'kept rotated'",
                                row -> row.getString(1)))
                .isEqualTo(box.current());
        secrets.drop("kept rotated");
    }
}
