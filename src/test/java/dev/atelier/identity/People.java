package dev.atelier.identity;

import static io.restassured.RestAssured.given;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** People with a role and teams, made as a test needs them. */
@Singleton
public class People {

    /** Somebody, and the token they act with. */
    public record Person(String ref, String name, String token) {

        /** A request of theirs that follows no redirect. */
        public RequestSpecification asks() {
            return given().redirects()
                    .follow(false)
                    .header("Authorization", "Bearer " + token)
                    .accept("application/json");
        }
    }

    private final Accounts accounts;
    private final AccessTokens tokens;
    private final Roles roles;

    People(Accounts accounts, AccessTokens tokens, Roles roles) {
        this.accounts = accounts;
        this.tokens = tokens;
        this.roles = roles;
    }

    /** Somebody new. */
    public Person person(String name, @Nullable Role role, String... teams) {
        var account = accounts.create(name, Account.Kind.PERSON, null, null, Audit.SYSTEM);
        if (role != null) {
            QuarkusTransaction.requiringNew().run(() -> roles.begin(account.ref(), role));
        }
        for (var team : teams) {
            accounts.setMember(name, team, true, Audit.SYSTEM);
        }
        var issued = tokens.issue(account, "test", null, Duration.ofHours(1), Audit.SYSTEM);
        return new Person(account.ref(), name, issued.secret());
    }
}
