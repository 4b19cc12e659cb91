package dev.atelier.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Account;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Keycloak;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** With a real Keycloak and a real browser. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = Keycloak.class, restrictToAnnotatedClass = true)
@DisplayName("Somebody who signs in at the company's provider")
class SingleSignOnJourneyTest {

    private static final String CONTINUE = "Continue with Halden single sign-on";

    @TestHTTPResource("/")
    String base;

    @Inject Sql sql;
    @Inject Accounts accounts;

    private interface Visit {
        void on(Page page) throws Exception;
    }

    @BeforeAll
    static void be_patient_with_a_busy_machine() {
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
    }

    @AfterEach
    void open_the_door() {
        Keycloak.door().open();
    }

    private void visit(Visit visit) throws Exception {
        // The cookie belongs to the name people type, and so does the address at the provider.
        try (var context = Chromium.stranger(base.replace("127.0.0.1", "localhost"))) {
            var page = context.newPage();
            try {
                visit.on(page);
            } catch (Throwable e) {
                page.screenshot(
                        new Page.ScreenshotOptions()
                                .setPath(Path.of("target/screenshots/single-sign-on-failed.png")));
                throw e;
            }
        }
    }

    private static void enter(Page page, String name) {
        page.locator("#username").fill(name);
        page.locator("#password").fill(Keycloak.PASSWORD);
        page.locator("#kc-login").click();
    }

    private static void signIn(Page page, String name, String address) {
        page.navigate(address);
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(CONTINUE)).click();
        enter(page, name);
    }

    /** What is true a second later at most, when this replica has forgotten what it knew. */
    private static void soon(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(condition);
    }

    /** As if the access token's life were over. */
    private void due(String account) {
        assertThat(
                        sql.update(
                                """
                                update provider_session set refresh_at = clock_timestamp() - interval '1 second'
                                where session in (select id from account_session where account = ?)
                                """,
                                account))
                .isPositive();
    }

    @Test
    void comes_back_to_the_page_they_wanted_with_their_roles_and_teams() throws Exception {
        visit(
                page -> {
                    page.navigate("/catalog?kind=model");
                    assertThat(page).hasURL(Pattern.compile("/login\\?next="));
                    assertThat(new AxeBuilder(page).analyze().getViolations()).isEmpty();
                    page.screenshot(
                            new Page.ScreenshotOptions()
                                    .setPath(Path.of("target/screenshots/login-sso.png")));
                    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(CONTINUE))
                            .click();
                    enter(page, "ines");

                    assertThat(page).hasURL(Pattern.compile("/catalog\\?kind=model$"));
                    assertThat(page.context().cookies(base.replace("127.0.0.1", "localhost")))
                            .extracting(cookie -> cookie.name)
                            .containsExactly("atelier-session");
                    page.navigate("/account");
                    assertThat(page.locator("h1")).hasText("Ines Duarte");
                    assertThat(page.locator("main")).containsText("Data scientist");
                    assertThat(page.locator("main")).containsText("group:default/vision");
                    assertThat(page.locator("#password")).hasCount(0);
                });
    }

    @Test
    void may_what_the_provider_says_once_the_access_token_was_refreshed() throws Exception {
        visit(
                page -> {
                    signIn(page, "paul", "/");
                    assertThat(page.locator(".avatar")).isVisible();
                    assertThat(page.navigate("/admin/system").status()).isEqualTo(403);

                    Keycloak.grant("paul", "ml-engineer");
                    due("paul");

                    soon(() -> page.navigate("/admin/system").status() == 200);

                    Keycloak.withdraw("paul", "ml-engineer");
                    due("paul");

                    soon(() -> page.navigate("/admin/system").status() == 403);
                    assertThat(
                                    sql.list(
                                            "select 1 from audit_event where action = 'account.claims' and resource = 'user:default/paul'",
                                            row -> 1))
                            .hasSizeGreaterThanOrEqualTo(2);
                });
    }

    @Test
    void signs_out_here_and_there() throws Exception {
        visit(
                page -> {
                    signIn(page, "kurt", "/account");
                    assertThat(page.locator("h1")).hasText("Kurt Duarte");
                    assertThat(Keycloak.sessions("kurt")).isEqualTo(1);

                    page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                            .click();

                    assertThat(page).hasURL(Pattern.compile("/login"));
                    assertThat(Keycloak.sessions("kurt")).isZero();
                    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(CONTINUE))
                            .click();
                    assertThat(page.locator("#username")).isVisible();
                });
    }

    @Test
    void whose_session_has_ended_goes_through_the_provider_without_a_password() throws Exception {
        visit(
                page -> {
                    signIn(page, "rosa", "/");
                    assertThat(page.locator(".avatar")).isVisible();
                    sql.update(
                            "update account_session set expires_at = clock_timestamp() where account = 'rosa'");

                    soon(
                            () -> {
                                page.navigate("/catalog?kind=model");
                                return page.url().contains("/login?next=");
                            });
                    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(CONTINUE))
                            .click();

                    assertThat(page).hasURL(Pattern.compile("/catalog\\?kind=model$"));
                });
    }

    @Test
    void is_out_when_the_provider_signs_them_out_everywhere() throws Exception {
        visit(
                page -> {
                    signIn(page, "rosa", "/");
                    assertThat(page.locator(".avatar")).isVisible();

                    Keycloak.signOut("rosa");

                    Awaitility.await()
                            .atMost(Duration.ofSeconds(10))
                            .until(
                                    () -> {
                                        page.navigate("/account");
                                        return page.url().contains("/login");
                                    });
                });
    }

    @Test
    void is_out_at_the_next_refresh_when_the_provider_shut_their_account() throws Exception {
        visit(
                page -> {
                    signIn(page, "emil", "/");
                    assertThat(page.locator(".avatar")).isVisible();

                    Keycloak.enable("emil", false);
                    due("emil");

                    soon(() -> page.navigate("/account").url().contains("/login"));
                    Keycloak.enable("emil", true);
                });
    }

    @Test
    void goes_on_while_the_provider_is_away_and_is_told_so() throws Exception {
        visit(
                page -> {
                    signIn(page, "vera", "/");
                    assertThat(page.locator(".avatar")).isVisible();

                    Keycloak.door().shut();
                    due("vera");

                    soon(
                            () -> {
                                assertThat(page.navigate("/account").status()).isEqualTo(200);
                                return page.locator("#provider-away").count() == 1;
                            });
                    assertThat(page.locator("#provider-away")).containsText("does not answer");
                    visit(
                            other -> {
                                other.navigate("/login");
                                assertThat(other.locator("#provider-away")).isVisible();
                                other.screenshot(
                                        new Page.ScreenshotOptions()
                                                .setPath(
                                                        Path.of(
                                                                "target/screenshots/login-away.png")));
                                Keycloak.door().open();
                                Awaitility.await()
                                        .atMost(Duration.ofSeconds(10))
                                        .until(
                                                () -> {
                                                    other.navigate("/login");
                                                    return other.locator("#provider-away").count()
                                                            == 0;
                                                });
                                signIn(other, "ines", "/account");
                                assertThat(other.locator("h1")).hasText("Ines Duarte");
                            });
                    Awaitility.await()
                            .atMost(Duration.ofSeconds(10))
                            .until(
                                    () -> {
                                        page.navigate("/account");
                                        return page.locator("#provider-away").count() == 0;
                                    });
                });
    }

    @Test
    void is_told_when_their_name_is_a_local_account_here() throws Exception {
        visit(
                page -> {
                    signIn(page, "admin", "/");

                    assertThat(page.locator("[role=alert]"))
                            .containsText("There is a local account \"admin\" already");
                    assertThat(page.navigate("/account").url()).contains("/login");
                });
    }

    @Test
    void takes_their_local_account_along() throws Exception {
        accounts.create("olga", Account.Kind.PERSON, "Olga", null, "system:test");
        var code = accounts.invite("olga", "system:test");
        visit(
                page -> {
                    page.navigate("/welcome#" + code);
                    page.getByLabel("New password").fill("a sentence of my own");
                    page.getByLabel("The same again").fill("a sentence of my own");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions().setName("Set password and sign in"))
                            .click();
                    page.navigate("/account");
                    page.getByRole(
                                    AriaRole.BUTTON,
                                    new Page.GetByRoleOptions()
                                            .setName("Connect with Halden single sign-on"))
                            .click();
                    enter(page, "olga");

                    assertThat(page).hasURL(Pattern.compile("/account$"));
                    assertThat(page.locator("main")).containsText("user:default/olga");
                    assertThat(page.locator("main")).containsText("You sign in at");
                    assertThat(accounts.get("olga").hasPassword()).isFalse();
                });
    }
}
