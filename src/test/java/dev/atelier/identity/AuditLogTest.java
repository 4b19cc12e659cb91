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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    @Inject SealKeys keys;

    private void write(String resource) {
        QuarkusTransaction.requiringNew()
                .run(() -> audit.recordBySystem("test.act", resource, Map.of("text", "ü\n\"x\"")));
    }

    private void seal() {
        QuarkusTransaction.requiringNew().call(sealing::seal);
    }

    private AuditChain.Verification verify() throws SQLException {
        return AuditChain.verify(database, keys, null);
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
        assertThat(AuditChain.verify(database, keys, head).fault()).isNull();
        assertThat(AuditChain.verify(database, keys, "999999:00").fault()).contains("cut off");
    }

    private record Seal(long n, String at, int count) {}

    /** As whoever has all rights in the database, and no key, would write the past anew. */
    private void writeAnew(boolean withSignatures) {
        sql.update("set local session_replication_role = replica");
        sql.update(
                "update audit_event set actor = 'user:default/innocent' where resource = 'audit-anew'");
        sql.update("update audit_event e set hash = audit_hash(e) where resource = 'audit-anew'");
        sql.update(
                """
                update audit_leaf l set hash = e.hash from audit_event e
                where e.id = l.event_id and e.resource = 'audit-anew'
                """);
        var previous = AuditChain.BEGINNING;
        for (var seal :
                sql.list(
                        "select n, at, count from audit_seal order by n",
                        row -> new Seal(row.getLong(1), row.getString(2), row.getInt(3)))) {
            var root =
                    AuditChain.root(
                            sql.list(
                                    "select hash from audit_leaf where seal = ? order by position",
                                    row -> row.getBytes(1),
                                    seal.n()));
            var hash = AuditChain.sealHash(seal.n(), seal.at(), previous, seal.count(), root);
            sql.update(
                    "update audit_seal set previous = ?, root = ?, hash = ? where n = ?",
                    previous,
                    root,
                    hash,
                    seal.n());
            previous = hash;
        }
        if (!withSignatures) {
            sql.update("update audit_seal set key_id = null, signature = null");
        }
    }

    @ParameterizedTest(name = "old signatures kept: {0}")
    @ValueSource(booleans = {true, false})
    void shows_a_chain_that_was_written_anew(boolean withSignatures) throws Exception {
        write("audit-anew");
        seal();
        assertThat(verify().fault()).isNull();
        assertThat(verify().signed()).isEqualTo(verify().seals());
        try (var other = database.getConnection();
                var statement = other.createStatement()) {
            // Nothing is sealed meanwhile.
            statement.execute("select pg_advisory_lock(hashtext('atelier.audit'))");
            beside(
                    """
                    create table anew_event as select * from audit_event;
                    create table anew_leaf as select * from audit_leaf;
                    create table anew_seal as select * from audit_seal
                    """);
            try {
                QuarkusTransaction.requiringNew().run(() -> writeAnew(withSignatures));

                assertThat(verify().fault()).contains("not signed with this portal's key");
                assertThat(AuditChain.verify(database, noKeys(), null).fault())
                        .as("without the key it would not show")
                        .isNull();
            } finally {
                beside(
                        """
                        update audit_event e set actor = o.actor, hash = o.hash
                          from anew_event o where o.id = e.id and o.resource = 'audit-anew';
                        update audit_leaf l set hash = o.hash from anew_leaf o
                          where o.event_id = l.event_id and o.hash <> l.hash;
                        update audit_seal s set hash = decode(md5(s.n::text), 'hex');
                        update audit_seal s set previous = o.previous, root = o.root, hash = o.hash,
                          key_id = o.key_id, signature = o.signature from anew_seal o where o.n = s.n;
                        drop table anew_event;
                        drop table anew_leaf;
                        drop table anew_seal
                        """);
                statement.execute("select pg_advisory_unlock(hashtext('atelier.audit'))");
            }
        }
        assertThat(verify().fault()).isNull();
    }

    private SealKeys noKeys() {
        return new SealKeys(List.of(), Path.of("nowhere"), true);
    }

    @Test
    void gives_its_newest_seal_to_whoever_keeps_it_elsewhere() throws Exception {
        write("audit-newest");
        seal();
        var seal = given().get("/api/v1/audit/seal").then().statusCode(200).extract().jsonPath();
        var hash = HexFormat.of().parseHex(seal.getString("head").replaceFirst(".*:", ""));

        // With nothing of ours: the key that is published, and the algorithm of the JDK.
        var spki = HexFormat.of().parseHex("302a300506032b6570032100");
        var raw = Base64.getDecoder().decode(seal.getString("publicKey"));
        var encoded = ByteBuffer.allocate(44).put(spki).put(raw).array();
        var check = Signature.getInstance("Ed25519");
        check.initVerify(
                KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
        check.update("atelier audit seal 1\0".getBytes(StandardCharsets.UTF_8));
        check.update(hash);
        assertThat(check.verify(Base64.getDecoder().decode(seal.getString("signature")))).isTrue();
        assertThat(AuditChain.verify(database, keys, seal.getString("head")).fault()).isNull();
    }

    @Test
    void is_signed_with_a_new_key_after_the_old_one(@TempDir Path folder) {
        var first = new SealKeys(List.of(KEY + "@1"), folder, true);
        var both = new SealKeys(List.of(NEXT + "@5", KEY + "@1"), folder, true);
        var hash = new byte[32];
        var old = first.sign(4, hash);
        var fresh = both.sign(5, hash);

        assertThat(both.check(4, hash, old.key(), old.bytes())).isEqualTo(SealKeys.Proof.SIGNED);
        assertThat(both.check(5, hash, fresh.key(), fresh.bytes()))
                .isEqualTo(SealKeys.Proof.SIGNED);
        assertThat(first.check(5, hash, fresh.key(), fresh.bytes()))
                .isEqualTo(SealKeys.Proof.FORGED);
        hash[0] = 1;
        assertThat(both.check(5, hash, fresh.key(), fresh.bytes()))
                .isEqualTo(SealKeys.Proof.FORGED);
        assertThat(both.check(5, hash, null, null)).isEqualTo(SealKeys.Proof.FORGED);
        assertThat(new SealKeys(List.of(KEY + "@9"), folder, true).check(5, hash, null, null))
                .as("from before signing began")
                .isEqualTo(SealKeys.Proof.UNSIGNED);
    }

    private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private static final String NEXT = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

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
