package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("An engineer on a golden path")
class GoldenPathJourneyTest {

    @TestHTTPResource("/")
    String base;

    @Inject Entities entities;

    @BeforeAll
    static void be_patient_with_a_busy_machine() {
        PlaywrightAssertions.setDefaultAssertionTimeout(60_000);
    }

    @Test
    void goes_from_the_home_page_to_a_repository() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                entities.find(
                                                EntityRef.parse(
                                                        "template:default/train-tabular-model"))
                                        .isPresent());
        var name = "wine-" + UUID.randomUUID().toString().substring(0, 6);
        try (var context = Chromium.context(base, ColorScheme.LIGHT, 1280, 900)) {
            var page = context.newPage();
            page.navigate("/");
            page.getByRole(
                            AriaRole.LINK,
                            new Page.GetByRoleOptions().setName("Golden paths").setExact(true))
                    .first()
                    .click();
            page.getByRole(
                            AriaRole.LINK,
                            new Page.GetByRoleOptions().setName("Train and serve a tabular model"))
                    .click();

            page.getByLabel("Name", new Page.GetByLabelOptions().setExact(true)).fill("No Name");
            next(page);
            assertThat(page.locator(".error-summary")).containsText("need another look");
            Looks.check(page, "path-wrong");
            page.getByLabel("Name", new Page.GetByLabelOptions().setExact(true)).fill(name);
            page.getByLabel("Owner").selectOption("group:default/vision");
            next(page);

            // The questions follow the answer without a button.
            page.getByLabel("Train on").selectOption("csv");
            assertThat(page.getByLabel("Column to predict")).isVisible();
            Looks.check(page, "path-form");
            page.getByLabel("Train on").selectOption("wine");
            assertThat(page.getByLabel("Column to predict")).hasCount(0);
            next(page);

            page.getByLabel("Host").selectOption("atelier");
            page.getByLabel("Owner").fill("vision");
            page.getByLabel("Repository", new Page.GetByLabelOptions().setExact(true)).fill(name);
            next(page);

            assertThat(page.locator("h1")).hasText("Check before it runs");
            assertThat(page.locator("main")).containsText("vision/" + name);
            Looks.check(page, "path-review");
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Run it")).click();

            assertThat(page).hasURL(Pattern.compile(".*/tasks/.*"));
            assertThat(page.locator("#task-cells")).containsText("Done");
            assertThat(page.locator(".log")).containsText("Registered component:");
            Looks.check(page, "path-task");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("In the catalog"))
                    .click();
            assertThat(page.locator("main")).containsText(name + "-training");
        }
    }

    private static void next(Page page) {
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(Pattern.compile("^Continue")))
                .click();
    }
}
