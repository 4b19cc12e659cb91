package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Audit;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.util.ArrayList;
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
@DisplayName("Somebody who follows a model")
class NotificationsJourneyTest {

    private static final String HOSTILE = "\"><svg onload=document.title='pwned'> is ready";

    @TestHTTPResource("/")
    String base;

    @Inject Notifications notifications;

    @BeforeAll
    static void be_patient_with_a_busy_machine() {
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    }

    @BeforeEach
    void wait_for_the_catalog() {
        Awaitility.await()
                .until(
                        () ->
                                RestAssured.given()
                                                .accept("text/html")
                                                .get("/catalog/default/group/vision")
                                                .statusCode()
                                        == 200);
        // What other tests of the same portal brought is not what these count.
        RestAssured.given().post("/api/v1/notifications/reading").then().statusCode(204);
    }

    private void onPage(Consumer<Page> journey) {
        onPage(journey, "no message");
    }

    /**
     * @param expected part of a message on the console that is no complaint
     */
    private void onPage(Consumer<Page> journey, String expected) {
        try (var context = Chromium.context(base, ColorScheme.LIGHT, 1280, 900)) {
            var complaints = new ArrayList<String>();
            var page = context.newPage();
            page.onConsoleMessage(
                    message -> {
                        if (message.type().equals("error") && !message.text().contains(expected)) {
                            complaints.add(message.text());
                        }
                    });
            page.onPageError(complaints::add);
            journey.accept(page);
            Assertions.assertThat(complaints).isEmpty();
        }
    }

    private void tell(String about, String text) {
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postBy(
                                        Audit.SYSTEM,
                                        new News(Topic.VERSION, text, about, "/docs"),
                                        To.starred()));
    }

    @Test
    void sets_up_a_digest_and_reads_what_it_needs() {
        onPage(
                page -> {
                    page.navigate("/account/notifications");
                    page.locator("#webhook").fill("https://example.com/\"><svg onload=x>");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions().setName("Set up the digest"))
                            .click();
                    assertThat(page.locator("[role=alert]")).containsText("cannot be called");
                    Looks.check(page, "webhook-wrong");
                },
                "422");
    }

    @Test
    void stars_it_hears_of_it_at_once_and_reads_it() {
        onPage(
                page -> {
                    page.navigate("/catalog/default/group/vision");
                    var star = page.locator("button.star");
                    assertThat(star).hasAttribute("aria-pressed", "false");
                    star.click();
                    assertThat(star).hasAttribute("aria-pressed", "true");
                    page.reload();
                    assertThat(page.locator("button.star")).hasAttribute("aria-pressed", "true");

                    tell("group:default/vision", HOSTILE);

                    assertThat(page.locator("#bell .badge")).hasText("1");
                    assertThat(page.locator("#toasts .toast")).hasText(HOSTILE);
                    page.locator("#bell").click();
                    assertThat(page.locator("h1")).hasText("One unread notification");
                    // The list keeps what other tests of the same portal brought, read.
                    assertThat(page.locator("#news .ttl").first()).hasText(HOSTILE);
                    int before = page.locator("#news li").count();

                    tell("group:default/vision", "Another one is ready");

                    assertThat(page.locator("#news li")).hasCount(before + 1);
                    Looks.check(page, "news");
                    page.locator("#news li").first().getByRole(AriaRole.BUTTON).click();
                    assertThat(page.locator("h1")).hasText("One unread notification");
                    assertThat(page.locator("#bell .badge")).hasText("1");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions().setName("Mark all as read"))
                            .click();
                    assertThat(page.locator("h1")).hasText("Nothing new");
                    assertThat(page.locator("#bell .badge")).isHidden();
                    Assertions.assertThat(page.title()).startsWith("Notifications");

                    page.navigate("/catalog/default/group/vision");
                    page.locator("button.star").click();
                    assertThat(page.locator("button.star")).hasAttribute("aria-pressed", "false");
                });
    }

    @Test
    void keeps_a_question_and_finds_it_again() {
        onPage(
                page -> {
                    page.navigate("/catalog");
                    page.locator(".facets label:has-text('Group') input[name=kind]").check();
                    page.locator("#results header >> text=Save this filter").click();
                    page.getByLabel("Name").fill("\"><b>Teams</b>");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions().setName("Save the filter"))
                            .click();

                    assertThat(page)
                            .hasURL(
                                    Pattern.compile(
                                            "/catalog\\?kind=group$", Pattern.CASE_INSENSITIVE));
                    assertThat(page.locator("nav.segmented a[aria-current]"))
                            .hasText("\"><b>Teams</b>");

                    page.navigate("/catalog/filters");
                    Looks.check(page, "filters");
                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Remove"))
                            .click();
                    assertThat(page.locator("h2#all")).hasText("None yet");
                });
    }

    @Test
    void stars_and_reads_without_a_script() {
        try (var context = Chromium.withoutScript(base)) {
            var page = context.newPage();
            page.navigate("/catalog?kind=group");
            page.locator("button.star[value='group:default/voice']").click();
            assertThat(page).hasURL(Pattern.compile("/catalog\\?kind=group$"));
            assertThat(page.locator("button.star[value='group:default/voice']"))
                    .hasAttribute("aria-pressed", "true");
            tell("group:default/voice", "Without a script");
            page.navigate("/notifications?unread=true");
            page.locator("#news li")
                    .filter(
                            new com.microsoft.playwright.Locator.FilterOptions()
                                    .setHasText("Without a script"))
                    .getByRole(AriaRole.BUTTON)
                    .click();
            assertThat(page).hasURL(Pattern.compile("/notifications\\?unread=true$"));
            assertThat(page.locator("#news")).not().containsText("Without a script");
            page.navigate("/catalog?starred=true");
            page.locator("button.star[value='group:default/voice']").click();
            assertThat(page.locator("button.star[value='group:default/voice']")).hasCount(0);
        }
    }
}
