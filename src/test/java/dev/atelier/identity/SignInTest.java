package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Signing in")
class SignInTest {

    private static final String COOKIE = "atelier-session";
    private static final String PASSWORD = "a walk along the harbour";

    @Inject Accounts accounts;
    @Inject AccessTokens tokens;
    @Inject Roles roles;
    @Inject Sql sql;

    /** Nobody, as a browser sends it. */
    private static RequestSpecification browser() {
        return given().noFilters()
                .redirects()
                .follow(false)
                .header("Sec-Fetch-Site", "same-origin")
                .accept("text/html");
    }

    private Account person(String name, Role role) {
        var account = accounts.create(name, Account.Kind.PERSON, null, null, Audit.SYSTEM);
        QuarkusTransaction.requiringNew().run(() -> roles.begin(account.ref(), role));
        return account;
    }

    private Account withPassword(String name, Role role) {
        var account = person(name, role);
        accept(accounts.invite(name, Audit.SYSTEM), PASSWORD).then().statusCode(303);
        return account;
    }

    private static Response accept(String code, String password) {
        return browser()
                .formParam("code", code)
                .formParam("password", password)
                .formParam("again", password)
                .post("/welcome");
    }

    private static Response signIn(String name, String password) {
        return browser().formParam("name", name).formParam("password", password).post("/login");
    }

    private static String session(String name) {
        return signIn(name, PASSWORD).then().statusCode(303).extract().cookie(COOKIE);
    }

    @Test
    void begins_with_a_link_that_is_good_once() {
        person("si-first", Role.VIEWER);
        var code = accounts.invite("si-first", Audit.SYSTEM);

        accept(code, "too short").then().statusCode(422).body(containsString("at least 12"));
        accept(code, PASSWORD).then().statusCode(303).cookie(COOKIE);
        accept(code, PASSWORD).then().statusCode(422).body(containsString("used already"));
        signIn("si-first", PASSWORD).then().statusCode(303);
    }

    @Test
    void sends_people_to_the_form_and_back_to_where_they_wanted() {
        withPassword("si-back", Role.VIEWER);
        browser()
                .get("/catalog?kind=model")
                .then()
                .statusCode(303)
                .header("Location", containsString("/login?next=%2Fcatalog%3Fkind%3Dmodel"));
        browser()
                .formParam("name", "si-back")
                .formParam("password", PASSWORD)
                .formParam("next", "/catalog?kind=model")
                .post("/login")
                .then()
                .statusCode(303)
                .header("Location", containsString("/catalog?kind=model"));
    }

    @Test
    void tells_programs_401_and_htmx_a_note() {
        given().noFilters()
                .get("/api/v1/models")
                .then()
                .statusCode(401)
                .header("WWW-Authenticate", containsString("Bearer"))
                .body("status", equalTo(401));
        given().noFilters().header("HX-Request", "true").get("/palette").then().statusCode(401);
        given().noFilters()
                .get("/api/catalog/entities")
                .then()
                .statusCode(401)
                .body("error.name", equalTo("AuthenticationError"));
        given().noFilters()
                .post("/v2/models/nothing/infer")
                .then()
                .statusCode(401)
                .body("error", containsString("Sign in"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil.example",
                "/\\evil.example",
                "https:evil.example",
                "https://evil.example/",
                "javascript:alert(1)",
                "/ok\r\nSet-Cookie: a=b",
                "evil",
                "/login?next=/login"
            })
    void never_leads_away_from_the_portal(String next) {
        assertThat(SignInPages.safe(next)).isEqualTo("/");
    }

    @Test
    void gives_a_cookie_that_scripts_and_other_sites_do_not_get() {
        withPassword("si-cookie", Role.VIEWER);
        assertThat(signIn("si-cookie", PASSWORD).getHeader("Set-Cookie"))
                .containsIgnoringCase("HttpOnly")
                .contains("SameSite=Lax")
                .contains("Path=/");
    }

    @Test
    void says_the_same_of_a_wrong_name_and_a_wrong_password() {
        withPassword("si-wrong", Role.VIEWER);
        var wrongPassword = signIn("si-wrong", "not the password").then().statusCode(422);
        var wrongName = signIn("si-nobody", "not the password").then().statusCode(422);
        assertThat(wrongPassword.extract().asString().replace("si-wrong", "*"))
                .isEqualTo(wrongName.extract().asString().replace("si-nobody", "*"));
    }

    @Test
    void slows_guessing_down_and_says_when_to_try_again() {
        withPassword("si-guess", Role.VIEWER);
        for (int i = 0; i < Throttle.NAME_AND_ORIGIN; i++) {
            signIn("si-guess", "wrong guess " + i).then().statusCode(422);
        }
        var refused = signIn("si-guess", PASSWORD).then().statusCode(429).extract();
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 900);
        sql.update("delete from sign_in_attempt where name = 'si-guess'");
        signIn("si-guess", PASSWORD).then().statusCode(303);
    }

    @Test
    void replaces_a_session_that_was_planted() {
        withPassword("si-fix", Role.VIEWER);
        var planted = session("si-fix");
        var fresh =
                browser()
                        .cookie(COOKIE, planted)
                        .formParam("name", "si-fix")
                        .formParam("password", PASSWORD)
                        .post("/login")
                        .then()
                        .statusCode(303)
                        .extract()
                        .cookie(COOKIE);
        assertThat(fresh).isNotEqualTo(planted);
        browser().cookie(COOKIE, planted).get("/account").then().statusCode(303);
        browser().cookie(COOKIE, fresh).get("/account").then().statusCode(200);
        browser().cookie(COOKIE, "made-up").get("/account").then().statusCode(303);
    }

    @Test
    void ends_at_the_server_with_signing_out() {
        withPassword("si-out", Role.VIEWER);
        var cookie = session("si-out");
        browser().cookie(COOKIE, cookie).get("/account").then().statusCode(200);
        browser().cookie(COOKIE, cookie).post("/logout").then().statusCode(303);
        browser().cookie(COOKIE, cookie).get("/account").then().statusCode(303);
    }

    @Test
    void ends_other_sessions_when_the_password_changes() {
        withPassword("si-change", Role.VIEWER);
        var here = session("si-change");
        var elsewhere = session("si-change");
        browser()
                .cookie(COOKIE, here)
                .formParam("old", "not it")
                .formParam("password", "another long sentence")
                .formParam("again", "another long sentence")
                .post("/account/password")
                .then()
                .statusCode(422);
        browser()
                .cookie(COOKIE, here)
                .formParam("old", PASSWORD)
                .formParam("password", "another long sentence")
                .formParam("again", "another long sentence")
                .post("/account/password")
                .then()
                .statusCode(303);
        browser().cookie(COOKIE, here).get("/account").then().statusCode(200);
        browser().cookie(COOKIE, elsewhere).get("/account").then().statusCode(303);
        signIn("si-change", PASSWORD).then().statusCode(422);
    }

    @Test
    void is_over_at_once_for_somebody_who_is_shut_out() {
        var account = withPassword("si-shut", Role.DEVELOPER);
        var cookie = session("si-shut");
        var secret = tokens.issue(account, "ci", null, Duration.ofDays(1), account.ref()).secret();
        bearer(secret).get("/api/v1/account").then().statusCode(200);

        given().formParam("disabled", "true")
                .redirects()
                .follow(false)
                .post("/admin/people/si-shut/state")
                .then()
                .statusCode(303);

        browser().cookie(COOKIE, cookie).get("/account").then().statusCode(303);
        bearer(secret).get("/api/v1/account").then().statusCode(401);
        signIn("si-shut", PASSWORD).then().statusCode(422);
    }

    @Test
    void does_not_let_a_cookie_change_things_without_saying_where_from() {
        withPassword("si-csrf", Role.VIEWER);
        var cookie = session("si-csrf");
        given().noFilters().cookie(COOKIE, cookie).post("/logout").then().statusCode(403);
        given().noFilters()
                .cookie(COOKIE, cookie)
                .header("Origin", "https://evil.example")
                .post("/logout")
                .then()
                .statusCode(403);
        browser().cookie(COOKIE, cookie).get("/account").then().statusCode(200);
    }

    private static RequestSpecification bearer(String secret) {
        return given().noFilters().header("Authorization", "Bearer " + secret);
    }

    @Test
    void with_a_token_does_what_the_token_is_limited_to_and_no_more() {
        var account = person("si-scope", Role.DEVELOPER);
        var narrow =
                tokens.issue(
                                account,
                                "narrow",
                                Set.of(Permission.CATALOG_READ, Permission.TOKEN_HOLD),
                                Duration.ofDays(1),
                                account.ref())
                        .secret();
        bearer(narrow).get("/api/v1/models").then().statusCode(200);
        bearer(narrow)
                .get("/api/v1/models/anything")
                .then()
                .statusCode(403)
                .body("detail", containsString("token in use is limited"));
        // A token cannot make one that may do more than itself.
        bearer(narrow)
                .contentType("application/json")
                .body("{\"name\": \"wider\", \"scopes\": [\"catalog:read\", \"model:read\"]}")
                .post("/api/v1/account/tokens")
                .then()
                .statusCode(201)
                .body("token.scopes", equalTo(List.of("catalog:read")));
        bearer(narrow)
                .contentType("application/json")
                .body("{\"name\": \"same\"}")
                .post("/api/v1/account/tokens")
                .then()
                .statusCode(201)
                .body("token.scopes", hasItem("catalog:read"))
                .body("token.scopes", not(hasItem("model:call")));
    }

    @Test
    void with_a_token_works_as_bearer_and_as_a_password_and_never_in_the_address() {
        var account = person("si-basic", Role.DEVELOPER);
        var issued = tokens.issue(account, "client", null, Duration.ofDays(1), account.ref());
        var secret = issued.secret();
        assertThat(Secrets.isAccessToken(secret)).isTrue();
        assertThat(Secrets.isAccessToken(secret.substring(0, 41) + "0")).isFalse();
        bearer(secret)
                .get("/api/v1/account")
                .then()
                .statusCode(200)
                .body("name", equalTo("si-basic"));
        given().noFilters()
                .auth()
                .preemptive()
                .basic("si-basic", secret)
                .get("/api/v1/account")
                .then()
                .statusCode(200);
        given().noFilters()
                .queryParam("token", secret)
                .queryParam("access_token", secret)
                .get("/api/v1/account")
                .then()
                .statusCode(401);
        assertThat(
                        sql.list(
                                "select 1 from access_token where hint = ? or encode(hash, 'escape') like ?",
                                row -> 1,
                                secret,
                                "%" + secret + "%"))
                .as("the secret lies nowhere")
                .isEmpty();
        tokens.revoke("si-basic", issued.token().id(), account.ref());
        bearer(secret).get("/api/v1/account").then().statusCode(401);
    }

    @Test
    void with_a_token_that_has_ended_is_refused() {
        var account = person("si-ended", Role.DEVELOPER);
        var issued = tokens.issue(account, "old", null, Duration.ofDays(1), account.ref());
        sql.update(
                "update access_token set expires_at = clock_timestamp() - interval '1 second' where id = ?",
                issued.token().id());
        bearer(issued.secret()).get("/api/v1/account").then().statusCode(401);
    }

    @Test
    void shows_nobody_the_tokens_and_sessions_of_another() {
        var mine = person("si-mine", Role.DEVELOPER);
        var other = person("si-other", Role.DEVELOPER);
        var secret = tokens.issue(mine, "a", null, Duration.ofDays(1), mine.ref()).secret();
        var foreign = tokens.issue(other, "b", null, Duration.ofDays(1), other.ref());
        bearer(secret)
                .delete("/api/v1/account/tokens/" + foreign.token().id())
                .then()
                .statusCode(404);
        bearer(foreign.secret()).get("/api/v1/account").then().statusCode(200);
    }

    @ParameterizedTest
    @CsvSource({
        "short,24",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,repeats",
        "passwordpasswordpassword,repeats",
        "sixteen-letters-ü-and-more-of-it,ASCII"
    })
    void refuses_a_weak_token_for_installers(String token, String why) {
        assertThat(Bootstrap.weakness(token)).contains(why);
    }

    @Test
    void takes_a_strong_token_for_installers() {
        assertThat(Bootstrap.weakness("9f86d081884c7d659a2feaa0c55ad015")).isNull();
    }
}
