package dev.atelier.experiments;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
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
@DisplayName("The page of an experiment")
class ExperimentPagesTest {

    @Inject Sql sql;

    private static Document page(RequestSpecification by, String address, Object... values) {
        return Jsoup.parse(
                by.accept("text/html")
                        .get(address, values)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    private static Document page(String address, Object... values) {
        return page(given(), address, values);
    }

    private static List<String> names(Document page) {
        return page.select("#rows > tr > th > a:first-child").eachText();
    }

    private static List<String> column(Document page, String title) {
        var heads = page.select("#runs thead th").eachText();
        var at = -1;
        for (int i = 0; i < heads.size(); i++) {
            if (heads.get(i).startsWith(title)) {
                at = i;
            }
        }
        assertThat(at).as(title + " among " + heads).isNotNegative();
        return page.select("#rows > tr > :nth-child(" + (at + 1) + ")").eachText();
    }

    private static String three() {
        var id = Recorded.experiment("three");
        Recorded.run(
                id,
                "first",
                Map.of("depth", "3", "kind", "tree"),
                Map.of("auc", 0.8),
                Map.of("site", "porto"));
        Recorded.run(
                id, "second", Map.of("depth", "5", "kind", "tree"), Map.of("auc", 0.9), Map.of());
        Recorded.run(
                id,
                "third",
                Map.of("depth", "5", "kind", "net"),
                Map.of("auc", Double.NaN),
                Map.of());
        return id;
    }

    @Test
    void shows_what_tells_runs_apart_without_being_asked() {
        var page = page("/experiments/{id}", three());

        assertThat(names(page)).containsExactlyInAnyOrder("first", "second", "third");
        assertThat(column(page, "auc")).containsExactlyInAnyOrder("0.8", "0.9", "NaN");
        assertThat(column(page, "depth")).containsExactlyInAnyOrder("3", "5", "5");
        assertThat(column(page, "State")).containsOnly("Finished");
        assertThat(column(page, "Took")).containsOnly("1 min");
        assertThat(page.select("#runs-h").text()).isEqualTo("3 runs");
    }

    @Test
    void keeps_chosen_columns_order_and_filter_in_its_address() {
        var id = three();
        var page =
                page(
                        given().queryParam("filter", "params.kind = 'tree'")
                                .queryParam("col", "metrics.auc", "tags.site")
                                .queryParam("sort", "-metrics.auc"),
                        "/experiments/{id}",
                        id);

        assertThat(names(page)).containsExactly("second", "first");
        assertThat(page.select("#runs thead th").eachText())
                .containsExactly("Select", "Run", "auc↓", "site");
        assertThat(page.select("th[aria-sort=descending]").text()).startsWith("auc");
        assertThat(page.select("#q-said").text())
                .isEqualTo("Understood: parameter kind is “tree”.");
        var other = page.select("th[aria-sort] a").attr("href");
        assertThat(names(page(given().urlEncodingEnabled(false), other)))
                .containsExactly("first", "second");
    }

    @Test
    void says_at_which_character_a_filter_cannot_be_read() {
        var id = three();
        var page =
                Jsoup.parse(
                        given().accept("text/html")
                                .queryParam("filter", "metrics.auc > high")
                                .get("/experiments/{id}", id)
                                .then()
                                .statusCode(422)
                                .extract()
                                .asString());

        assertThat(page.select("#q-said .error").text()).startsWith("At character 15:");
        assertThat(page.select("#q-said mark").text()).isEqualTo("high");
        assertThat(page.select("#q").val()).isEqualTo("metrics.auc > high");
        assertThat(page.select("#runs").text()).contains("Nothing was looked for");
    }

    @Test
    void has_a_sentence_for_a_filter_that_makes_no_sense() {
        given().accept("text/html")
                .queryParam("filter", "params.depth > 3")
                .get("/experiments/{id}", three())
                .then()
                .statusCode(422)
                .body(containsString("id=\"q-said\""));
    }

    @Test
    void groups_runs_with_the_mean_least_and_greatest_of_their_metrics() {
        var id = three();
        var page =
                page(
                        given().queryParam("group", "params.kind").queryParam("col", "metrics.auc"),
                        "/experiments/{id}",
                        id);

        var rows = page.select("#runs tbody tr");
        assertThat(rows.get(0).text()).isEqualTo("tree 2 0.850.8 to 0.9");
        assertThat(rows.get(1).text()).isEqualTo("net 1");
        var tree = rows.get(0).select("a").attr("href");
        assertThat(names(page(given().urlEncodingEnabled(false), tree)))
                .containsExactlyInAnyOrder("first", "second");
    }

    @Test
    void shows_nested_runs_below_theirs() {
        var id = Recorded.experiment("nested");
        var outer = Recorded.begin(id, "outer", Map.of());
        var inner = Recorded.begin(id, "inner", Map.of("mlflow.parentRunId", outer));
        Recorded.begin(id, "innermost", Map.of("mlflow.parentRunId", inner));
        Recorded.begin(id, "alone", Map.of());

        var page = page("/experiments/{id}", id);

        assertThat(names(page)).hasSize(4).containsSubsequence("outer", "inner", "innermost");
        assertThat(page.select("th.d1").text()).isEqualTo("inner");
        assertThat(page.select("th.d2").text()).isEqualTo("innermost");
        assertThat(page.select("#runs-h").text()).isEqualTo("4 runs");
        // Sorted they stand where they belong, and say what they are part of.
        var sorted = page(given().queryParam("sort", "attributes.status"), "/experiments/{id}", id);
        assertThat(sorted.select("th .sub").eachText()).contains("in outer", "in inner");
    }

    @Test
    void is_not_confused_by_runs_that_say_they_are_in_each_other() {
        var id = Recorded.experiment("circle");
        var outer = Recorded.begin(id, "outer", Map.of());
        var inner = Recorded.begin(id, "inner", Map.of("mlflow.parentRunId", outer));
        given().contentType("application/json")
                .body(Map.of("run_id", outer, "key", "mlflow.parentRunId", "value", inner))
                .post("/api/2.0/mlflow/runs/set-tag")
                .then()
                .statusCode(200);

        assertThat(
                        names(
                                page(
                                        given().queryParam("sort", "-attributes.start_time"),
                                        "/experiments/{id}",
                                        id)))
                .containsExactlyInAnyOrder("outer", "inner");
        page("/experiments/{id}", id);
    }

    @Test
    void goes_on_where_the_first_rows_end() {
        var id = Recorded.experiment("many");
        for (int i = 0; i < 53; i++) {
            Recorded.begin(id, "run " + i, Map.of());
        }
        var first = page("/experiments/{id}", id);
        assertThat(names(first)).hasSize(50);

        var rest = page(given().urlEncodingEnabled(false), first.select("#more a").attr("href"));

        assertThat(names(rest)).hasSize(3).doesNotContainAnyElementsOf(names(first));
        assertThat(rest.select("#runs-h").text()).isEqualTo("53 runs");
    }

    @Test
    void deletes_and_restores_the_runs_that_are_chosen() {
        var id = three();
        var page = page("/experiments/{id}", id);
        var one = page.select("#rows input[name=run]").get(0).val();
        var name = names(page).get(0);
        var back = "/experiments/" + id + "?sort=-metrics.auc";

        given().redirects()
                .follow(false)
                .formParam("run", one)
                .formParam("back", back)
                .post("/experiments/{id}/runs/deletion", id)
                .then()
                .statusCode(303)
                .header("Location", containsString(back));

        assertThat(names(page("/experiments/{id}", id))).hasSize(2).doesNotContain(name);
        var deleted = page(given().queryParam("view", "deleted"), "/experiments/{id}", id);
        assertThat(names(deleted)).containsExactly(name);
        given().redirects()
                .follow(false)
                .formParam("run", one)
                .formParam("back", "https://evil.example/")
                .post("/experiments/{id}/runs/restoration", id)
                .then()
                .statusCode(303)
                .header("Location", not(containsString("evil")));
        assertThat(names(page("/experiments/{id}", id))).hasSize(3);
    }

    @Test
    void gives_the_table_as_a_file_that_no_spreadsheet_runs() {
        var id = Recorded.experiment("csv");
        Recorded.run(
                id,
                "=cmd|' /C calc'!A0",
                Map.of("lr", "-0.5", "formula", "+1+1;x", "quote", "a \"b\", c"),
                Map.of("auc", 0.25),
                Map.of());

        var lines =
                given().get("/experiments/{id}/runs.csv", id)
                        .then()
                        .statusCode(200)
                        .header("Content-Disposition", containsString("attachment"))
                        .extract()
                        .asString()
                        .lines()
                        .toList();

        assertThat(lines.get(0)).contains("metrics.auc").contains("params.lr");
        assertThat(lines.get(1))
                .contains("\"'=cmd|' /C calc'!A0\"")
                .contains("\"-0.5\"")
                .contains("\"'+1+1;x\"")
                .contains("\"a \"\"b\"\", c\"")
                .contains(",0.25,");
    }

    @Test
    void says_how_to_begin_when_there_is_no_run() {
        var page = page("/experiments/{id}", Recorded.experiment("empty"));

        assertThat(page.select(".empty").text())
                .contains("MLFLOW_TRACKING_URI=http", "MLFLOW_TRACKING_TOKEN");
        assertThat(page.select(".empty a[href='/account#tokens']")).isNotEmpty();
    }

    @Test
    void is_made_renamed_deleted_and_restored() {
        var name = "made-" + System.nanoTime();
        var at =
                given().redirects()
                        .follow(false)
                        .formParam("name", name)
                        .post("/experiments")
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        var address = at.substring(at.indexOf("/experiments"));
        given().formParam("name", name)
                .post("/experiments")
                .then()
                .statusCode(422)
                .body(containsString("already exists"));
        send(address + "/name", "name", name + "-2");
        send(address + "/note", "note", "Why **this**");
        var page = page(address + "/about");
        assertThat(page.select("h1").text()).isEqualTo(name + "-2");
        assertThat(page.select(".prose strong").text()).isEqualTo("this");

        send(address + "/deletion", "sure", "yes");

        assertThat(names(page(given().queryParam("q", name), "/experiments"))).isEmpty();
        assertThat(
                        names(
                                page(
                                        given().queryParam("q", name).queryParam("view", "deleted"),
                                        "/experiments")))
                .containsExactly(name + "-2");
        send(address + "/restoration", "sure", "yes");
        assertThat(names(page(given().queryParam("q", name), "/experiments")))
                .containsExactly(name + "-2");
    }

    private static void send(String address, String key, String value) {
        given().redirects()
                .follow(false)
                .formParam(key, value)
                .post(address)
                .then()
                .statusCode(303);
    }

    @Test
    void lets_those_look_who_may_and_those_change_whose_it_is() {
        var id = three();
        var ines = Person.named("ines").with("data-scientist");

        var page = page(ines.asks(), "/experiments/{id}", id);

        assertThat(names(page)).hasSize(3);
        assertThat(page.select("button[formaction]")).isEmpty();
        ines.asks()
                .formParam("name", "mine now")
                .post("/experiments/{id}/name", id)
                .then()
                .statusCode(403);
        var run = page.select("#rows input[name=run]").get(0).val();
        ines.asks()
                .formParam("run", run)
                .post("/experiments/{id}/runs/deletion", id)
                .then()
                .statusCode(403);
        // Nor through an experiment of her own.
        var own =
                ines.asks()
                        .formParam("name", "hers-" + id)
                        .post("/experiments")
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        ines.asks()
                .formParam("run", run)
                .post(own.substring(own.indexOf("/experiments")) + "/runs/deletion")
                .then()
                .statusCode(404);
        assertThat(names(page("/experiments/{id}", id))).hasSize(3);
    }

    @Test
    void is_not_there_for_those_it_is_hidden_from() {
        var id = three();
        var run = page("/experiments/{id}", id).select("#rows input[name=run]").get(0).val();
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by)
                values (?, 'restricted', 'test')
                """,
                "experiment:default/" + id);
        var ines = Person.named("ines").with("data-scientist");
        Awaitility.await()
                .until(
                        () ->
                                ines.asks()
                                                .accept("text/html")
                                                .get("/experiments/{id}", id)
                                                .statusCode()
                                        == 404);

        var hidden = ines.asks().accept("text/html").get("/experiments/{id}", id).asString();
        var missing = ines.asks().accept("text/html").get("/experiments/{id}", "999999").asString();
        assertThat(words(hidden, id)).isEqualTo(words(missing, "999999"));
        ines.asks()
                .accept("text/html")
                .queryParam("run", run)
                .get("/experiments/compare")
                .then()
                .statusCode(404);
        ines.asks()
                .accept("text/html")
                .get("/experiments/{id}/runs/{run}", id, run)
                .then()
                .statusCode(404);
        // What is reserved is kept for a second.
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(
                                                page(ines.asks(), "/experiments")
                                                        .select("#rows a")
                                                        .eachAttr("href"))
                                        .isNotEmpty()
                                        .doesNotContain("/experiments/" + id));
    }

    private static String words(String html, String id) {
        return Jsoup.parse(html)
                .select("main")
                .text()
                .replace("\"" + id + "\"", "\"N\"")
                .replaceAll("[0-9a-f]{8}", "R");
    }
}
