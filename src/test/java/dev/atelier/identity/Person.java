package dev.atelier.identity;

import static io.restassured.RestAssured.given;

import io.quarkus.arc.Arc;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.UUID;

/** Somebody of a test's own, with a token and, when asked, a browser session. */
public record Person(String name, String token) {

    private static final String PASSWORD = "a walk along the harbour";

    /** With a name that nobody has. */
    public static Person named(String beginning) {
        return of(beginning, Account.Kind.PERSON);
    }

    /** A program. */
    public static Person program(String beginning) {
        return of(beginning, Account.Kind.SERVICE);
    }

    private static Person of(String beginning, Account.Kind kind) {
        var name = beginning + "-" + UUID.randomUUID().toString().substring(0, 8);
        return tokenOf(bean(Accounts.class).create(name, kind, null, null, Audit.SYSTEM));
    }

    private static Person tokenOf(Account account) {
        return new Person(
                account.name(),
                bean(AccessTokens.class)
                        .issue(account, "test", null, Duration.ofHours(1), Audit.SYSTEM)
                        .secret());
    }

    private static <T> T bean(Class<T> type) {
        return Arc.container().instance(type).get();
    }

    private Account account() {
        return bean(Accounts.class).get(name);
    }

    public String ref() {
        return account().ref();
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

    /** Puts them into a team. */
    public Person in(String team) {
        bean(Accounts.class).setMember(name, team, true, Audit.SYSTEM);
        return this;
    }

    /** The same with another token. */
    public Person again() {
        return tokenOf(account());
    }

    public Subject subject() {
        return bean(Subjects.class).of(account());
    }

    /** As a program sends it, which follows no redirect. */
    public RequestSpecification asks() {
        return given().redirects().follow(false).header("Authorization", "Bearer " + token);
    }

    /** A one-time code to choose a password with. */
    public String invitation() {
        return bean(Accounts.class).invite(name, Audit.SYSTEM);
    }

    /** Signs in: the value of the cookie. */
    public String session() {
        return given().noFilters()
                .header("Sec-Fetch-Site", "same-origin")
                .redirects()
                .follow(false)
                .formParam("code", invitation())
                .formParam("password", PASSWORD)
                .formParam("again", PASSWORD)
                .post("/welcome")
                .then()
                .statusCode(303)
                .extract()
                .cookie("atelier-session");
    }
}
