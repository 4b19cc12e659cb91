package dev.atelier.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.notifications.Notifications;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.builder.MultiPartSpecBuilder;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jsoup.Jsoup;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A guarded alias")
class PromotionTest {

    private static final AtomicInteger COUNT = new AtomicInteger();

    @Inject Sql sql;
    @Inject Notifications notifications;

    private String model;
    private String team;
    private Person ines;
    private Person ben;
    private Person scientist;

    @BeforeEach
    void a_team_with_a_model() {
        var n = COUNT.incrementAndGet();
        model = "promoted-" + n;
        team = "group:default/promoters-" + n;
        ines = Person.named("ines").with("ml-engineer").in(team);
        ben = Person.named("ben").with("ml-engineer").in(team);
        scientist = Person.named("scientist").with("data-scientist").in(team);
    }

    // Given

    private Map<String, Object> rules() {
        return new HashMap<>(Map.of("aliases", List.of("champion")));
    }

    private void gates(Map<String, Object> rules) {
        ines.asks()
                .contentType("application/json")
                .body(rules)
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(200);
    }

    private void guarded() {
        gates(rules());
    }

    private void guardedByApproval() {
        var rules = rules();
        rules.put("approval", true);
        gates(rules);
    }

    private void guardedByAccuracy(String better, double tolerance) {
        var rules = rules();
        rules.put(
                "metrics",
                List.of(Map.of("metric", "accuracy", "better", better, "tolerance", tolerance)));
        gates(rules);
    }

    private int version(Person by, @Nullable String card, String... aliases) {
        var request =
                by.asks()
                        .multiPart(
                                "file",
                                "model.onnx",
                                Onnx.identity(model + COUNT.incrementAndGet()))
                        .multiPart(
                                new MultiPartSpecBuilder(
                                                Map.of("owner", team, "aliases", List.of(aliases)))
                                        .controlName("parameters")
                                        .mimeType("application/json")
                                        .emptyFileName()
                                        .build());
        if (card != null) {
            request.multiPart("file", "README.md", card.getBytes(UTF_8));
        }
        return request.post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201)
                .body("state", equalTo("READY"))
                .extract()
                .path("version");
    }

    private static String measured(double accuracy) {
        return """
               ---
               license: mit
               model-index:
               - name: m
                 results:
                 - dataset: {name: held out, type: d}
                   task: {type: tabular-classification}
                   metrics:
                   - {type: accuracy, name: Accuracy, value: %s}
               ---
               # A card
               ## Intended use
               To be tried.
               """
                .formatted(accuracy);
    }

    // When

    private ValidatableResponse promote(Person by, int version, Map<String, Object> more) {
        var wish = new HashMap<String, Object>(more);
        wish.putIfAbsent("alias", "champion");
        return by.asks()
                .contentType("application/json")
                .body(wish)
                .post("/api/v1/models/{m}/versions/{v}/promotion", model, version)
                .then();
    }

    private ValidatableResponse promote(Person by, int version) {
        return promote(by, version, Map.of());
    }

    private int ask(Person by, int version) {
        return promote(by, version).statusCode(202).extract().path("request.id");
    }

    private ValidatableResponse answer(Person by, int request, String how, String reason) {
        return by.asks()
                .contentType("application/json")
                .body(Map.of("reason", reason))
                .post("/api/v1/models/{m}/promotions/{id}/" + how, model, request)
                .then();
    }

    private ValidatableResponse rollback(Person by) {
        return by.asks()
                .contentType("application/json")
                .body("{}")
                .post("/api/v1/models/{m}/aliases/champion/rollback", model)
                .then();
    }

    // Then

    private @Nullable Integer champion() {
        return ines.asks()
                .get("/api/v1/models/{m}/aliases", model)
                .then()
                .statusCode(200)
                .extract()
                .path("champion");
    }

    private String lastAct() {
        return sql.one(
                """
                select action || ' ' || actor || ' ' || detail::text from audit_event
                where resource = ? order by id desc limit 1
                """,
                row -> row.getString(1),
                "model:default/" + model);
    }

    private List<String> news(Person who) {
        return notifications
                .list(who.subject(), new Notifications.Question(true, null, null))
                .notes()
                .stream()
                .map(Notifications.Note::text)
                .toList();
    }

    @Test
    void cannot_be_moved_round_the_gates() {
        version(scientist, null);
        guarded();

        ines.asks()
                .contentType("application/json")
                .body("{\"version\":1}")
                .put("/api/v1/models/{m}/aliases/champion", model)
                .then()
                .statusCode(403)
                .body(
                        "detail",
                        containsString(
                                "/models/%s/versions/1/promotion?alias=champion".formatted(model)));
        ines.asks()
                .accept("text/html")
                .formParam("alias", "champion")
                .formParam("version", 1)
                .post("/models/{m}/aliases", model)
                .then()
                .statusCode(403);
        // Not even an administrator's, who has a way past the gates that is written down.
        RestAssured.given()
                .contentType("application/json")
                .body("{\"version\":1}")
                .put("/api/v1/models/{m}/aliases/champion", model)
                .then()
                .statusCode(403);

        assertThat(champion()).isNull();
    }

    @Test
    void cannot_be_moved_or_taken_away_by_mlflows_clients_which_are_told_where_to_promote() {
        version(scientist, null, "champion");
        version(scientist, null);
        guarded();
        var address = "/api/2.0/mlflow/registered-models/alias";

        ines.asks()
                .contentType("application/json")
                .body(Map.of("name", model, "alias", "champion", "version", "2"))
                .post(address)
                .then()
                .statusCode(403)
                .body("error_code", equalTo("PERMISSION_DENIED"))
                .body(
                        "message",
                        containsString("/api/v1/models/" + model + "/versions/2/promotion"));
        ines.asks()
                .contentType("application/json")
                .body(Map.of("name", model, "alias", "champion"))
                .delete(address)
                .then()
                .statusCode(403);

        assertThat(champion()).isEqualTo(1);
    }

    @Test
    void goes_by_what_the_run_logged_before_what_the_card_states() {
        version(scientist, measured(0.8), "champion");
        String experiment =
                scientist
                        .asks()
                        .contentType("application/json")
                        .body(Map.of("name", model))
                        .post("/api/2.0/mlflow/experiments/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("experiment_id");
        String run =
                scientist
                        .asks()
                        .contentType("application/json")
                        .body(Map.of("experiment_id", experiment, "start_time", 1))
                        .post("/api/2.0/mlflow/runs/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("run.info.run_id");
        scientist
                .asks()
                .contentType("application/json")
                .body(Map.of("run_id", run, "key", "accuracy", "value", 0.5, "timestamp", 1))
                .post("/api/2.0/mlflow/runs/log-metric")
                .then()
                .statusCode(200);
        scientist
                .asks()
                .multiPart("file", "model.onnx", Onnx.identity(model + "run"))
                .multiPart("file", "README.md", measured(0.99).getBytes(UTF_8))
                .multiPart(
                        new MultiPartSpecBuilder(Map.of("lineage", Map.of("run", run)))
                                .controlName("parameters")
                                .mimeType("application/json")
                                .emptyFileName()
                                .build())
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        guardedByAccuracy("higher", 0.1);

        promote(ines, 2)
                .statusCode(409)
                .body("gates[1].why", containsString("0.5 against 0.8 of version 1"));
    }

    @Test
    void cannot_be_taken_away_but_by_an_administrator_with_a_reason() {
        version(scientist, null, "champion");
        guarded();
        var address = "/api/v1/models/" + model + "/aliases/champion";

        ines.asks().delete(address).then().statusCode(403);
        ines.asks().queryParam("override", "mine").delete(address).then().statusCode(403);
        RestAssured.given().queryParam("override", " ").delete(address).then().statusCode(400);
        RestAssured.given()
                .queryParam("override", "it is harmful")
                .delete(address)
                .then()
                .statusCode(200)
                .body("champion", nullValue());

        assertThat(lastAct()).startsWith("model-alias.override").contains("it is harmful");
    }

    @Test
    void leaves_other_aliases_free() {
        version(scientist, null);
        guarded();

        ines.asks()
                .contentType("application/json")
                .body("{\"version\":1}")
                .put("/api/v1/models/{m}/aliases/challenger", model)
                .then()
                .statusCode(200);
    }

    @Test
    void moves_at_once_when_its_gates_are_open() {
        version(scientist, null);
        guarded();

        promote(ines, 1)
                .statusCode(200)
                .body("result", equalTo("promoted"))
                .body("gates.state", contains("passed"));

        assertThat(champion()).isEqualTo(1);
        assertThat(lastAct()).startsWith("model-alias.promote " + ines.ref());
        ines.asks()
                .get("/api/v1/models/{m}/aliases/history", model)
                .then()
                .body("[0].manner", equalTo("promotion"))
                .body("[0].to", equalTo(1));
        promote(ines, 1).statusCode(200).body("result", equalTo("unchanged"));
    }

    @Test
    void stays_where_it_is_when_the_card_lacks_what_is_asked_for() {
        version(scientist, "# Only a heading\n## Limitations\n### None here\n## Next\ntext");
        var rules = rules();
        rules.put("card", List.of("text", "license", "results"));
        rules.put("headings", List.of("Limitations", "next"));
        gates(rules);

        promote(ines, 1)
                .statusCode(409)
                .body("result", equalTo("refused"))
                .body("detail", containsString("Card complete"))
                .body("gates[1].state", equalTo("failed"))
                .body("gates[1].why", equalTo("Missing: a text, licence, results, “Limitations”."))
                .body("gates[1].todo", containsString("register the files again"));

        assertThat(champion()).isNull();
    }

    @Test
    void looks_at_what_the_scan_noted() {
        ines.asks()
                .multiPart("file", "model.onnx", Onnx.identity(model))
                .multiPart("file", "run.sh", "#!/bin/sh\nrm -rf /\n".getBytes(UTF_8))
                .multiPart(
                        new MultiPartSpecBuilder(Map.of("owner", team))
                                .controlName("parameters")
                                .mimeType("application/json")
                                .emptyFileName()
                                .build())
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
        var rules = rules();
        rules.put("scan", List.of("code", "noted", "warning", "unservable"));
        gates(rules);

        promote(ines, 1)
                .statusCode(409)
                .body("gates.find { it.id == 'scan' }.why", containsString("run.sh"));
    }

    private void championAndRival(double champion, double rival) {
        version(scientist, measured(champion), "champion");
        version(scientist, measured(rival));
    }

    @Test
    void stays_with_the_better_version() {
        championAndRival(0.91, 0.89);
        guardedByAccuracy("higher", 0);

        promote(ines, 2)
                .statusCode(409)
                .body("gates[1].id", equalTo("metric:accuracy"))
                .body("gates[1].why", equalTo("0.89 against 0.91 of version 1; higher is better."));

        assertThat(champion()).isEqualTo(1);
    }

    @Test
    void moves_to_one_that_is_worse_by_what_is_tolerated() {
        championAndRival(0.91, 0.90);
        guardedByAccuracy("higher", 0.01);

        promote(ines, 2).statusCode(200);

        assertThat(champion()).isEqualTo(2);
    }

    @Test
    void takes_less_for_better_where_its_team_says_so() {
        championAndRival(0.2, 0.3);
        guardedByAccuracy("lower", 0.05);

        promote(ines, 2).statusCode(409);
    }

    @Test
    void moves_to_no_version_that_was_not_measured() {
        version(scientist, measured(0.9), "champion");
        version(scientist, null);
        guardedByAccuracy("higher", 1);

        promote(ines, 2)
                .statusCode(409)
                .body("gates[1].why", equalTo("Version 2 has no such metric."));
    }

    @Test
    void waits_for_another_person_who_may() {
        version(scientist, null);
        guardedByApproval();

        var id = ask(ines, 1);

        assertThat(champion()).isNull();
        assertThat(news(ben)).anyMatch(text -> text.contains("asks to promote version 1"));
        assertThat(news(scientist)).noneMatch(text -> text.contains("asks to promote"));
        assertThat(Jsoup.parse(ben.asks().accept("text/html").get("/").asString()).text())
                .contains("%s version 1 waits for your approval".formatted(model));
        answer(ben, id, "approval", "looked at the card")
                .statusCode(200)
                .body("state", equalTo("approved"))
                .body("decidedBy", equalTo(ben.ref()));
        assertThat(champion()).isEqualTo(1);
        assertThat(lastAct()).startsWith("promotion.approve " + ben.ref()).contains(ines.ref());
        assertThat(news(ines)).anyMatch(text -> text.contains("was approved"));
        ines.asks()
                .get("/api/v1/models/{m}/aliases/history", model)
                .then()
                .body("[0].actor", equalTo(ines.ref()))
                .body("[0].approver", equalTo(ben.ref()))
                .body("[0].reason", equalTo("looked at the card"));
    }

    @Test
    void is_approved_by_nobody_who_asked_who_made_the_version_or_who_is_a_program() {
        version(ben, null);
        guardedByApproval();
        var robot = Person.program("robot").with("ml-engineer").in(team);
        var stranger = Person.named("stranger").with("ml-engineer");

        var id = ask(ines, 1);

        answer(ines, id, "approval", "")
                .statusCode(403)
                .body("detail", containsString("You asked for it"));
        answer(ben, id, "approval", "")
                .statusCode(403)
                .body("detail", containsString("You registered this version"));
        answer(robot, id, "approval", "")
                .statusCode(403)
                .body("detail", containsString("Only people approve"));
        answer(stranger, id, "approval", "").statusCode(403);
        answer(scientist, id, "approval", "").statusCode(403);
        assertThat(champion()).isNull();
    }

    @Test
    void is_asked_for_by_a_program_and_once() {
        version(scientist, null);
        guardedByApproval();
        var robot = Person.program("robot").with("ml-engineer").in(team);

        var id = ask(robot, 1);

        assertThat(ask(robot, 1)).isEqualTo(id);
        assertThat(ask(ines, 1)).isEqualTo(id);
        answer(ines, id, "approval", "").statusCode(200);
        assertThat(champion()).isEqualTo(1);
    }

    @Test
    void stays_when_the_request_is_declined_which_needs_a_reason() {
        version(scientist, null);
        guardedByApproval();
        var id = ask(ines, 1);

        answer(ben, id, "refusal", " ").statusCode(400);
        answer(ben, id, "refusal", "too slow").statusCode(200);

        assertThat(champion()).isNull();
        assertThat(news(ines)).anyMatch(text -> text.contains("declined: too slow"));
        answer(ben, id, "approval", "").statusCode(409);
        assertThat(ask(ines, 1)).isGreaterThan(id);
    }

    @Test
    void is_no_longer_asked_for_once_the_request_is_withdrawn_by_whoever_asked() {
        version(scientist, null);
        guardedByApproval();
        var id = ask(ines, 1);

        answer(ben, id, "withdrawal", "").statusCode(403);
        answer(ines, id, "withdrawal", "").statusCode(200);

        answer(ben, id, "approval", "").statusCode(409);
        assertThat(champion()).isNull();
    }

    @Test
    void is_approved_only_if_the_other_gates_still_let_it() {
        version(scientist, measured(0.9));
        version(scientist, measured(0.95));
        var rules = rules();
        rules.put("approval", true);
        rules.put("metrics", List.of(Map.of("metric", "accuracy", "better", "higher")));
        gates(rules);
        var worse = ask(ines, 1);
        answer(ben, ask(ines, 2), "approval", "").statusCode(200);

        answer(ben, worse, "approval", "")
                .statusCode(409)
                .body("detail", containsString("accuracy not worse"));

        assertThat(champion()).isEqualTo(2);
    }

    @Test
    void goes_back_whatever_the_gates_say_and_one_further_each_time() {
        version(scientist, null, "champion");
        version(scientist, null);
        version(scientist, null);
        promote(ines, 2).statusCode(200);
        promote(ines, 3).statusCode(200);
        var rules = rules();
        rules.put("card", List.of("license"));
        rules.put("approval", true);
        gates(rules);

        rollback(ines).statusCode(200).body("champion", equalTo(2));
        assertThat(lastAct()).startsWith("model-alias.rollback").contains("\"from\": 3");
        rollback(ines).statusCode(200).body("champion", equalTo(1));
        rollback(ines).statusCode(409).body("detail", containsString("nothing to go back to"));

        ines.asks()
                .get("/api/v1/models/{m}/aliases/history", model)
                .then()
                .body("manner", contains("rollback", "rollback", "promotion", "promotion", "move"));
        rollback(scientist).statusCode(403);
    }

    @Test
    void goes_past_the_gates_for_an_administrator_with_a_reason() {
        version(scientist, null);
        var rules = rules();
        rules.put("card", List.of("license"));
        rules.put("approval", true);
        gates(rules);
        var admin = Person.named("admin").with("platform-admin");

        promote(ines, 1, Map.of("override", "I want to")).statusCode(403);
        promote(admin, 1, Map.of("override", "  ")).statusCode(400);
        promote(admin, 1).statusCode(409);
        assertThat(champion()).isNull();
        promote(admin, 1, Map.of("override", "the old one is on fire")).statusCode(200);

        assertThat(champion()).isEqualTo(1);
        assertThat(lastAct())
                .startsWith("model-alias.override " + admin.ref())
                .contains("on fire")
                .contains("card")
                .contains("approval");
    }

    @Test
    void is_asked_for_when_a_registration_wishes_it() {
        guarded();

        version(scientist, null, "champion", "free");

        ines.asks()
                .get("/api/v1/models/{m}/aliases", model)
                .then()
                .body("free", equalTo(1))
                .body("champion", nullValue());
        ines.asks()
                .get("/api/v1/models/{m}/versions/1/promotion", model)
                .then()
                .body("request.asker", equalTo(scientist.ref()));
        promote(scientist, 1).statusCode(403);
        promote(ines, 1).statusCode(200);
        ines.asks()
                .get("/api/v1/models/{m}/versions/1/promotion", model)
                .then()
                .body("request", nullValue());
    }

    @Test
    void goes_to_one_of_two_who_promote_at_the_same_time() throws Exception {
        version(scientist, null, "champion");
        version(scientist, null);
        version(scientist, null);
        guarded();

        var answers =
                together(
                        20,
                        i ->
                                promote(i % 2 == 0 ? ines : ben, 2 + i % 2, Map.of("expected", 1))
                                        .extract()
                                        .statusCode());

        // Those who want the version that won find it there already.
        assertThat(answers).containsOnly(200, 409).contains(200, 409);
        ines.asks()
                .get("/api/v1/models/{m}/aliases/history", model)
                .then()
                .body("", hasSize(2))
                .body("[0].from", equalTo(1));
    }

    @Test
    void moves_once_when_many_approve_while_others_promote() throws Exception {
        version(scientist, null);
        version(scientist, null, "champion");
        guardedByApproval();
        var id = ask(ines, 1);
        var carla = Person.named("carla").with("ml-engineer").in(team);

        var answers =
                together(
                        20,
                        i ->
                                i % 4 == 3
                                        ? promote(ines, 1).extract().statusCode() + 1000
                                        : answer(i % 2 == 0 ? ben : carla, id, "approval", "")
                                                .extract()
                                                .statusCode());

        assertThat(answers).filteredOn(status -> status == 200).hasSize(1);
        assertThat(answers).filteredOn(status -> status == 409).hasSize(14);
        assertThat(answers).filteredOn(status -> status > 1000).isSubsetOf(1200, 1202).hasSize(5);
        assertThat(champion()).isEqualTo(1);
        ines.asks().get("/api/v1/models/{m}/aliases/history", model).then().body("", hasSize(2));
    }

    private interface Act {
        int as(int i);
    }

    private static List<Integer> together(int count, Act act) throws Exception {
        var filters = RestAssured.filters();
        assertThat(filters).isNotEmpty();
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < count; i++) {
            var n = i;
            calls.add(() -> act.as(n));
        }
        var statuses = new ArrayList<Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : threads.invokeAll(calls)) {
                statuses.add(answer.get());
            }
        }
        return statuses;
    }

    @Test
    void leaves_nothing_of_an_approval_that_breaks_in_the_middle() {
        version(scientist, null);
        guardedByApproval();
        var id = ask(ines, 1);
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        """
                                        alter table model_alias_move add constraint breaks
                                        check (model <> '%s') not valid
                                        """
                                                .formatted(model)));
        try {
            answer(ben, id, "approval", "").statusCode(500);
        } finally {
            QuarkusTransaction.requiringNew()
                    .run(() -> sql.update("alter table model_alias_move drop constraint breaks"));
        }

        assertThat(champion()).isNull();
        answer(ben, id, "approval", "").statusCode(200);
        assertThat(champion()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"alias\":\"../etc\"}",
                "{\"alias\":\"<svg onload=x>\"}",
                "{\"alias\":\"champion\",\"expected\":\"many\"}",
                "[]",
                "null",
                ""
            })
    void is_not_promoted_by_nonsense(String body) {
        version(scientist, null);
        guarded();

        ines.asks()
                .contentType("application/json")
                .body(body)
                .post("/api/v1/models/{m}/versions/1/promotion", model)
                .then()
                .statusCode(400);
    }

    @Test
    void takes_no_endless_note_and_no_version_that_is_not_there() {
        version(scientist, null);
        guarded();

        promote(ines, 1, Map.of("note", "x".repeat(1_001))).statusCode(400);
        promote(ines, 7).statusCode(404);
        answer(ines, 99_999_999, "approval", "").statusCode(404);
    }

    @Test
    void has_gates_that_its_team_sets_and_nobody_else() {
        var body = Map.of("aliases", List.of("champion"), "approval", true);
        var stranger = Person.named("stranger").with("ml-engineer");

        for (var other : List.of(stranger, scientist)) {
            other.asks()
                    .contentType("application/json")
                    .body(body)
                    .queryParam("team", team)
                    .put("/api/v1/gates")
                    .then()
                    .statusCode(403);
        }
        ines.asks()
                .contentType("application/json")
                .body(body)
                .put("/api/v1/gates")
                .then()
                .statusCode(403)
                .body("detail", containsString("Only a platform admin"));
        guardedByApproval();

        ines.asks().get("/api/v1/gates").then().body("team", hasItem(team));
    }

    @Test
    void keeps_gates_that_an_administrator_locked() {
        RestAssured.given()
                .contentType("application/json")
                .body(Map.of("aliases", List.of("champion"), "approval", true, "locked", true))
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(200);

        ines.asks()
                .contentType("application/json")
                .body(Map.of("aliases", List.of()))
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(403);
        ines.asks().queryParam("team", team).delete("/api/v1/gates").then().statusCode(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"aliases\":[\"two words\"]}",
                "{\"aliases\":[\"a\"],\"card\":[\"nonsense\"]}",
                "{\"aliases\":[\"a\"],\"metrics\":[{\"metric\":\"\",\"better\":\"higher\"}]}",
                "{\"aliases\":[\"a\"],\"metrics\":[{\"metric\":\"m\",\"tolerance\":-1}]}",
                "{\"aliases\":[\"a\"],\"headings\":[\"\"]}",
                "{}"
            })
    void has_no_gates_of_nonsense(String body) {
        ines.asks()
                .contentType("application/json")
                .body(body)
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(400);
    }

    @Test
    void has_a_page_that_shows_each_gate_and_what_opens_it() {
        version(scientist, null);
        var rules = rules();
        rules.put("card", List.of("license"));
        rules.put("approval", true);
        gates(rules);

        var page =
                Jsoup.parse(
                        ines.asks()
                                .accept("text/html")
                                .get("/models/{m}/versions/1/promotion", model)
                                .asString());

        assertThat(page.select("h2#gates").text()).contains("v1 passed 1 of 3 gates to champion");
        assertThat(page.select(".rows.decide li .status").eachAttr("data-s"))
                .containsExactly("ok", "fail", "wait");
        assertThat(page.select("button[disabled]").text()).contains("Promote v1 to champion");
        assertThat(page.select("input[name=override]")).isEmpty();
    }

    @Test
    void is_promoted_approved_and_brought_back_by_forms() {
        version(scientist, null, "champion");
        version(scientist, null);
        guardedByApproval();

        ines.asks()
                .accept("text/html")
                .formParam("alias", "champion")
                .formParam("expected", 1)
                .formParam("note", "<b>better</b>")
                .post("/models/{m}/versions/2/promotion", model)
                .then()
                .statusCode(303);
        var page =
                Jsoup.parse(
                        ben.asks()
                                .accept("text/html")
                                .get("/models/{m}/versions/2/promotion?alias=champion", model)
                                .asString());
        assertThat(page.text()).contains("<b>better</b>");
        ben.asks()
                .accept("text/html")
                .formParam("reason", "")
                .post(page.select("form[action$=approval]").attr("action"))
                .then()
                .statusCode(303);
        assertThat(champion()).isEqualTo(2);
        var list =
                Jsoup.parse(
                        ines.asks()
                                .accept("text/html")
                                .get("/models/{m}/versions", model)
                                .asString());
        var back = list.select("form[action$=rollback]");
        assertThat(back.text()).contains("Back to v1");
        ines.asks()
                .accept("text/html")
                .formParam("expected", back.select("input[name=expected]").attr("value"))
                .post(back.attr("action"))
                .then()
                .statusCode(303);

        assertThat(champion()).isEqualTo(1);
    }

    @Test
    void is_listed_for_those_who_may_decide_and_for_whoever_asked() {
        version(scientist, null);
        guardedByApproval();
        ask(ines, 1);

        assertThat(Jsoup.parse(ben.asks().accept("text/html").get("/promotions").asString()).text())
                .contains("For you to decide")
                .contains(model + " v1 to champion");
        assertThat(
                        Jsoup.parse(ines.asks().accept("text/html").get("/promotions").asString())
                                .text())
                .doesNotContain("For you to decide")
                .contains(model + " v1 to champion");
        Person.named("stranger")
                .with("developer")
                .asks()
                .accept("text/html")
                .get("/promotions")
                .then()
                .statusCode(200)
                .body(not(containsString(model)));
    }

    @Test
    void gets_its_gates_by_a_form() {
        ines.asks()
                .accept("text/html")
                .formParam("team", team)
                .formParam("aliases", "champion, production")
                .formParam("card", "license", "results")
                .formParam("headings", "Intended use")
                .formParam("metric", "accuracy", "")
                .formParam("better", "higher", "higher")
                .formParam("tolerance", "0.01", "0")
                .formParam("approval", "true")
                .post("/gates")
                .then()
                .statusCode(303);

        var page =
                Jsoup.parse(
                        ines.asks()
                                .accept("text/html")
                                .queryParam("team", team)
                                .get("/gates")
                                .asString());
        assertThat(page.select("#aliases").attr("value")).isEqualTo("champion, production");
        assertThat(page.select("input[name=card][checked]").eachAttr("value"))
                .containsExactly("license", "results");
        assertThat(page.select("#metric-1").attr("value")).isEqualTo("accuracy");
        assertThat(page.select("#tolerance-1").attr("value")).isEqualTo("0.01");
        assertThat(page.select("input[name=approval]").hasAttr("checked")).isTrue();
        assertThat(page.select("input[name=locked]")).isEmpty();
    }
}
