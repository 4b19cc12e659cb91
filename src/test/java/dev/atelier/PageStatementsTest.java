package dev.atelier;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.experiments.Recorded;
import dev.atelier.serving.Models;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
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
        "/models/statements-many/versions/1/lineage, 7",
        "/models/statements-many/try, 6",
        "/models/statements-many/observability, 8",
        "/catalog/default/model/statements-many/relations, 8",
        "/, 13",
        "/catalog, 5",
        "/catalog?kind=model, 5",
        "/catalog/problems, 6",
        "/palette?q=statements, 4",
        "/golden-paths, 7",
        "/tasks, 4",
        "/monitoring, 9",
        "/incidents, 4",
    })
    void a_few_times(String page, int most) {
        get(page);

        var asked = drawing(Statements.of(() -> get(page)));
        if (asked.size() > most) {
            // What is remembered for some seconds may just have been forgotten.
            asked = drawing(Statements.of(() -> get(page)));
        }

        assertThat(asked).isNotEmpty().hasSizeLessThanOrEqualTo(most);
    }

    private static String experiment(int runs) {
        var experiment = Recorded.experiment("statements");
        for (int i = 0; i < runs; i++) {
            run(experiment, 1);
        }
        return experiment;
    }

    private static String run(String experiment, int children) {
        var run =
                Recorded.run(
                        experiment,
                        "parent",
                        Map.of("lr", "0.1"),
                        Map.of("loss", 0.5, "accuracy", 0.9),
                        Map.of("stage", "trial"));
        for (int i = 0; i < children; i++) {
            Recorded.run(
                    experiment,
                    "child",
                    Map.of("lr", "0.2"),
                    Map.of("loss", 0.4),
                    Map.of("mlflow.parentRunId", run));
        }
        return run;
    }

    @Test
    void as_often_for_many_runs_as_for_few_and_then_a_few_times() {
        var few = "/experiments/" + experiment(2);
        var many = "/experiments/" + experiment(12);
        get(few);
        get(many);

        var asked = drawing(Statements.of(() -> get(many)));

        assertThat(asked)
                .isEqualTo(drawing(Statements.of(() -> get(few))))
                .hasSizeLessThanOrEqualTo(14);
    }

    @ParameterizedTest(name = "on a run{0}, at most {1} times")
    @CsvSource({"'', 12", "/charts, 9", "/artifacts, 8"})
    void a_few_times_for_a_run(String tab, int most) {
        var experiment = Recorded.experiment("statements-run");
        var few = "/experiments/%s/runs/%s".formatted(experiment, run(experiment, 1)) + tab;
        var many = "/experiments/%s/runs/%s".formatted(experiment, run(experiment, 12)) + tab;
        get(few);
        get(many);

        var asked = drawing(Statements.of(() -> get(many)));

        assertThat(asked)
                .isEqualTo(drawing(Statements.of(() -> get(few))))
                .hasSizeLessThanOrEqualTo(most);
    }

    /** The newest of a line of versions, each made of many data sets and of the one before. */
    private static String line(String model, int versions) {
        var sets =
                IntStream.range(0, versions * 3).mapToObj(i -> "\"set-%d\"".formatted(i)).toList();
        var bases =
                IntStream.range(0, versions)
                        .mapToObj(i -> "- acme/base-%d\n".formatted(i))
                        .collect(Collectors.joining());
        for (int parent = 0; parent < versions; parent++) {
            given().multiPart("file", "model.onnx", Models.perceptron())
                    .multiPart(
                            "card", "---\nbase_model:\n%s---\n# Card %d".formatted(bases, parent))
                    .multiPart(
                            "parameters",
                            "{\"lineage\":{\"datasets\":%s%s}}"
                                    .formatted(sets, parent == 0 ? "" : ",\"parent\":" + parent))
                    .post("/api/v1/models/{name}/versions", model)
                    .then()
                    .statusCode(201);
        }
        return "/models/%s/versions/%d/lineage".formatted(model, versions);
    }

    @Test
    void as_often_for_a_long_lineage_as_for_a_short_one() {
        var name = "statements-line-" + System.nanoTime();
        var few = line(name + "-few", 1);
        var many = line(name + "-many", 6);
        get(few);
        get(many);

        var asked = drawing(Statements.of(() -> get(many)));

        assertThat(asked)
                .isEqualTo(drawing(Statements.of(() -> get(few))))
                .hasSizeLessThanOrEqualTo(9);
    }

    /** Of what only says who asks and what he may: its answers are kept for a moment. */
    private static final Pattern ACCESS =
            Pattern.compile(
                    "from (access_token|account_session|account|team_member|role_assignment|role_permission"
                            + "|resource_policy|resource_grant)\\b|type = 'memberOf'"
                            + "|^select ref, owner from catalog_entity|^select id, owner from experiment");

    /** What the page itself needs. */
    private static List<String> drawing(List<String> statements) {
        return statements.stream().filter(sql -> !ACCESS.matcher(sql).find()).toList();
    }

    private static void get(String page) {
        assertThat(given().accept("text/html").get(page).statusCode()).isEqualTo(200);
    }
}
