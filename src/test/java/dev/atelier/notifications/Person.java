package dev.atelier.notifications;

import static io.restassured.RestAssured.given;

import dev.atelier.identity.AccessTokens;
import dev.atelier.identity.Account;
import dev.atelier.identity.Accounts;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Subject;
import io.quarkus.arc.Arc;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.UUID;

/** Somebody of a test's own, with a token and, when asked, a browser session. */
public record Person(String name, String token) {

    private static final String PASSWORD = "a walk along the harbour";

    /** With a name that nobody has. */
    public static Person named(String beginning) {
        var name = beginning + "-" + UUID.randomUUID().toString().substring(0, 8);
        var account =
                bean(Accounts.class).create(name, Account.Kind.PERSON, null, null, Audit.SYSTEM);
        return new Person(
                name,
                bean(AccessTokens.class)
                        .issue(account, "test", null, Duration.ofHours(1), Audit.SYSTEM)
                        .secret());
    }

    private static <T> T bean(Class<T> type) {
        return Arc.container().instance(type).get();
    }

    public String ref() {
        return "user:default/" + name;
    }

    /** Gives a role, as the administrator does. */
    public Person with(String role) {
        given().redirects()
                .follow(false)
                .formParam("role", role)
                .post("/admin/people/{name}/roles", name)
                .then()
                .statusCode(303);
        return this;
    }

    public Subject subject() {
        return bean(Presence.class).subject(name).orElseThrow();
    }

    /** As a program sends it. */
    public RequestSpecification asks() {
        return given().header("Authorization", "Bearer " + token);
    }

    /** Signs in: the value of the cookie. */
    public String session() {
        return given().noFilters()
                .header("Sec-Fetch-Site", "same-origin")
                .redirects()
                .follow(false)
                .formParam("code", bean(Accounts.class).invite(name, Audit.SYSTEM))
                .formParam("password", PASSWORD)
                .formParam("again", PASSWORD)
                .post("/welcome")
                .then()
                .statusCode(303)
                .extract()
                .cookie("atelier-session");
    }
}
