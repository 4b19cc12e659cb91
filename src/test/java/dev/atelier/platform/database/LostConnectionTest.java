package dev.atelier.platform.database;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.faults.FaultProxy;
import dev.atelier.faults.FaultProxy.Cut;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@QuarkusTestResource(value = ProxiedDatabase.class, restrictToAnnotatedClass = true)
@DisplayName("A request whose connection to the database is cut")
class LostConnectionTest {

    private static final String VERSIONS = "/api/v1/models/{name}/versions";
    private static final String REGISTRATION = "insert into model_version ";

    FaultProxy proxy;
    @Inject Sql sql;
    @Inject Transaction transaction;

    private static Response register(String name, String content) {
        return given().header("Idempotency-Key", "of-" + name)
                .multiPart("file", "weights.bin", content.getBytes(StandardCharsets.UTF_8))
                .post(VERSIONS, name);
    }

    private int numberOf(String name) {
        return sql.first(
                        "select count(*) from model_version where model = ?",
                        row -> row.getInt(1),
                        name)
                .orElseThrow();
    }

    @Test
    void is_confirmed_when_the_database_did_commit() {
        proxy.cutCommit(Cut.AFTER_COMMIT, REGISTRATION);

        var answer = register("lost-after", "a");

        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(201);
        assertThat(numberOf("lost-after")).isEqualTo(1);
    }

    @Test
    void is_told_that_nothing_was_changed_when_the_database_did_not_commit() {
        proxy.cutCommit(Cut.BEFORE_COMMIT, REGISTRATION);

        var answer = register("lost-before", "b");

        answer.then()
                .statusCode(503)
                .header("Retry-After", equalTo("5"))
                .body("detail", containsString("Nothing was changed"));
        assertThat(numberOf("lost-before")).isZero();
        register("lost-before", "b").then().statusCode(201).body("version", equalTo(1));
    }

    @Test
    void is_told_that_the_outcome_is_unknown_when_the_database_stays_away() {
        proxy.cutCommit(Cut.AFTER_COMMIT, REGISTRATION);
        proxy.refuseAfterCut(true);
        Response answer;
        try {
            answer = register("lost-unknown", "c");
        } finally {
            proxy.refuseAfterCut(false);
        }

        answer.then().statusCode(503).body("detail", containsString("not known"));
        register("lost-unknown", "c").then().statusCode(201).body("version", equalTo(1));
        assertThat(numberOf("lost-unknown")).as("sent twice, there once").isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Cut.class)
    void moves_an_alias_once_or_not_at_all(Cut cut) {
        var name = "lost-alias-" + cut.ordinal();
        register(name, "d");
        proxy.cutCommit(cut, "insert into model_alias_move");

        var answer =
                given().contentType("application/json")
                        .body(Map.of("version", 1, "expected", 0))
                        .put("/api/v1/models/{name}/aliases/steady", name);

        assertThat(answer.statusCode()).isEqualTo(cut == Cut.AFTER_COMMIT ? 200 : 503);
        assertThat(
                        sql.list(
                                "select to_number from model_alias_move where model = ?",
                                row -> row.getInt(1),
                                name))
                .hasSize(cut == Cut.AFTER_COMMIT ? 1 : 0);
    }

    @ParameterizedTest
    @EnumSource(Cut.class)
    void registers_a_location_once_or_not_at_all(Cut cut) {
        var target = "https://lost.example/%s.yaml".formatted(cut);
        proxy.cutCommit(cut, "insert into catalog_location");

        var answer =
                given().contentType("application/json")
                        .body(Map.of("type", "url", "target", target))
                        .post("/api/catalog/locations");

        assertThat(answer.statusCode())
                .as(answer.asString())
                .isEqualTo(cut == Cut.AFTER_COMMIT ? 201 : 503);
        assertThat(sql.list("select 1 from catalog_location where target = ?", row -> 1, target))
                .hasSize(cut == Cut.AFTER_COMMIT ? 1 : 0);
    }

    @Test
    void answers_503_in_the_form_of_each_protocol() {
        proxy.refuse(true);
        proxy.cutAll();
        try {
            given().get("/api/v1/models")
                    .then()
                    .statusCode(503)
                    .body("detail", containsString("Nothing was changed"));
            given().get("/api/catalog/entities")
                    .then()
                    .statusCode(503)
                    .body("error.name", equalTo("ServiceUnavailableError"));
            given().get("/v2/models/nobody-knows-it")
                    .then()
                    .statusCode(503)
                    .body("error", containsString("database"));
        } finally {
            proxy.refuse(false);
        }
        given().get("/api/v1/models").then().statusCode(200);
    }

    /** Nobody gets in while it cannot be asked who they are and what they may. */
    @Test
    void fails_closed() {
        var known = given().get("/api/v1/account");
        assertThat(known.statusCode()).isEqualTo(200);
        proxy.refuse(true);
        proxy.cutAll();
        try {
            // What was known is forgotten within a second.
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> given().get("/api/v1/account").statusCode() == 503);
            for (var path :
                    new String[] {
                        "/",
                        "/catalog",
                        "/admin/people",
                        "/admin/audit",
                        "/api/v1/models",
                        "/api/v1/audit/export",
                        "/q/metrics",
                        "/q/openapi",
                        "/account"
                    }) {
                var answer = given().accept("text/html,*/*;q=0.5").get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(503);
                assertThat(answer.asString())
                        .doesNotContain("Exception", "org.postgresql", "jvm_memory");
            }
            given().noFilters()
                    .header("Sec-Fetch-Site", "same-origin")
                    .formParam("name", "admin")
                    .formParam("password", "anything at all")
                    .post("/login")
                    .then()
                    .statusCode(503);
            given().noFilters().get("/api/v1/account").then().statusCode(401);
            given().get("/q/health/live").then().statusCode(200);
        } finally {
            proxy.refuse(false);
        }
        given().get("/api/v1/account").then().statusCode(200);
    }
}
