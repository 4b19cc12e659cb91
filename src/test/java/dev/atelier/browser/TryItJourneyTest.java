package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
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
                                versions.serving("penguin-species").isPresent()
                                        && versions.serving("handwritten-digit").isPresent());
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
                    page.keyboard().type("pengu");
                    assertThat(page.locator("#palette [role=option]").first())
                            .containsText("Penguin");
                    page.keyboard().press("ArrowDown");
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
