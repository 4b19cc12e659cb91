package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.Versions;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("A developer who has never seen Atelier")
class TryItJourneyTest {

    @TestHTTPResource("/")
    String base;

    @Inject Versions versions;

    @BeforeAll
    static void be_patient_with_a_busy_machine() {
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    }

    @BeforeEach
    void wait_for_the_seed_models() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(
                        () ->
                                Stream.of(
                                                "penguin-species",
                                                "handwritten-digit",
                                                "sentence-similarity",
                                                "text-finder")
                                        .allMatch(model -> versions.serving(model).isPresent()));
    }

    @Test
    void finds_a_model_from_the_home_page_tries_it_and_learns_why() {
        onPage(
                page -> {
                    page.navigate("/");
                    page.locator("main a[href='/models/penguin-species/try']").click();
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run"))
                            .click();

                    assertThat(page.locator("#outcome .verdict .big")).containsText("Adelie");
                    assertThat(page.locator("#outcome .bars.why .v").first()).not().isEmpty();
                    assertThat(page.locator("#outcome svg.plot path.ln")).isVisible();
                    assertThat(page.locator("#said")).containsText("Adelie");
                    assertThat(page).hasURL(Pattern.compile("/models/penguin-species/try\\?call="));
                    var axe = new AxeBuilder(page).analyze();
                    Assertions.assertThat(axe.getViolations())
                            .extracting(v -> v.getId() + ": " + v.getNodes().getFirst().getHtml())
                            .isEmpty();
                    page.screenshot(
                            new Page.ScreenshotOptions()
                                    .setFullPage(true)
                                    .setPath(Path.of("target/screenshots/journey-try-it.png")));
                });
    }

    @Test
    void uploads_a_picture_of_a_digit_and_sees_it_read() {
        onPage(
                page -> {
                    page.navigate("/models/handwritten-digit/try");
                    page.locator("#try input[type=file]")
                            .setInputFiles(
                                    firstExample("catalog/models/handwritten-digit/examples"));
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run"))
                            .click();

                    assertThat(page.locator("#outcome .verdict .big"))
                            .hasText(Pattern.compile("\\d.*%"));
                    page.reload();
                    assertThat(page.locator("#outcome .verdict .big"))
                            .hasText(Pattern.compile("\\d.*%"));
                });
    }

    @Test
    void jumps_to_a_model_with_the_keyboard_alone() {
        onPage(
                page -> {
                    page.navigate("/");
                    page.keyboard().press("/");
                    page.waitForResponse(
                            answer -> answer.url().contains("q=pengu"),
                            () -> page.keyboard().type("pengu"));
                    // The list that was there before has penguins too, in another order.
                    page.waitForFunction(
                            "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')");
                    var model = page.locator("#palette [data-href$='/model/penguin-species']");
                    assertThat(model).isVisible();
                    for (int i = 0;
                            i < 20 && !"true".equals(model.getAttribute("aria-selected"));
                            i++) {
                        page.keyboard().press("ArrowDown");
                    }
                    assertThat(model).hasAttribute("aria-selected", "true");
                    page.keyboard().press("Enter");

                    assertThat(page).hasURL(Pattern.compile("/models/penguin-species"));
                });
    }

    @Test
    void keeps_what_was_typed_when_the_input_is_wrong() {
        onPage(
                page -> {
                    page.navigate("/models/penguin-species/try");
                    page.getByLabel("Bill length").fill("long");
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run"))
                            .click();

                    assertThat(page.locator("#outcome .error-summary"))
                            .containsText("Enter a number");
                    assertThat(page.locator("#outcome .error-summary")).isFocused();
                    assertThat(page.getByLabel("Bill length")).hasValue("long");
                });
    }

    @Test
    void sees_what_a_picture_and_a_text_were_judged_by_in_any_theme_and_width() {
        onPage(
                page -> {
                    run(page, "/models/handwritten-digit/try");
                    explained(page, "svg.heat rect.top");
                    assertThat(page.locator("#outcome"))
                            .containsText(Pattern.compile("Occlusion: \\d+ × \\d+ patches"));
                    Looks.check(page, "try-it-explained-picture");

                    run(page, "/models/sentence-similarity/try");
                    explained(page, ".words mark");
                    assertThat(page.locator("#outcome")).containsText("when left out together");
                    Looks.check(page, "try-it-explained-text");
                });
    }

    @Test
    void draws_a_digit_and_sees_it_read() {
        onPage(
                page -> {
                    page.navigate("/models/handwritten-digit/try");
                    var canvas = page.locator("[data-pad] canvas");
                    canvas.scrollIntoViewIfNeeded();
                    var box = canvas.boundingBox();
                    page.mouse().move(box.x + box.width / 2, box.y + box.height * 0.15);
                    page.mouse().down();
                    page.mouse().move(box.x + box.width / 2, box.y + box.height * 0.85);
                    page.mouse().up();
                    assertThat(page.locator("[data-preview]"))
                            .hasAttribute("src", Pattern.compile("^blob:.*"));
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run"))
                            .click();

                    assertThat(page.locator("#outcome .verdict .big"))
                            .hasText(Pattern.compile("1.*%"));
                });
    }

    @Test
    void is_told_at_once_that_a_file_is_no_picture_or_too_large() {
        onPage(
                page -> {
                    page.navigate("/models/handwritten-digit/try");
                    var input = page.locator("#try input[type=file]");
                    input.setInputFiles(Path.of("catalog/models/handwritten-digit/README.md"));
                    assertThat(page.locator("[data-complaint]")).containsText("is no picture");
                    input.setInputFiles(
                            new FilePayload("big.png", "image/png", new byte[11 << 20]));

                    assertThat(page.locator("[data-complaint]"))
                            .containsText("11 MB; at most 10 MB are taken");
                    Looks.check(page, "try-it-refused-file");
                });
    }

    @Test
    void tries_a_model_with_the_keyboard_alone_and_changes_what_boxes_are_shown() {
        onPage(
                page -> {
                    page.navigate("/models/text-finder/try");
                    tabTo(page, "main form .btn.primary[type=submit]");
                    page.keyboard().press("Enter");
                    assertThat(page.locator("#outcome .verdict .big")).hasText("10 found");
                    tabTo(page, "#outcome input[type=range]");
                    page.keyboard().press("End");

                    assertThat(page.locator("#outcome .verdict .big")).hasText("Nothing found");
                    assertThat(page.locator("#outcome input[type=range]")).isFocused();
                    Looks.check(page, "try-it-boxes");
                });
    }

    @Test
    void opens_a_kept_answer_and_a_mistake_in_any_theme_and_width() {
        onPage(
                page -> {
                    run(page, "/models/penguin-species/try");
                    page.reload();
                    assertThat(page.locator("#outcome")).containsText("nothing ran now");
                    assertThat(page.locator("#outcome .bars.why .v").first()).not().isEmpty();
                    Looks.check(page, "try-it-kept");
                    page.getByLabel("Bill length").first().fill("long");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions().setName("Run").setExact(true))
                            .click();

                    assertThat(page.locator("#outcome .error-summary")).isVisible();
                    Looks.check(page, "try-it-mistake");
                });
    }

    private static void run(Page page, String address) {
        page.navigate(address);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run").setExact(true))
                .click();
        assertThat(page.locator("#outcome .verdict .big").first()).not().isEmpty();
    }

    /** What was answered slowly is explained only once somebody asks. */
    private static void explained(Page page, String selector) {
        var found = page.locator(selector).first();
        var ask =
                page.getByRole(
                        AriaRole.LINK, new Page.GetByRoleOptions().setName("Explain this answer"));
        assertThat(found.or(ask).first()).isVisible();
        if (ask.isVisible()) {
            ask.click();
        }
        assertThat(found).isVisible();
    }

    private static void tabTo(Page page, String selector) {
        for (int i = 0; i < 80; i++) {
            page.keyboard().press("Tab");
            if (Boolean.TRUE.equals(
                    page.evaluate("s => document.activeElement.matches(s)", selector))) {
                return;
            }
        }
        Assertions.fail("The keyboard does not reach " + selector);
    }

    private void onPage(Consumer<Page> visit) {
        try (var context = Chromium.context(base, ColorScheme.LIGHT, 1280, 900)) {
            visit.accept(context.newPage());
        }
    }

    private static Path firstExample(String folder) {
        var files = Path.of(folder).toFile().listFiles((_, name) -> name.endsWith(".png"));
        return files[0].toPath();
    }
}
