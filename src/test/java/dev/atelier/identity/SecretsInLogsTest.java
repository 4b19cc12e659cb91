package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A secret")
class SecretsInLogsTest {

    private static final String PASSWORD = "the-lighthouse-blinks-twice";
    private static final String WRONG = "the-lighthouse-is-dark-today";

    @Inject Accounts accounts;
    @Inject Sql sql;

    /** Everything that is logged, down to the last detail. */
    private static final class Ear extends Handler {
        private final Queue<String> heard = new ConcurrentLinkedQueue<>();
        private final PatternFormatter formatter = new PatternFormatter("%c %s%e%n");

        @Override
        public void publish(LogRecord record) {
            heard.add(formatter.format(org.jboss.logmanager.ExtLogRecord.wrap(record)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static RequestSpecification browser() {
        return given().noFilters()
                .redirects()
                .follow(false)
                .header("Sec-Fetch-Site", "same-origin")
                .accept("text/html");
    }

    @Test
    void is_in_no_line_of_the_log_and_in_no_row_of_the_audit_log() {
        var secrets = new ArrayList<>(List.of(PASSWORD, WRONG, Administrator.TOKEN));
        var ear = new Ear();
        ear.setLevel(Level.ALL);
        var root = Logger.getLogger("");
        var ours = Logger.getLogger("dev.atelier");
        var level = ours.getLevel();
        root.addHandler(ear);
        ours.setLevel(Level.ALL);
        try {
            accounts.create("logs", Account.Kind.PERSON, null, null, Audit.SYSTEM);
            var code = accounts.invite("logs", Audit.SYSTEM);
            secrets.add(code);
            var welcome =
                    browser()
                            .formParam("code", code)
                            .formParam("password", PASSWORD)
                            .formParam("again", PASSWORD)
                            .post("/welcome");
            var cookie = welcome.cookie("atelier-session");
            secrets.add(cookie);
            browser().formParam("name", "logs").formParam("password", WRONG).post("/login");
            browser()
                    .cookie("atelier-session", cookie)
                    .formParam("old", WRONG)
                    .formParam("password", PASSWORD + "-more")
                    .formParam("again", PASSWORD + "-more")
                    .post("/account/password");
            var issued =
                    given().contentType("application/json")
                            .body(Map.of("name", "for the log"))
                            .post("/api/v1/account/tokens")
                            .jsonPath()
                            .getString("secret");
            secrets.add(issued);
            given().noFilters()
                    .header("Authorization", "Bearer " + issued + "x")
                    .get("/api/v1/account");
            given().noFilters().header("Authorization", "Bearer " + issued).get("/api/v1/audit");
            given().noFilters()
                    .header("Authorization", "Bearer " + issued)
                    .body("{broken")
                    .contentType("application/json")
                    .post("/api/v1/account/tokens");
            given().noFilters().queryParam("token", issued).get("/no/such/page");
            browser().cookie("atelier-session", cookie).post("/logout");
            // That something was heard at all.
            org.jboss.logging.Logger.getLogger("dev.atelier.test").debug("the ear hears");
        } finally {
            root.removeHandler(ear);
            ours.setLevel(level);
        }
        assertThat(ear.heard).anyMatch(line -> line.contains("the ear hears"));
        for (var secret : secrets) {
            assertThat(secret).isNotBlank();
            assertThat(ear.heard).noneMatch(line -> line.contains(secret));
            assertThat(
                            sql.list(
                                    "select 1 from audit_event e where strpos(e::text, ?) > 0",
                                    row -> 1,
                                    secret))
                    .isEmpty();
        }
    }
}
