package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.TestDatabase;
import dev.atelier.experiments.Recorded;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A data scientist")
class ExperimentsJourneyTest {

    @TestHTTPResource("/")
    String base;

    private String experiment;
    private String tree;
    private String net;

    @BeforeAll
    static void be_patient_with_a_busy_machine() {
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    }

    @BeforeEach
    void three_runs() {
        experiment = Recorded.experiment("journey");
        tree =
                Recorded.run(
                        experiment,
                        "deep-tree",
                        Map.of("kind", "tree", "depth", "8", "seed", "1"),
                        Map.of("auc", 0.81, "loss", 0.4),
                        Map.of("site", "porto"));
        net =
                Recorded.run(
                        experiment,
                        "wide-net",
                        Map.of("kind", "net", "depth", "3", "seed", "1"),
                        Map.of("auc", 0.92, "loss", 0.2),
                        Map.of(
                                "mlflow.note.content",
                                "It **won**.",
                                "mlflow.source.name",
                                "train.py"));
        Recorded.history(
                net, "loss", IntStream.range(0, 50).mapToDouble(i -> 1 / (1.0 + i)).toArray());
        Recorded.history(net, "system/cpu_percent", 20, 30, 40);
        Recorded.file(
                experiment, net, "out/table.csv", "a,b\n1,2\n".getBytes(StandardCharsets.UTF_8));
        Recorded.file(
                experiment, net, "model/MLmodel", "flavors: {}\n".getBytes(StandardCharsets.UTF_8));
        Recorded.begin(experiment, "inside", Map.of("mlflow.parentRunId", net));
    }

    @Test
    void filters_sorts_compares_and_finds_the_file_of_the_best() {
        try (var context = Chromium.context(base, ColorScheme.LIGHT, 1280, 900)) {
            var page = context.newPage();
            page.navigate("/experiments");
            page.getByRole(
                            AriaRole.LINK,
                            new Page.GetByRoleOptions().setName(Pattern.compile("^journey")))
                    .first()
                    .click();
            page.navigate("/experiments/" + experiment);
            var filter =
                    page.getByRole(
                            AriaRole.SEARCHBOX, new Page.GetByRoleOptions().setName("Filter runs"));

            filter.fill("metrics.auc > oops");
            assertThat(page.locator("#q-said .error")).containsText("At character 15");
            assertThat(filter).isFocused();
            filter.fill("metrics.auc > 0.5");
            assertThat(page.locator("#q-said")).containsText("metric auc above 0.5");
            assertThat(page.locator("#runs-h")).hasText("2 runs");

            assertThat(page.locator(".selbar")).isHidden();
            page.getByLabel("Select deep-tree").check();
            page.getByLabel("Select wide-net").check();
            assertThat(page.locator(".selbar strong")).hasText("2 runs selected");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Compare")).click();
            assertThat(page.locator("h1")).hasText("2 runs, 2 parameters differ");
            assertThat(page.locator("td.best").first()).isVisible();

            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("wide-net"))
                    .first()
                    .click();
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Charts"))
                    .first()
                    .click();
            page.getByLabel("Smoothing").fill("60");
            assertThat(page.locator("#charts")).containsText("Smoothed");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Files")).click();
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("out/")).click();
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("table.csv")).click();
            assertThat(page.locator("table.data td").first()).hasText("1");
        }
    }

    @Test
    void can_do_the_same_without_script() {
        try (var context = Chromium.withoutScript(base)) {
            var page = context.newPage();
            page.navigate("/experiments/" + experiment);
            page.locator("#q").fill("params.kind = 'tree'");
            page.locator("#q").press("Enter");
            assertThat(page.locator("#runs-h")).hasText("1 run");
            page.getByLabel("Select deep-tree").check();
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Compare")).click();
            assertThat(page.locator("h1")).hasText("deep-tree");
        }
    }

    @Test
    void arrives_from_the_address_that_mlflow_prints() {
        try (var context = Chromium.context(base, ColorScheme.LIGHT, 1280, 900)) {
            var page = context.newPage();
            page.navigate("/#/experiments/%s/runs/%s".formatted(experiment, net));
            assertThat(page.locator("h1")).hasText("wide-net");
        }
    }

    @Test
    void can_use_every_page_by_whatever_means() {
        var run = "/experiments/" + experiment + "/runs/" + net;
        for (var address :
                new String[] {
                    "/experiments",
                    "/experiments?view=deleted",
                    "/experiments/" + experiment,
                    "/experiments/" + experiment + "/about",
                    "/experiments/" + experiment + "?group=params.kind",
                    "/experiments/" + experiment + "?filter=metrics.auc%20%3E%20x",
                    "/experiments/" + Recorded.experiment("empty"),
                    run,
                    run + "/charts?smooth=50",
                    run + "/system",
                    run + "/artifacts?path=out/table.csv",
                    "/models/from-run?source=runs:/" + net + "/model",
                    "/experiments/compare?run=" + tree + "&run=" + net
                }) {
            Looks.check(Chromium.context(base, ColorScheme.LIGHT, 1440, 900), address);
        }
    }
}
