package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The audit log")
class AuditLogTest {

    @Inject Audit audit;
    @Inject Sealing sealing;
    @Inject Sql sql;
    @Inject DataSource database;
    @Inject Accounts accounts;
    @Inject AccessTokens tokens;

    private void write(String resource) {
        QuarkusTransaction.requiringNew()
                .run(() -> audit.recordBySystem("test.act", resource, Map.of("text", "ü\n\"x\"")));
    }

    private void seal() {
        QuarkusTransaction.requiringNew().call(sealing::seal);
    }

    private AuditChain.Verification verify() throws SQLException {
        return AuditChain.verify(database, null);
    }

    @Test
    void holds_what_was_written_and_verifies() throws SQLException {
        for (int i = 0; i < 7; i++) {
            write("audit-a-" + i);
        }
        seal();
        write("audit-b");
        seal();
        var found = verify();
        assertThat(found.fault()).isNull();
        assertThat(found.events()).isGreaterThan(8);
        assertThat(found.head()).startsWith(found.seals() + ":");
        given().get("/api/v1/audit/verification")
                .then()
                .statusCode(200)
                .body("fault", equalTo(null));
    }

    @Test
    void cannot_be_changed_through_the_portals_own_connection() {
        write("audit-kept");
        for (var statement :
                new String[] {
                    "update audit_event set actor = 'nobody'",
                    "delete from audit_event",
                    "truncate audit_event cascade",
                    "delete from audit_seal",
                    "update audit_leaf set position = position + 1"
                }) {
            assertThatThrownBy(() -> sql.update(statement))
                    .as(statement)
                    .hasMessageContaining("append-only");
        }
    }

    /** As somebody with the database's own rights would, and back again. */
    private void tamper(String statement, String undo, String fault) throws SQLException {
        seal();
        assertThat(verify().fault()).isNull();
        beside(statement);
        try {
            assertThat(verify().fault()).contains(fault);
        } finally {
            beside(undo);
        }
        assertThat(verify().fault()).isNull();
    }

    private void beside(String statement) {
        QuarkusTransaction.requiringNew()
                .run(
                        () -> {
                            sql.update("set local session_replication_role = replica");
                            for (var one : statement.split(";")) {
                                sql.update(one);
                            }
                        });
    }

    @Test
    void shows_a_changed_event() throws SQLException {
        write("audit-changed");
        tamper(
                "update audit_event set actor = 'user:default/innocent' where resource = 'audit-changed'",
                "update audit_event set actor = 'system:atelier' where resource = 'audit-changed'",
                "was changed");
    }

    @Test
    void shows_a_removed_event() throws SQLException {
        write("audit-removed");
        tamper(
                "create table audit_aside as select * from audit_event where resource = 'audit-removed';"
                        + "delete from audit_event where resource = 'audit-removed'",
                "insert into audit_event overriding system value select * from audit_aside;"
                        + "drop table audit_aside",
                "removed");
    }

    @Test
    void shows_events_that_changed_places() throws SQLException {
        write("audit-place-1");
        write("audit-place-2");
        seal();
        beside(
                """
                update audit_leaf set position = position + 1000000 where event_id in
                    (select id from audit_event where resource = 'audit-place-1');
                update audit_leaf set position = position - 1 where event_id in
                    (select id from audit_event where resource = 'audit-place-2');
                update audit_leaf set position = position - 999999 where event_id in
                    (select id from audit_event where resource = 'audit-place-1')
                """);
        try {
            assertThat(verify().fault()).contains("other events than it was made of");
        } finally {
            beside(
                    """
                    update audit_leaf set position = position + 1000000 where event_id in
                        (select id from audit_event where resource = 'audit-place-2');
                    update audit_leaf set position = position - 1 where event_id in
                        (select id from audit_event where resource = 'audit-place-1');
                    update audit_leaf set position = position - 999999 where event_id in
                        (select id from audit_event where resource = 'audit-place-2')
                    """);
        }
        assertThat(verify().fault()).isNull();
    }

    @Test
    void shows_an_end_that_was_cut_off_to_whoever_kept_the_head() throws SQLException {
        write("audit-end");
        seal();
        var head = verify().head();
        assertThat(AuditChain.verify(database, head).fault()).isNull();
        assertThat(AuditChain.verify(database, "999999:00").fault()).contains("cut off");
    }

    @Test
    void is_filtered_and_exported_as_json_lines() throws Exception {
        write("audit-export");
        var lines =
                given().queryParam("resource", "audit-export")
                        .get("/api/v1/audit/export")
                        .then()
                        .statusCode(200)
                        .contentType("application/x-ndjson")
                        .extract()
                        .asString()
                        .strip()
                        .split("\n");
        assertThat(lines).hasSize(1);
        var event = new ObjectMapper().readTree(lines[0]);
        assertThat(event.path("detail").path("text").asText()).isEqualTo("ü\n\"x\"");
        given().queryParam("resource", "audit-export")
                .queryParam("action", "test")
                .get("/api/v1/audit")
                .then()
                .body("action", hasItem("test.act"));
        given().queryParam("since", "yesterday").get("/api/v1/audit").then().statusCode(400);
    }

    @Test
    void names_who_was_refused_what() {
        var viewer =
                accounts.create("audit-viewer", Account.Kind.SERVICE, null, null, Audit.SYSTEM);
        var secret = tokens.issue(viewer, "t", null, Duration.ofDays(1), Audit.SYSTEM).secret();
        given().noFilters()
                .header("Authorization", "Bearer " + secret)
                .get("/api/v1/audit")
                .then()
                .statusCode(403);
        given().queryParam("actor", "service:default/audit-viewer")
                .queryParam("outcome", "refused")
                .get("/api/v1/audit")
                .then()
                .body("[0].action", equalTo("audit:read"))
                .body("[0].resource", equalTo("/api/v1/audit"));
    }

    @Test
    void keeps_hostile_text_on_one_line() throws Exception {
        write("audit-hostile\r\n{\"forged\": true}\u2028\u001b[2J");
        var lines =
                given().queryParam("action", "test.act")
                        .get("/api/v1/audit/export")
                        .asString()
                        .strip()
                        .split("\n");
        for (var line : lines) {
            assertThat(new ObjectMapper().readTree(line).path("forged").isMissingNode()).isTrue();
        }
        given().queryParam("resource", "audit-hostile").get("/admin/audit").then().statusCode(200);
    }
}
