package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import dev.atelier.serving.Models;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Other people's things, fields that are not for the sender, and rights that end half-way. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Somebody who reaches for more")
class ForeignThingsTest {

    @TestHTTPResource("/")
    URI portal;

    @Inject Accounts accounts;
    @Inject AccessTokens tokens;
    @Inject Sessions sessions;
    @Inject Roles roles;
    @Inject Sql sql;

    private Account account(String name, Role role) {
        var account = accounts.create(name, Account.Kind.PERSON, null, null, Audit.SYSTEM);
        QuarkusTransaction.requiringNew().run(() -> roles.begin(account.ref(), role));
        return account;
    }

    private String secret(Account account) {
        return tokens.issue(account, "test", null, Duration.ofHours(1), Audit.SYSTEM).secret();
    }

    private RequestSpecification as(Account account) {
        return given().noFilters()
                .redirects()
                .follow(false)
                .header("Authorization", "Bearer " + secret(account));
    }

    // By number
    // ------------------------------------------------------------------------------------

    @Test
    void ends_no_session_of_another() {
        var mine = account("foreign-a", Role.DEVELOPER);
        var other = account("foreign-b", Role.DEVELOPER);
        var cookie = sessions.begin(other, null, null);
        var id = sessions.of("foreign-b").getFirst().id();

        as(mine).post("/account/sessions/" + id + "/end").then().statusCode(404);

        given().noFilters()
                .cookie("atelier-session", cookie)
                .get("/account")
                .then()
                .statusCode(200);
    }

    @Test
    void revokes_no_token_of_another_by_page_or_api() {
        var mine = account("foreign-c", Role.DEVELOPER);
        var other = account("foreign-d", Role.DEVELOPER);
        var foreign = tokens.issue(other, "ci", null, Duration.ofHours(1), Audit.SYSTEM);

        as(mine).post("/account/tokens/" + foreign.token().id() + "/revocation")
                .then()
                .statusCode(404);
        as(mine).delete("/api/v1/account/tokens/" + foreign.token().id()).then().statusCode(404);
        as(mine).post("/admin/people/foreign-d/tokens/" + foreign.token().id() + "/revocation")
                .then()
                .statusCode(403);

        given().noFilters()
                .header("Authorization", "Bearer " + foreign.secret())
                .get("/api/v1/account")
                .then()
                .statusCode(200);
    }

    @Test
    void sees_no_call_of_another_though_the_address_is_known() {
        var model = "foreign-calls";
        given().multiPart("file", "model.onnx", Models.perceptron())
                .post("/api/v1/models/" + model + "/versions")
                .then()
                .statusCode(201);
        var mine = account("foreign-e", Role.VIEWER);
        var other = account("foreign-f", Role.VIEWER);
        var id = UUID.randomUUID();
        sql.update(
                """
                insert into sandbox_call (id, model, version, actor, entries, summary, failed, timings)
                values (?, ?, 1, ?, '{"x": ["secret-of-f"]}'::jsonb, 'a summary', true,
                        '{}'::jsonb)
                """,
                id,
                model,
                other.ref());
        for (var path :
                new String[] {
                    "/calls/" + id + "/request.json",
                    "/calls/" + id + "/why",
                    "/calls/" + id + "/what-if",
                    "/calls/" + id + "/found?at=0.5",
                    "/calls/" + id + "/uploads/x",
                    "/try?call=" + id,
                    "/try?call=" + UUID.randomUUID() + "&beside=" + id
                }) {
            var answer = as(mine).get("/models/" + model + path);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.asString()).doesNotContain("secret-of-f");
        }
    }

    // Fields that are not theirs to set
    // ------------------------------------------------------------

    @Test
    void makes_a_token_for_nobody_else_whatever_is_sent_along() {
        var mine = account("foreign-g", Role.DEVELOPER);
        as(mine).contentType("application/json")
                .body(
                        """
                        {"name": "mine", "account": "admin", "owner": "user:default/admin", "id": 1,
                         "secret": "atl_chosen", "createdBy": "user:default/admin", "days": 1}
                        """)
                .post("/api/v1/account/tokens")
                .then()
                .statusCode(201)
                .body("token.account", equalTo("foreign-g"));
        as(mine).formParam("name", "form")
                .formParam("all", "on")
                .formParam("account", "admin")
                .formParam("role", "platform-admin")
                .post("/account/tokens")
                .then()
                .statusCode(200);
        assertThat(
                        sql.list(
                                "select account from access_token where name in ('mine', 'form')",
                                row -> row.getString(1)))
                .containsOnly("foreign-g");
        as(mine).get("/admin/people").then().statusCode(403);
    }

    @Test
    void makes_no_account_that_is_more_than_the_form_says() {
        given().redirects()
                .follow(false)
                .formParam("name", "foreign-made")
                .formParam("kind", "service")
                .formParam("issuer", "https://evil.example")
                .formParam("subject", "admin")
                .formParam("password_hash", "x")
                .formParam("created_by", "user:default/somebody")
                .post("/admin/people")
                .then()
                .statusCode(303);
        var made = accounts.get("foreign-made");
        assertThat(made.issuer()).isNull();
        assertThat(made.hasPassword()).isFalse();
        assertThat(
                        sql.<String>one(
                                "select created_by from account where name = 'foreign-made'",
                                row -> row.getString(1)))
                .isEqualTo("user:default/admin");
    }

    @Test
    void registers_nothing_as_trusted_ready_or_by_another() {
        var mine = account("foreign-h", Role.DATA_SCIENTIST);
        as(mine).multiPart("file", "notes.txt", "notes".getBytes(StandardCharsets.UTF_8))
                .multiPart(
                        "parameters",
                        """
                        {"trusted": true, "state": "READY", "createdBy": "user:default/admin",
                         "number": 99, "digest": "00"}
                        """)
                .multiPart("trusted", "true")
                .multiPart("createdBy", "user:default/admin")
                .post("/api/v1/models/foreign-model/versions")
                .then()
                .statusCode(org.hamcrest.Matchers.oneOf(201, 400));
        assertThat(
                        sql.list(
                                "select trusted, created_by, number from model_version where model = 'foreign-model'",
                                row -> row.getBoolean(1) + row.getString(2) + row.getInt(3)))
                .isSubsetOf("falseuser:default/foreign-h1");
    }

    // Rights that end while they are used
    // ----------------------------------------------------------

    /** A role that is withdrawn while the files come in is no role when they are registered. */
    @Test
    void registers_nothing_with_a_role_that_was_withdrawn_during_the_upload() throws Exception {
        var mine = account("foreign-i", Role.DATA_SCIENTIST);
        var secret = secret(mine);
        var before = arriving();
        try (var out = new PipedOutputStream();
                var in = new PipedInputStream(out, 1 << 20)) {
            var answer =
                    HttpClient.newHttpClient()
                            .sendAsync(
                                    HttpRequest.newBuilder(
                                                    portal.resolve(
                                                            "/api/v1/models/foreign-upload/versions"))
                                            .header("Authorization", "Bearer " + secret)
                                            .header(
                                                    "Content-Type",
                                                    "multipart/form-data; boundary=part")
                                            .POST(BodyPublishers.ofInputStream(() -> in))
                                            .build(),
                                    BodyHandlers.ofString());
            out.write(
                    "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            out.write("half of the notes\n".repeat(20_000).getBytes(StandardCharsets.UTF_8));
            out.flush();
            Awaitility.await("the portal is receiving")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> arriving() > before);

            withdraw(mine.ref());
            out.write("the other half\r\n--part--\r\n".getBytes(StandardCharsets.UTF_8));
            out.close();

            var refused = answer.get(30, TimeUnit.SECONDS);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        }
        assertThat(sql.list("select 1 from model_version where model = 'foreign-upload'", row -> 1))
                .isEmpty();
        assertThat(
                        sql.list(
                                "select 1 from audit_event where actor = ? and action = 'model:register' and outcome = 'refused'",
                                row -> 1,
                                mine.ref()))
                .as("the refusal is written down")
                .isNotEmpty();
    }

    /** Files that uploads are being received into. */
    private static long arriving() {
        var temporary = Path.of(System.getProperty("atelier.data")).resolve("blobs/tmp");
        if (Files.notExists(temporary)) {
            return 0;
        }
        try (var files = Files.list(temporary)) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void withdraw(String holder) {
        for (var given : roles.of(List.of(holder))) {
            given().redirects()
                    .follow(false)
                    .post("/admin/people/roles/" + given.id() + "/withdrawal")
                    .then()
                    .statusCode(303);
        }
    }

    @Test
    void moves_no_alias_with_a_token_that_was_revoked_while_it_waited() throws Exception {
        var model = "foreign-alias";
        given().multiPart("file", "notes.txt", "notes".getBytes(StandardCharsets.UTF_8))
                .post("/api/v1/models/" + model + "/versions")
                .then()
                .statusCode(201);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(
                        () ->
                                given().get("/api/v1/models/" + model + "/versions/1")
                                        .jsonPath()
                                        .getString("state")
                                        .equals("READY"));
        var mine = account("foreign-j", Role.PLATFORM_ADMIN);
        var issued = tokens.issue(mine, "ci", null, Duration.ofHours(1), Audit.SYSTEM);
        var lock = new CountDownLatch(1);
        var held = new CountDownLatch(1);
        // Somebody else moves an alias of this model, and takes a while.
        var other =
                Thread.ofVirtual()
                        .start(
                                () ->
                                        QuarkusTransaction.requiringNew()
                                                .run(
                                                        () -> {
                                                            sql.list(
                                                                    "select 1 from model where name = ? for update",
                                                                    row -> 1,
                                                                    model);
                                                            held.countDown();
                                                            await(lock);
                                                        }));
        held.await();
        var answer =
                HttpClient.newHttpClient()
                        .sendAsync(
                                HttpRequest.newBuilder(
                                                portal.resolve(
                                                        "/api/v1/models/"
                                                                + model
                                                                + "/aliases/champion"))
                                        .header("Authorization", "Bearer " + issued.secret())
                                        .header("Content-Type", "application/json")
                                        .PUT(BodyPublishers.ofString("{\"version\": 1}"))
                                        .build(),
                                BodyHandlers.ofString());
        Awaitility.await("it waits for the lock")
                .atMost(Duration.ofSeconds(10))
                .until(
                        () ->
                                sql.one(
                                                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%from model where name%'",
                                                row -> row.getInt(1))
                                        > 0);
        tokens.revoke("foreign-j", issued.token().id(), Audit.SYSTEM);
        lock.countDown();
        other.join();

        assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(401);
        given().get("/api/v1/models/" + model + "/aliases")
                .then()
                .body("champion", org.hamcrest.Matchers.nullValue());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
