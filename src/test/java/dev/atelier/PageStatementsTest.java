package dev.atelier;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.serving.Models;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What makes a page slow before anything else does: asking the database again and again. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A page asks the database")
class PageStatementsTest {

    private static final String FEW = "statements-few";
    private static final String MANY = "statements-many";

    @Inject AgroalDataSource database;

    @BeforeEach
    void watch() {
        versions(FEW, 2);
        versions(MANY, 25);
        Statements.watch(database);
    }

    private static void versions(String model, int count) {
        if (given().get("/api/v1/models/" + model).statusCode() == 200) {
            return;
        }
        for (int i = 0; i < count; i++) {
            given().multiPart("file", "model.onnx", Models.perceptron())
                    .multiPart("card", "# Card " + i)
                    .post("/api/v1/models/{name}/versions", model)
                    .then()
                    .statusCode(201);
        }
    }

    @ParameterizedTest(name = "/models/name{0}")
    @ValueSource(strings = {"", "/versions", "/versions/1", "/try", "/observability"})
    void as_often_for_many_versions_as_for_few(String tab) {
        get("/models/" + FEW + tab);
        get("/models/" + MANY + tab);

        var few = Statements.of(() -> get("/models/" + FEW + tab));
        var many = Statements.of(() -> get("/models/" + MANY + tab));

        assertThat(drawing(many)).isEqualTo(drawing(few)).isNotEmpty();
    }

    @ParameterizedTest(name = "{0} at most {1} times")
    @CsvSource({
        "/models/statements-many, 6",
        "/models/statements-many/versions, 6",
        "/models/statements-many/versions/1, 6",
        "/models/statements-many/try, 6",
        "/models/statements-many/observability, 7",
        "/catalog/default/model/statements-many/relations, 8",
        "/, 11",
        "/catalog, 5",
        "/catalog?kind=model, 5",
        "/catalog/problems, 6",
        "/palette?q=statements, 4",
    })
    void a_few_times(String page, int most) {
        get(page);

        var asked = Statements.of(() -> get(page));

        assertThat(drawing(asked)).isNotEmpty().hasSizeLessThanOrEqualTo(most);
    }

    /** Of what only says who asks and what he may: its answers are kept for a moment. */
    private static final Pattern ACCESS =
            Pattern.compile(
                    "from (access_token|account_session|account|team_member|role_assignment|role_permission"
                            + "|resource_policy|resource_grant)\\b|type = 'memberOf'"
                            + "|^select ref, owner from catalog_entity");

    /** What the page itself needs. */
    private static List<String> drawing(List<String> statements) {
        return statements.stream().filter(sql -> !ACCESS.matcher(sql).find()).toList();
    }

    private static void get(String page) {
        assertThat(given().accept("text/html").get(page).statusCode()).isEqualTo(200);
    }
}
