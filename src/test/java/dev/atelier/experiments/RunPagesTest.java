package dev.atelier.experiments;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The page of a run")
class RunPagesTest {

    @Inject Curves curves;

    private String experiment;
    private String run;

    @BeforeEach
    void a_run() {
        experiment = Recorded.experiment("runs");
        run =
                Recorded.begin(
                        experiment,
                        "warm-start",
                        Map.of(
                                "mlflow.source.name",
                                "/home/ines/penguins/train.py",
                                "mlflow.source.git.commit",
                                "8be01f77",
                                "site",
                                "porto"));
    }

    private Document page(RequestSpecification by, String below) {
        return Jsoup.parse(
                by.accept("text/html")
                        .get("/experiments/%s/runs/%s%s".formatted(experiment, run, below))
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    private Document page(String below) {
        return page(given(), below);
    }

    private void send(String below, Map<String, String> form) {
        given().redirects()
                .follow(false)
                .formParams(form)
                .post("/experiments/%s/runs/%s%s".formatted(experiment, run, below))
                .then()
                .statusCode(303);
    }

    @Test
    void says_what_was_recorded() {
        Recorded.history(run, "loss", 0.9, 0.2, 0.4);
        var page = page("");

        assertThat(page.select("h1").text()).isEqualTo("warm-start");
        assertThat(page.select(".title-block .cells").text())
                .contains("Running", "train.py", "8be01f77", "ines");
        assertThat(page.select("[aria-label='Metrics, table'] tbody td").eachText())
                .containsExactly("0.4", "0.2", "0.9", "2", "3");
        assertThat(page.select("#again").text())
                .contains("git checkout 8be01f77")
                .contains("python train.py");
        assertThat(page.select("#tags").text()).contains("site", "porto");
    }

    @Test
    void says_what_is_missing_to_do_it_again() {
        run = Recorded.begin(experiment, "bare", Map.of());

        assertThat(page("").select("footer").text())
                .contains("Not recorded: the Git commit", "an environment", "which file was run");
    }

    @Test
    void quotes_what_its_client_said_before_it_becomes_a_command() {
        run =
                Recorded.begin(
                        experiment,
                        "hostile",
                        Map.of(
                                "mlflow.source.name", "x'; rm -rf ~ #.py",
                                "mlflow.source.git.commit", "$(reboot)"));

        assertThat(page("").select("#again").text())
                .contains("git checkout '$(reboot)'")
                .contains("python 'x'\\''; rm -rf ~ #.py'");
    }

    @Test
    void takes_notes_tags_and_a_name_from_those_whose_it_is() {
        send("/note", Map.of("note", "It was **late**. <script>alert(1)</script>"));
        send("/tags", Map.of("key", "reviewed", "value", "yes"));
        send("/tags/removal", Map.of("key", "site"));
        send("/name", Map.of("name", "late-start"));

        var page = page("");

        assertThat(page.select("#note .prose strong").text()).isEqualTo("late");
        assertThat(page.select("#note script")).isEmpty();
        assertThat(page.select("#tags > dl").text())
                .isEqualTo("reviewed yes Remove the tag reviewed");
        assertThat(page.select("h1").text()).isEqualTo("late-start");
        given().get("/api/v1/audit?resource=experiment:default/" + experiment)
                .then()
                .statusCode(200)
                .body(containsString("run.annotate"));
        var stranger = Person.named("ines").with("data-scientist");
        stranger.asks()
                .formParam("note", "mine")
                .post("/experiments/%s/runs/%s/note".formatted(experiment, run))
                .then()
                .statusCode(403);
        assertThat(page(stranger.asks(), "").select("main form[method=post]")).isEmpty();
    }

    @Test
    void refuses_a_tag_that_cannot_be_and_says_so() {
        given().formParam("key", "../up")
                .formParam("value", "x")
                .post("/experiments/%s/runs/%s/tags".formatted(experiment, run))
                .then()
                .statusCode(422)
                .body(containsString("Nothing was changed"));
    }

    @Test
    void draws_charts_and_has_their_numbers_in_a_table() {
        Recorded.history(run, "loss", 1, 0.5, 0.25);
        Recorded.history(run, "system/cpu", 10, 20);

        var page = page("/charts");

        assertThat(page.select("#charts h2").eachText()).containsExactly("loss");
        assertThat(page.select("svg.plot").attr("aria-label"))
                .isEqualTo("loss by step. loss from 1 to 0.25, lowest 0.25, highest 1");
        assertThat(page.select(".as-table tbody tr").eachText())
                .containsExactly("0 1", "1 0.5", "2 0.25");
        assertThat(page("/system").select("#charts h2").eachText()).containsExactly("system/cpu");
    }

    @Test
    void smooths_as_the_address_says() {
        Recorded.history(run, "loss", 1, 0, 1, 0);

        var page = page(given().queryParam("smooth", 50), "/charts");

        // 1; (½·1 + ½·0 …) corrected for the beginning: 1, 1/3, 5/7, 1/3.
        var path = page.select("svg.plot path.ln:not(.faint)").attr("d");
        var ys = path.substring(1).split("L");
        assertThat(ys).hasSize(4);
        double first = y(ys[0]);
        double zero = y(page.select("svg.plot path.faint").attr("d").split("L")[1]);
        assertThat(zero - y(ys[1])).isCloseTo((zero - first) / 3, within(1.0));
        assertThat(zero - y(ys[2])).isCloseTo((zero - first) * 5 / 7, within(1.0));
    }

    private static double y(String point) {
        return Double.parseDouble(point.replaceAll("^M", "").split(" ")[1]);
    }

    @Test
    void leaves_out_what_a_logarithmic_axis_has_no_place_for_and_says_so() {
        Recorded.history(run, "loss", 1, 0, 100);

        var page = page(given().queryParam("y", "log"), "/charts");

        assertThat(page.select("#charts").text()).contains("Values that are not above zero");
        assertThat(page.select("svg.plot path.ln").attr("d").split("L")).hasSize(2);
    }

    @Test
    void draws_over_time_what_has_one_step_only() {
        for (int i = 0; i < 3; i++) {
            given().contentType("application/json")
                    .body(
                            Map.of(
                                    "run_id",
                                    run,
                                    "key",
                                    "acc",
                                    "value",
                                    i,
                                    "step",
                                    0,
                                    "timestamp",
                                    1_700_000_000_000L + i * 60_000))
                    .post("/api/2.0/mlflow/runs/log-metric")
                    .then()
                    .statusCode(200);
        }

        var page = page("/charts");

        assertThat(page.select("#charts header p").text()).isEqualTo("Time since the first point");
        assertThat(page.select(".as-table tbody tr").eachText())
                .containsExactly("0 ms 0", "1 min 1", "2 min 2");
    }

    @Test
    void reduces_long_histories_without_losing_their_extremes() {
        var values = IntStream.range(0, 5_000).mapToDouble(i -> Math.sin(i / 50.0)).toArray();
        values[2_345] = 77;
        values[2_346] = -77;
        values[4_999] = Double.NaN;
        Recorded.history(run, "loss", values);

        var buckets =
                curves.of(
                        java.util.List.of(Ids.of(run).orElseThrow()),
                        java.util.List.of("loss"),
                        100);

        assertThat(buckets).hasSize(101);
        assertThat(buckets.getFirst().step()).isZero();
        assertThat(buckets.stream().mapToLong(Curves.Bucket::points).sum()).isEqualTo(4_999);
        assertThat(buckets.stream().mapToDouble(Curves.Bucket::greatest).max()).hasValue(77);
        assertThat(buckets.stream().mapToDouble(Curves.Bucket::least).min()).hasValue(-77);
        assertThat(buckets.getLast().last()).isEqualTo(values[4_998]);
        assertThat(buckets)
                .isSortedAccordingTo(java.util.Comparator.comparingLong(Curves.Bucket::step));
    }

    @Test
    void draws_steps_as_far_apart_as_numbers_go() {
        for (long step : new long[] {Long.MIN_VALUE, 0, Long.MAX_VALUE}) {
            given().contentType("application/json")
                    .body(
                            "{\"run_id\": \"%s\", \"key\": \"far\", \"value\": 1e308, \"step\": %d, \"timestamp\": %d}"
                                    .formatted(run, step, Math.max(0, step)))
                    .post("/api/2.0/mlflow/runs/log-metric")
                    .then()
                    .statusCode(200);
        }

        assertThat(page("/charts").select("svg.plot path.ln").attr("d")).doesNotContain("NaN");
        page(given().queryParam("x", "time"), "/charts");
        page("");
    }

    @Test
    void hands_out_a_whole_history_as_a_file() {
        Recorded.history(run, "loss", 0.5, Double.NaN);

        var text =
                given().queryParam("key", "loss")
                        .get("/experiments/%s/runs/%s/history.csv".formatted(experiment, run))
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();

        assertThat(text.lines())
                .containsExactly(
                        "step,timestamp,value", "0,1700000000000,0.5", "1,1700000001000,NaN");
    }

    // Files ---------------------------------------------------------------------------------------

    private Document file(String path, byte[] bytes) {
        Recorded.file(experiment, run, path, bytes);
        return page(given().queryParam("path", path), "/artifacts");
    }

    private Document file(String path, String text) {
        return file(path, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shows_tables_text_and_markdown_of_files() {
        assertThat(file("out/a.csv", "x,y\n1,\"two, 2\"\n").select(".data tr").eachText())
                .containsExactly("x y", "1 two, 2");
        assertThat(
                        file("t.json", "{\"columns\": [\"a\"], \"data\": [[1], [{\"b\": 2}]]}")
                                .select(".data tr")
                                .eachText())
                .containsExactly("a", "1", "{\"b\":2}");
        assertThat(file("conda.yaml", "name: x\n").select(".code pre").text()).isEqualTo("name: x");
        var prose = file("notes.md", "# Read\n\n<script>alert(1)</script>\n\n*me*");
        assertThat(prose.select(".prose em").text()).isEqualTo("me");
        assertThat(prose.select(".prose script")).isEmpty();
        assertThat(page("/artifacts").select(".files a").eachText())
                .containsExactly("out/", "conda.yaml", "notes.md", "t.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"report.html", "drawing.svg", "picture.png", "code.js", "feed.xml"})
    void never_hands_to_the_browser_what_it_would_run(String path) {
        var attack =
                "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>";
        var page = file(path, attack);

        assertThat(page.select("main svg[onload], main script, main img, main iframe, main object"))
                .isEmpty();
        var at = "/experiments/%s/runs/%s/".formatted(experiment, run);
        given().queryParam("path", path)
                .get(at + "file")
                .then()
                .statusCode(200)
                .header("Content-Disposition", startsWith("attachment"))
                .header("Content-Type", "application/octet-stream")
                .header("X-Content-Type-Options", "nosniff");
        given().queryParam("path", path).get(at + "picture").then().statusCode(404);
    }

    @Test
    void shows_pictures_that_are_pictures() throws IOException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB), "png", bytes);

        var page = file("plots/confusion.svg", bytes.toByteArray());

        var source = page.select("img.picture").attr("src");
        given().urlEncodingEnabled(false)
                .get(source)
                .then()
                .statusCode(200)
                .header("Content-Type", startsWith("image/png"))
                .header("X-Content-Type-Options", "nosniff");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../up", "a/../../b", "%2e%2e/x", "..\\x", "a//b"})
    void has_no_file_outside_its_own(String path) {
        for (var part : new String[] {"artifacts", "file", "picture"}) {
            given().accept("text/html")
                    .queryParam("path", path)
                    .get("/experiments/%s/runs/%s/%s".formatted(experiment, run, part))
                    .then()
                    .statusCode(org.hamcrest.Matchers.in(java.util.List.of(400, 404)));
        }
        given().accept("text/html")
                .get("/experiments/%s/runs/%s".formatted(Recorded.experiment("other"), run))
                .then()
                .statusCode(404);
    }

    // Made of it ----------------------------------------------------------------------------------

    @Test
    void leads_to_a_version_made_of_what_the_run_left_and_back() {
        Recorded.file(
                experiment, run, "model/MLmodel", "flavors: {}\n".getBytes(StandardCharsets.UTF_8));
        Recorded.file(experiment, run, "model/notes.txt", "x".getBytes(StandardCharsets.UTF_8));
        var offer = page("").select("a:contains(Register model)").attr("href");
        var form =
                Jsoup.parse(
                        given().urlEncodingEnabled(false)
                                .accept("text/html")
                                .get(offer)
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString());
        var source = form.select("input[name=source]").val();
        assertThat(form.select("aside").text()).contains("MLmodel", "notes.txt");
        given().formParam("source", source)
                .formParam("name", "Not A Name")
                .post("/models/from-run")
                .then()
                .statusCode(422)
                .body(containsString("Nothing was registered"));
        var name = "from-run-" + run.substring(0, 8);

        given().redirects()
                .follow(false)
                .formParam("source", source)
                .formParam("name", name)
                .post("/models/from-run")
                .then()
                .statusCode(303)
                .header("Location", containsString("/models/" + name + "/versions/1"));

        assertThat(page("").select("a[href='/models/" + name + "/versions/1']").text())
                .isEqualTo(name + " v1");
        given().formParam("source", "file:///etc/passwd")
                .formParam("name", name)
                .post("/models/from-run")
                .then()
                .statusCode(400);
    }

    // Beside others -------------------------------------------------------------------------------

    @Test
    void compared_with_others_shows_first_what_differs() {
        var one =
                Recorded.run(
                        experiment,
                        "one",
                        Map.of("depth", "3", "kind", "tree", "seed", "7"),
                        Map.of("val_accuracy", 0.9, "loss", 0.3, "odd_figure", 1.0),
                        Map.of());
        var two =
                Recorded.run(
                        experiment,
                        "two",
                        Map.of("depth", "5", "kind", "tree", "seed", "7"),
                        Map.of("val_accuracy", 0.8, "loss", 0.2, "odd_figure", 2.0),
                        Map.of());
        var three =
                Recorded.run(
                        experiment,
                        "three",
                        Map.of("depth", "5", "kind", "net", "seed", "7"),
                        Map.of("val_accuracy", 0.7),
                        Map.of());

        var page =
                Jsoup.parse(
                        given().accept("text/html")
                                .queryParam("run", one, two, three)
                                .get("/experiments/compare")
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString());

        assertThat(page.select("h1").text()).isEqualTo("3 runs, 2 parameters differ");
        var differs = page.select("[aria-label='What differs, table'] tbody tr");
        assertThat(differs.get(0).text()).isEqualTo("depth 3 5 5");
        assertThat(differs.get(0).select("td.odd").text()).isEqualTo("3");
        assertThat(differs.get(1).select("td.odd").text()).isEqualTo("net");
        assertThat(page.select("details dl").text()).contains("seed 7");
        // Best where the name says which way is better, and nothing where it does not.
        assertThat(page.select("[aria-label='Results, table'] td.best").eachText())
                .containsExactly("0.2", "0.9");
        assertThat(page.select("svg.pcp path.ln")).hasSize(3);
        assertThat(page.select("svg.pcp path.bg")).isEmpty();
        assertThat(page.select(".mkr").size()).isEqualTo(2);
    }

    @Test
    void asks_for_runs_when_none_or_too_many_are_to_be_compared() {
        given().accept("text/html").get("/experiments/compare").then().statusCode(400);
        var many = IntStream.range(0, 11).mapToObj(i -> "%032x".formatted(i)).toArray();
        given().accept("text/html")
                .queryParam("run", many)
                .get("/experiments/compare")
                .then()
                .statusCode(400)
                .body(containsString("At most 10 runs"));
    }
}
