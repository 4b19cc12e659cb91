package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.experiments.Recorded;
import dev.atelier.identity.Access;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The lineage of a version")
class LineageTest {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final String SHA = "0123456789abcdef0123456789abcdef01234567";

    @Inject Sql sql;
    @Inject Access access;

    private String model;
    private String experiment;

    @BeforeEach
    void a_name() {
        model = "descended-" + COUNT.incrementAndGet();
        experiment = Recorded.experiment("lineage");
    }

    private static void version(String model, String parameters) {
        var made =
                Bundle.of("model.onnx", Onnx.identity("files-" + COUNT.incrementAndGet()))
                        .file("requirements.txt", "onnx\n".getBytes(UTF_8))
                        .text("card", "---\nbase_model: acme/tiny-bert\n---\n# A card")
                        .text("parameters", parameters)
                        .post(model);
        assertThat(made.state()).isEqualTo("READY");
    }

    /** A run in another, of code on a known host, that read two data sets and left packages. */
    private String run() {
        var parent = Recorded.run(experiment, "sweep", Map.of(), Map.of(), Map.of());
        var run =
                Recorded.run(
                        experiment,
                        "trial 7",
                        Map.of("depth", "3"),
                        Map.of("auc", 0.9),
                        Map.of(
                                "mlflow.parentRunId",
                                parent,
                                "mlflow.source.git.commit",
                                SHA,
                                "mlflow.source.git.repoURL",
                                "git@github.com:acme/churn.git",
                                "mlflow.source.name",
                                "train.py"));
        given().contentType("application/json")
                .body(
                        Map.of(
                                "run_id",
                                run,
                                "datasets",
                                List.of(read("customers"), read("elsewhere"))))
                .post("/api/2.0/mlflow/runs/log-inputs")
                .then()
                .statusCode(200);
        given().body("scikit-learn\n".getBytes(UTF_8))
                .put(
                        "/api/2.0/mlflow-artifacts/artifacts/{e}/{r}/artifacts/model/requirements.txt",
                        experiment,
                        run)
                .then()
                .statusCode(200);
        return run;
    }

    private static Map<String, Object> read(String name) {
        return Map.of(
                "tags",
                List.of(Map.of("key", "mlflow.data.context", "value", "training")),
                "dataset",
                Map.of(
                        "name", name,
                        "digest", "f00d",
                        "source_type", "local",
                        "source", "{}"));
    }

    private static Document page(Person person, String model, int number) {
        var asks = person == null ? given() : person.asks();
        return Jsoup.parse(
                asks.accept("text/html")
                        .get("/models/{m}/versions/{v}/lineage", model, number)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    private static List<String> steps(Document page) {
        page.select("[aria-label='Lineage table'] .sub").remove();
        return page.select("[aria-label='Lineage table'] tbody tr").eachText();
    }

    @Test
    void is_its_data_code_packages_runs_and_base_in_one_graph() {
        var run = run();
        version(model, "{\"lineage\":{\"run\":\"%s\"}}".formatted(run));

        var page = page(null, model, 1);

        assertThat(steps(page))
                .contains(
                        "trial 7 made %s v1".formatted(model),
                        "customers was read by trial 7",
                        "elsewhere was read by trial 7",
                        "0123456789 was run by trial 7",
                        "model/requirements.txt was installed for trial 7",
                        "sweep started trial 7",
                        "acme/tiny-bert was tuned to %s v1".formatted(model),
                        "%s v1 answers in Sandbox".formatted(model));
        assertThat(page.select("svg.lineage a").eachAttr("href"))
                .contains(
                        "https://github.com/acme/churn/commit/" + SHA,
                        "/experiments/%s/runs/%s".formatted(experiment, run),
                        "/experiments/%s/runs/%s/artifacts?path=model/requirements.txt"
                                .formatted(experiment, run));
        assertThat(page.select(".lineage-narrow").text()).contains("training data, digest f00d");
        assertThat(page.select("#again").text())
                .contains("git checkout " + SHA)
                .contains("python train.py");
    }

    @Test
    void follows_versions_back_and_forth() {
        for (var parent : new int[] {0, 1, 2, 2}) {
            version(model, parent == 0 ? "{}" : "{\"lineage\":{\"parent\":%d}}".formatted(parent));
        }
        given().contentType("application/json")
                .body(Map.of("name", model + "-copy"))
                .post("/api/2.0/mlflow/registered-models/create")
                .then()
                .statusCode(200);
        given().contentType("application/json")
                .body(Map.of("name", model + "-copy", "source", "models:/%s/2".formatted(model)))
                .post("/api/2.0/mlflow/model-versions/create")
                .then()
                .statusCode(200);

        assertThat(steps(page(null, model, 2)))
                .contains(
                        "%1$s v1 was trained further to %1$s v2".formatted(model),
                        "%1$s v2 was trained further to %1$s v3".formatted(model),
                        "%1$s v2 was trained further to %1$s v4".formatted(model),
                        "%1$s v2 was copied to %1$s-copy v1".formatted(model));
        assertThat(steps(page(null, model + "-copy", 1)))
                .contains(
                        "%1$s v2 was copied to %1$s-copy v1".formatted(model),
                        "%1$s v1 was trained further to %1$s v2".formatted(model));
    }

    @Test
    void ends_after_some_generations_and_says_so() {
        for (int parent = 0; parent < 7; parent++) {
            version(model, parent == 0 ? "{}" : "{\"lineage\":{\"parent\":%d}}".formatted(parent));
        }

        var steps = steps(page(null, model, 7));

        assertThat(steps)
                .contains(
                        "%1$s v3 was trained further to %1$s v4".formatted(model),
                        "Further versions was trained further to %s v3".formatted(model))
                .noneMatch(step -> step.startsWith(model + " v2 "));
    }

    @Test
    void draws_a_few_of_many_and_lists_the_others() {
        var names = IntStream.range(0, 20).mapToObj(i -> "\"set-%d\"".formatted(i)).toList();
        version(model, "{\"lineage\":{\"datasets\":%s}}".formatted(names));

        var page = page(null, model, 1);

        assertThat(page.select("svg.lineage").text())
                .contains("16 more")
                .contains("in the table below");
        assertThat(page.select("svg.lineage g").size()).isLessThan(14);
        assertThat(steps(page)).contains("set-19 was read by %s v1".formatted(model));
    }

    @Test
    void says_that_there_is_a_run_which_one_may_not_see_but_not_which() {
        var run = run();
        version(model, "{\"lineage\":{\"run\":\"%s\"}}".formatted(run));
        var stranger = Person.named("stranger").with("developer");
        hide("experiment:default/" + experiment);

        Awaitility.await()
                .untilAsserted(
                        () -> {
                            var page = page(stranger, model, 1);
                            assertThat(steps(page)).contains("A run made %s v1".formatted(model));
                            assertThat(page.select("#main").html())
                                    .doesNotContain("trial 7")
                                    .doesNotContain(run)
                                    .doesNotContain(SHA)
                                    .doesNotContain("sweep")
                                    .contains("not shown to you");
                        });
    }

    @Test
    void does_not_name_the_versions_of_hidden_models() {
        version(model, "{}");
        given().contentType("application/json")
                .body(Map.of("name", model + "-secret"))
                .post("/api/2.0/mlflow/registered-models/create");
        given().contentType("application/json")
                .body(Map.of("name", model + "-secret", "source", "models:/%s/1".formatted(model)))
                .post("/api/2.0/mlflow/model-versions/create")
                .then()
                .statusCode(200);
        var stranger = Person.named("stranger").with("developer");
        hide("model:default/" + model + "-secret");

        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(page(stranger, model, 1).select("#main").html())
                                        .doesNotContain("secret")
                                        .contains("of models not shown to you"));
    }

    /** What must be named to nobody who may not see it, and where it is named otherwise. */
    private record Secrets(String run, String logged, String dataSet, List<String> addresses) {}

    /**
     * A version of a run, a logged model and a data set, and a run that names all three, of which
     * only that run and the version are for everybody.
     */
    private Secrets secrets() {
        var hidden = Recorded.experiment("hidden");
        var maker = Recorded.run(hidden, "the maker", Map.of(), Map.of("auc", 0.8), Map.of());
        var dataSet = "salaries-" + model;
        var logged = logged(hidden, maker);
        var run =
                Recorded.run(
                        experiment,
                        "open",
                        Map.of(),
                        Map.of("auc", 0.9),
                        Map.of("mlflow.parentRunId", maker));
        var other = Recorded.run(experiment, "other", Map.of(), Map.of("auc", 0.7), Map.of());
        mlflow(
                "runs/log-inputs",
                Map.of(
                        "run_id",
                        run,
                        "datasets",
                        List.of(read(dataSet), read("customers")),
                        "models",
                        List.of(Map.of("model_id", logged))));
        var shared = logged(experiment, maker);
        mlflow(
                "runs/outputs",
                Map.of(
                        "run_id",
                        run,
                        "models",
                        List.of(
                                Map.of("model_id", shared, "step", 1),
                                Map.of("model_id", logged, "step", 1))));
        mlflow(
                "runs/log-metric",
                Map.of(
                        "run_id",
                        maker,
                        "model_id",
                        shared,
                        "key",
                        "rmse",
                        "value",
                        0.25,
                        "timestamp",
                        1,
                        "dataset_name",
                        dataSet,
                        "dataset_digest",
                        "f00d"));
        version(
                model,
                "{\"lineage\":{\"run\":\"%s\",\"loggedModel\":\"%s\",\"datasets\":[\"%s\"]}}"
                        .formatted(maker, logged, dataSet));
        hide("experiment:default/" + hidden);
        hide("dataset:default/" + dataSet);
        return new Secrets(
                maker,
                logged,
                dataSet,
                List.of(
                        "/models/%s/versions/1".formatted(model),
                        "/models/%s/versions/1/lineage".formatted(model),
                        "/api/v1/models/%s/versions/1".formatted(model),
                        "/api/v1/models/%s/versions".formatted(model),
                        "/api/2.0/mlflow/model-versions/get?version=1&name=" + model,
                        "/api/2.0/mlflow/model-versions/search?filter=name%3D'" + model + "'",
                        "/api/2.0/mlflow/registered-models/get?name=" + model,
                        "/api/2.0/mlflow/registered-models/get-latest-versions?name=" + model,
                        "/api/2.0/mlflow/runs/get?run_id=" + run,
                        "/api/2.0/mlflow/logged-models/" + shared,
                        "/experiments/%s".formatted(experiment),
                        "/experiments/%s?nested=no".formatted(experiment),
                        "/experiments/%s/runs/%s".formatted(experiment, run),
                        "/experiments/compare?run=%s&run=%s".formatted(run, other)));
    }

    private static String logged(String experiment, String run) {
        return given().contentType("application/json")
                .body(Map.of("experiment_id", experiment, "name", "lm", "source_run_id", run))
                .post("/api/2.0/mlflow/logged-models")
                .then()
                .statusCode(200)
                .extract()
                .path("model.info.model_id");
    }

    private static void mlflow(String call, Map<String, ?> body) {
        given().contentType("application/json")
                .body(body)
                .post("/api/2.0/mlflow/" + call)
                .then()
                .statusCode(200);
    }

    private static String text(RequestSpecification asks, String address) {
        var answer =
                asks.accept(address.startsWith("/api/") ? "application/json" : "text/html")
                        .urlEncodingEnabled(false)
                        .get(address);
        assertThat(answer.statusCode()).as(address).isEqualTo(200);
        return answer.asString();
    }

    @Test
    void names_nothing_hidden_on_any_page_and_in_no_answer() {
        var secrets = secrets();
        var named =
                secrets.addresses.stream()
                        .filter(
                                address -> {
                                    var text = text(given(), address);
                                    return text.contains(secrets.run)
                                            || text.contains(secrets.logged)
                                            || text.contains(secrets.dataSet)
                                            || text.contains("the maker");
                                })
                        .toList();
        assertThat(named).hasSizeGreaterThanOrEqualTo(secrets.addresses.size() - 2);

        var stranger = Person.named("stranger").with("developer");

        for (var address : secrets.addresses) {
            assertThat(text(stranger.asks(), address))
                    .as(address)
                    .doesNotContain(secrets.run)
                    .doesNotContain(secrets.logged)
                    .doesNotContain(secrets.dataSet)
                    .doesNotContain("the maker");
        }
        assertThat(text(stranger.asks(), secrets.addresses.get(2)))
                .contains("a run you may not see")
                .contains("a logged model you may not see")
                .contains("a data set you may not see");
        assertThat(
                        Jsoup.parse(text(stranger.asks(), secrets.addresses.get(12)))
                                .select("main")
                                .text())
                .contains("A logged model you may not see")
                .contains("a data set you may not see");
        assertThat(
                        Jsoup.parse(text(stranger.asks(), secrets.addresses.getFirst()))
                                .select("section:has(#li)")
                                .text())
                .contains("a run you may not see");
    }

    @Test
    void leads_no_search_to_what_is_hidden() {
        var secrets = secrets();
        var stranger = Person.named("stranger").with("developer");
        for (var filter :
                List.of(
                        "datasets.name LIKE 'salaries%'",
                        "datasets.name = '%s'".formatted(secrets.dataSet))) {
            var question = Map.of("experiment_ids", List.of(experiment), "filter", filter);
            assertThat(found(given(), "runs/search", question, "runs")).hasSize(1);
            assertThat(found(stranger.asks(), "runs/search", question, "runs")).isEmpty();
        }
        var sets = Map.of("experiment_ids", List.of(experiment));
        assertThat(found(given(), "experiments/search-datasets", sets, "dataset_summaries.name"))
                .contains(secrets.dataSet, "customers");
        assertThat(
                        found(
                                stranger.asks(),
                                "experiments/search-datasets",
                                sets,
                                "dataset_summaries.name"))
                .isEqualTo(List.of("customers"));
        for (var filter :
                List.of(
                        "run_id LIKE '%s%%'".formatted(secrets.run.substring(0, 8)),
                        "run_id = '%s'".formatted(secrets.run))) {
            assertThat(versions(given(), filter)).containsExactly(model);
            assertThat(versions(stranger.asks(), filter)).isEmpty();
        }
    }

    @Test
    void does_not_name_the_hidden_model_that_a_version_was_copied_from() {
        var secret = model + "-secret";
        version(secret, "{}");
        mlflow("registered-models/create", Map.of("name", model + " Copied"));
        mlflow(
                "model-versions/create",
                Map.of("name", model + " Copied", "source", "models:/%s/1".formatted(secret)));
        var addresses =
                List.of(
                        "/api/2.0/mlflow/model-versions/get?version=1&name=" + model + "%20Copied",
                        "/models/%s-copied/versions/1/lineage".formatted(model));
        addresses.forEach(address -> assertThat(text(given(), address)).contains(secret));
        hide("model:default/" + secret);
        var stranger = Person.named("stranger").with("developer");

        for (var address : addresses) {
            assertThat(text(stranger.asks(), address)).as(address).doesNotContain(secret);
        }
        assertThat(text(stranger.asks(), addresses.getFirst()))
                .contains("mlflow-artifacts:/registry/");
    }

    private static List<Object> found(
            RequestSpecification asks, String call, Map<String, ?> question, String path) {
        List<Object> found =
                asks.contentType("application/json")
                        .body(question)
                        .post("/api/2.0/mlflow/" + call)
                        .then()
                        .statusCode(200)
                        .extract()
                        .path(path);
        return found;
    }

    private static List<String> versions(RequestSpecification asks, String filter) {
        return asks.queryParam("filter", filter)
                .get("/api/2.0/mlflow/model-versions/search")
                .then()
                .statusCode(200)
                .extract()
                .path("model_versions.name");
    }

    private void hide(String ref) {
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            sql.update(
                                    "insert into resource_policy (resource, visibility, changed_by) values (?, 'restricted', 'x')",
                                    ref);
                            access.forget(ref);
                        });
    }

    @Test
    void is_on_the_page_of_the_version_and_one_step_from_the_run() {
        var run = run();
        version(model, "{\"lineage\":{\"run\":\"%s\"}}".formatted(run));
        var address = "/models/%s/versions/1".formatted(model);

        var version = Jsoup.parse(given().get(address).asString());
        var made =
                Jsoup.parse(given().get("/experiments/{e}/runs/{r}", experiment, run).asString());

        assertThat(version.select("#lineage").attr("hx-get")).isEqualTo(address + "/lineage");
        assertThat(version.select("#lineage a").attr("href")).isEqualTo(address + "/lineage");
        assertThat(made.select("main a[href$='/lineage']").attr("href"))
                .isEqualTo(address + "/lineage");
    }

    @Test
    void leads_from_the_run_to_its_versions_aliases_and_their_promotion() {
        var run = run();
        version(model, "{\"lineage\":{\"run\":\"%s\"},\"aliases\":[\"candidate\"]}".formatted(run));
        var address = "/experiments/%s/runs/%s".formatted(experiment, run);
        var reader = Person.named("reader").with("developer");

        var mine = Jsoup.parse(given().accept("text/html").get(address).asString());
        var theirs = Jsoup.parse(reader.asks().accept("text/html").get(address).asString());

        assertThat(mine.select("a:contains(Promote)").attr("href"))
                .isEqualTo("/models/%s/versions/1/promotion?alias=champion".formatted(model));
        assertThat(mine.select("[aria-labelledby=ve-h] .tag").eachText()).contains("candidate");
        assertThat(theirs.select("[aria-labelledby=ve-h] .tag").eachText()).contains("candidate");
        assertThat(theirs.select("a:contains(Promote)")).isEmpty();
    }
}
