package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.Statements;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The versions of a model")
class VersionsTest {

    private static final String MODEL = "versions-many";
    private static final int COUNT = 12;

    @Inject Sql sql;
    @Inject ObjectMapper json;
    @Inject Audit audit;
    @Inject Models models;
    @Inject AgroalDataSource database;

    @BeforeEach
    void register() {
        if (models.find(MODEL).isEmpty()) {
            for (int i = 0; i < COUNT; i++) {
                Bundle.of("model.onnx", Onnx.identity("v" + i)).post(MODEL);
            }
        }
        Statements.watch(database);
    }

    /** Nothing is in its memory. */
    private Versions fresh() {
        return new Versions(sql, json, audit);
    }

    @Test
    void are_read_together_and_once() {
        var versions = fresh();
        var model = models.get(MODEL);

        var first = Statements.of(() -> versions.list(model, model.newest(COUNT)));
        var second = Statements.of(() -> versions.list(model, model.newest(COUNT)));

        assertThat(first).hasSize(2);
        assertThat(second).isEmpty();
    }

    @Test
    void come_the_newest_first_each_with_its_own_files() {
        var model = models.get(MODEL);

        var newest = fresh().list(model, model.newest(5));

        assertThat(newest).extracting(ModelVersion::number).containsExactly(12, 11, 10, 9, 8);
        assertThat(newest)
                .allSatisfy(
                        version ->
                                assertThat(version)
                                        .isEqualTo(
                                                fresh().find(
                                                                MODEL,
                                                                Integer.toString(
                                                                        version.number()))));
        assertThat(newest).extracting(v -> v.files().getFirst().sha256()).doesNotHaveDuplicates();
    }

    @Test
    void serve_by_the_champion_else_by_the_newest() {
        var champion = "/api/v1/models/" + MODEL + "/aliases/champion";

        given().contentType("application/json").body("{\"version\":3}").put(champion);
        var byAlias = models.get(MODEL);
        given().delete(champion);
        var byNumber = models.get(MODEL);

        assertThat(byAlias.serving()).isEqualTo(3);
        assertThat(fresh().serving(List.of(byAlias)).get(MODEL).number()).isEqualTo(3);
        assertThat(byNumber.serving()).isEqualTo(COUNT);
        assertThat(fresh().ready(MODEL).number()).isEqualTo(COUNT);
    }
}
