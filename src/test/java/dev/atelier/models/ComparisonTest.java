package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The differences of two versions")
class ComparisonTest {

    @Inject Sql sql;

    /** Logs it as MLflow's clients do; answers its id. */
    private static String run(
            String experiment, Map<String, Double> metrics, Map<String, String> params) {
        String id =
                given().contentType("application/json")
                        .body(Map.of("experiment_id", experiment, "start_time", 1))
                        .post("/api/2.0/mlflow/runs/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("run.info.run_id");
        given().contentType("application/json")
                .body(
                        Map.of(
                                "run_id",
                                id,
                                "metrics",
                                metrics.entrySet().stream()
                                        .map(
                                                m ->
                                                        Map.of(
                                                                "key",
                                                                m.getKey(),
                                                                "value",
                                                                m.getValue(),
                                                                "timestamp",
                                                                1,
                                                                "step",
                                                                0))
                                        .toList(),
                                "params",
                                params.entrySet().stream()
                                        .map(p -> Map.of("key", p.getKey(), "value", p.getValue()))
                                        .toList()))
                .post("/api/2.0/mlflow/runs/log-batch")
                .then()
                .statusCode(200);
        return id;
    }

    private static String experiment(String name) {
        return given().contentType("application/json")
                .body(Map.of("name", name))
                .post("/api/2.0/mlflow/experiments/create")
                .then()
                .statusCode(200)
                .extract()
                .path("experiment_id");
    }

    private static Bundle version(String name, String card) {
        return Bundle.of("model.onnx", Onnx.identity(name)).text("card", card);
    }

    private static String from(String run) {
        return "{\"lineage\":{\"run\":\"%s\"}}".formatted(run);
    }

    private static Document page(String model) {
        return Jsoup.parse(given().get("/models/{m}/versions/2?against=1", model).asString());
    }

    private static List<String> cells(Document page, String table) {
        return page.select("[aria-label='%s, table'] tbody tr".formatted(table)).eachText();
    }

    @Test
    void are_those_of_the_runs_that_made_them() {
        var experiment = experiment("differences");
        var first =
                run(experiment, Map.of("auc", 0.9, "loss", 0.3), Map.of("depth", "3", "seed", "1"));
        var second =
                run(experiment, Map.of("auc", 0.925, "f1", 0.8), Map.of("depth", "5", "seed", "1"));
        version("runs", "# One").text("parameters", from(first)).post("diff-runs");
        version("runs-2", "# Two").text("parameters", from(second)).post("diff-runs");

        var page = page("diff-runs");

        assertThat(cells(page, "Metrics"))
                .containsExactly("auc 0.9 0.925 +0.025", "f1 none 0.8", "loss 0.3 none");
        assertThat(cells(page, "Parameters")).containsExactly("depth 3 5");
        assertThat(page.text()).contains("of the runs that made them; 1 the same");
    }

    @Test
    void are_those_of_files_with_sizes_and_digests_and_of_cards() {
        version("files", "# A card\nIt is good.")
                .file("gone.txt", "x".getBytes(UTF_8))
                .post("diff-files");
        var changed =
                version("files-2", "# A card\nIt is better.")
                        .file("new.txt", "yy".getBytes(UTF_8))
                        .post("diff-files");
        assertThat(changed.state()).isEqualTo("READY");

        var page = page("diff-files");

        assertThat(cells(page, "Files"))
                .anyMatch(row -> row.matches("gone.txt 1 byte none removed"))
                .anyMatch(row -> row.matches("model.onnx .* [0-9a-f]{8}… to [0-9a-f]{8}…"))
                .anyMatch(row -> row.matches("new.txt none 2 bytes added, [0-9a-f]{8}…"));
        assertThat(page.select("del").text()).contains("It is good.");
        assertThat(page.select("ins").text()).contains("It is better.");
        assertThat(page.text()).contains("The same: callers need no change.");
    }

    @Test
    void hide_what_a_run_of_a_hidden_experiment_logged() {
        var owner = Person.named("owner").with("data-scientist");
        var stranger = Person.named("stranger").with("developer");
        String experiment =
                owner.asks()
                        .contentType("application/json")
                        .body(Map.of("name", "hidden " + owner.name()))
                        .post("/api/2.0/mlflow/experiments/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("experiment_id");
        var run = run(experiment, Map.of("secret_metric", 0.5), Map.of("secret_param", "7"));
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "insert into resource_policy (resource, visibility, changed_by) values (?, 'restricted', 'x')",
                                        "experiment:default/" + experiment));
        version("hidden", "# One").text("parameters", from(run)).post("diff-hidden");
        version("hidden-2", "# Two").post("diff-hidden");

        // A policy written past the portal counts as soon as what it knew before is a second old.
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(
                                                stranger.asks()
                                                        .accept("text/html")
                                                        .get(
                                                                "/models/diff-hidden/versions/2?against=1")
                                                        .then()
                                                        .statusCode(200)
                                                        .extract()
                                                        .asString())
                                        .doesNotContain("secret_metric")
                                        .doesNotContain("secret_param"));
        Awaitility.await()
                .until(
                        () ->
                                owner.asks()
                                        .accept("text/html")
                                        .get("/models/diff-hidden/versions/2?against=1")
                                        .asString()
                                        .contains("secret_metric"));
    }
}
