package dev.atelier.sharing;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.identity.Role;
import dev.atelier.platform.database.Sql;
import dev.atelier.serving.Models;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.builder.MultiPartSpecBuilder;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A model that is shared")
class SharingTest {

    private static final AtomicInteger COUNT = new AtomicInteger();

    @Inject Sql sql;

    private String model;
    private String team;
    private Person owner;
    private Person stranger;

    @BeforeEach
    void a_model_of_a_team() {
        var n = COUNT.incrementAndGet();
        model = "shared-" + n;
        team = "group:default/owners-" + n;
        owner = Person.named("owner").with("data-scientist").in(team);
        stranger = Person.named("stranger").with("developer");
        owner.asks()
                .multiPart("file", "model.onnx", Models.doubling())
                .multiPart(
                        new MultiPartSpecBuilder("{\"owner\": \"%s\"}".formatted(team))
                                .controlName("parameters")
                                .emptyFileName()
                                .build())
                .post("/api/v1/models/{name}/versions", model)
                .then()
                .statusCode(201);
    }

    private String ref() {
        return "model:default/" + model;
    }

    private void show(String visibility) {
        owner.asks()
                .contentType("application/json")
                .body(Map.of("visibility", visibility))
                .put("/api/v1/models/{name}/access/visibility", model)
                .then()
                .statusCode(204);
    }

    private long ask(Person person, String use) {
        return person.asks()
                .contentType("application/json")
                .body(Map.of("on", model, "use", use, "purpose", "A pilot <b>until</b> spring."))
                .post("/api/v1/access-requests")
                .then()
                .statusCode(201)
                .extract()
                .jsonPath()
                .getLong("id");
    }

    private static RequestSpecification page(Person person) {
        return person.asks().accept("text/html");
    }

    @Test
    void is_in_no_list_count_search_or_relation_of_those_it_is_hidden_from() {
        var all = count(stranger);
        show("restricted");

        assertThat(count(stranger)).isEqualTo(all - 1);
        assertThat(count(owner)).isEqualTo(all);
        stranger.asks()
                .queryParam("filter", "kind=model")
                .queryParam("limit", 10_000)
                .get("/api/catalog/entities/by-query")
                .then()
                .body("items.metadata.name", not(hasItem(model)));
        stranger.asks()
                .get("/api/catalog/entities/by-name/model/default/{name}", model)
                .then()
                .statusCode(404);
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("entityRefs", List.of(ref())))
                .post("/api/catalog/entities/by-refs")
                .then()
                .body("items", equalTo(Collections.singletonList(null)));
        stranger.asks()
                .queryParam("facet", "metadata.name")
                .queryParam("filter", "kind=model")
                .get("/api/catalog/entity-facets")
                .then()
                .body("facets.'metadata.name'.value", not(hasItem(model)));
        stranger.asks()
                .queryParam("filter", "kind=model")
                .get("/api/catalog/entities")
                .then()
                .body("metadata.name", not(hasItem(model)));
        stranger.asks().get("/api/v1/models").then().body("name", not(hasItem(model)));
        stranger.asks()
                .contentType("application/json")
                .post("/v2/repository/index")
                .then()
                .body("name", not(hasItem(model)));
        page(stranger)
                .queryParam("q", model)
                .get("/palette")
                .then()
                .body(not(containsString(ref())));
        page(stranger)
                .queryParam("kind", "model")
                .queryParam("q", model)
                .get("/catalog")
                .then()
                .body(not(containsString("/models/" + model + "\"")));
        page(stranger).get("/").then().body(not(containsString("/models/" + model)));

        owner.asks().get("/api/v1/models").then().body("name", hasItem(model));
        page(owner).get("/").then().body(containsString("/models/" + model));
    }

    private int count(Person person) {
        return person.asks()
                .queryParam("filter", "kind=model")
                .queryParam("limit", 0)
                .get("/api/catalog/entities/by-query")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getInt("totalItems");
    }

    @Test
    void that_is_hidden_leaves_the_relations_of_what_others_see() {
        var group = team.substring(team.indexOf('/') + 1);
        // The team of accounts becomes a group of the catalog a moment later.
        Awaitility.await()
                .untilAsserted(() -> assertThat(ownedBy(stranger, group)).contains(ref()));
        show("restricted");
        assertThat(ownedBy(stranger, group)).doesNotContain(ref());
        assertThat(ownedBy(owner, group)).contains(ref());
    }

    private List<String> ownedBy(Person person, String group) {
        return person.asks()
                .get("/api/catalog/entities/by-name/group/default/{name}", group)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("relations.targetRef");
    }

    @Test
    void that_is_hidden_is_refused_in_the_words_of_one_that_does_not_exist() {
        show("restricted");
        for (var path :
                List.of(
                        "/api/v1/models/{name}",
                        "/api/v1/models/{name}/versions",
                        "/api/v1/models/{name}/access",
                        "/models/{name}/try",
                        "/models/{name}/access",
                        "/models/{name}/observability",
                        "/v2/models/{name}",
                        "/catalog/default/model/{name}")) {
            var hidden = stranger.asks().accept("*/*").get(path, model).then().extract();
            var missing = stranger.asks().accept("*/*").get(path, "missing-one").then().extract();
            assertThat(hidden.statusCode()).as(path).isEqualTo(404);
            assertThat(hidden.asString())
                    .as(path)
                    .isEqualTo(missing.asString().replace("missing-one", model));
        }
        var body =
                Map.of(
                        "inputs",
                        List.of(
                                Map.of(
                                        "name",
                                        "x",
                                        "datatype",
                                        "FP32",
                                        "shape",
                                        List.of(1, 2),
                                        "data",
                                        List.of(1, 2))));
        var answers =
                List.of(model, "missing-one").stream()
                        .map(
                                name ->
                                        stranger.asks()
                                                .contentType("application/json")
                                                .body(body)
                                                .post("/v2/models/{name}/infer", name)
                                                .then()
                                                .statusCode(404)
                                                .extract()
                                                .asString()
                                                .replace(name, "it"))
                        .distinct();
        assertThat(answers).hasSize(1);
    }

    @Test
    void answers_anew_when_what_somebody_may_see_changed() {
        var tag =
                stranger.asks()
                        .queryParam("filter", "kind=model")
                        .get("/api/catalog/entities/by-query")
                        .header("ETag");
        show("restricted");
        stranger.asks()
                .queryParam("filter", "kind=model")
                .header("If-None-Match", tag)
                .get("/api/catalog/entities/by-query")
                .then()
                .statusCode(200);
    }

    @Test
    void of_a_team_is_found_by_all_and_opened_by_those_whom_its_owner_lets() {
        show("team");
        stranger.asks()
                .get("/api/catalog/entities/by-name/model/default/{name}", model)
                .then()
                .statusCode(200);
        var refused = page(stranger).get("/models/{name}", model).then().statusCode(403).extract();
        var button = Jsoup.parse(refused.asString()).selectFirst("a[href^=/access/new]");
        assertThat(button).isNotNull();
        assertThat(button.attr("href")).isEqualTo("/access/new?on=model%3Adefault%2F" + model);

        page(stranger)
                .formParam("on", ref())
                .formParam("use", "try")
                .formParam("purpose", "\"><svg onload=x>")
                .post("/access")
                .then()
                .statusCode(303);
        var waiting = Jsoup.parse(page(owner).get("/access").then().extract().asString());
        assertThat(waiting.select("h1").text()).isEqualTo("One request waits for you");
        assertThat(waiting.select("svg[onload]")).isEmpty();
        assertThat(waiting.select(".rows.decide").text()).contains("\"><svg onload=x>");
        page(owner).get("/").then().body(containsString("asks for access to " + model));
        assertThat(news(owner)).anyMatch(text -> text.contains("asks for access to " + model));

        var form = waiting.selectFirst("form[action$=/approval]");
        assertThat(form).isNotNull();
        page(owner).formParam("answer", "Welcome").post(form.attr("action")).then().statusCode(303);

        page(stranger).get("/models/{name}", model).then().statusCode(200);
        page(stranger).get("/models/{name}/try", model).then().statusCode(200);
        var mine = Jsoup.parse(page(stranger).get("/access").then().extract().asString());
        assertThat(mine.select("#main").text()).contains("Approved by " + owner.ref(), "Welcome");
        assertThat(news(stranger)).contains("You may try it " + model + " now");
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("inputs", List.of()))
                .post("/v2/models/{name}/infer", model)
                .then()
                .statusCode(403);
    }

    private static List<String> news(Person person) {
        return person.asks()
                .get("/api/v1/notifications")
                .then()
                .extract()
                .jsonPath()
                .getList("notifications.text");
    }

    @Test
    void is_closed_again_when_a_grant_ends_or_is_taken_back() {
        show("team");
        approve(ask(stranger, "see"));
        stranger.asks().get("/api/v1/models/{name}", model).then().statusCode(200);
        page(owner)
                .formParam("holder", stranger.ref())
                .post("/models/{name}/access/revocation", model)
                .then()
                .statusCode(303);
        stranger.asks().get("/api/v1/models/{name}", model).then().statusCode(403);

        approve(ask(stranger, "see"));
        stranger.asks().get("/api/v1/models/{name}", model).then().statusCode(200);
        sql.update(
                "update resource_grant set until = clock_timestamp() - interval '1 s' where resource = ?",
                ref());
        Awaitility.await()
                .untilAsserted(
                        () ->
                                stranger.asks()
                                        .get("/api/v1/models/{name}", model)
                                        .then()
                                        .statusCode(403));
    }

    private void approve(long id) {
        owner.asks()
                .contentType("application/json")
                .post("/api/v1/access-requests/{id}/approval", id)
                .then()
                .statusCode(200)
                .body("state", equalTo("approved"));
    }

    @Test
    void ends_when_whoever_asked_wanted_it_to() {
        show("team");
        var id =
                stranger.asks()
                        .contentType("application/json")
                        .body(
                                Map.of(
                                        "on",
                                        model,
                                        "use",
                                        "call",
                                        "purpose",
                                        "A pilot",
                                        "until",
                                        "2100-01-01T00:00:00Z"))
                        .post("/api/v1/access-requests")
                        .then()
                        .statusCode(201)
                        .extract()
                        .jsonPath()
                        .getLong("id");
        approve(id);
        owner.asks()
                .get("/api/v1/models/{name}/access", model)
                .then()
                .body("grants[0].until", equalTo("2100-01-01T00:00:00Z"))
                .body(
                        "grants[0].permissions",
                        equalTo(List.of("model:call", "model:read", "model:try")));
    }

    @Test
    void is_decided_about_by_its_owners_and_by_nobody_else() {
        show("team");
        var id = ask(stranger, "call");
        var other = Person.named("other").with("data-scientist").in("group:default/elsewhere");
        for (var act : List.of("approval", "refusal")) {
            stranger.asks()
                    .contentType("application/json")
                    .body(Map.of("answer", "Mine"))
                    .post("/api/v1/access-requests/{id}/{act}", id, act)
                    .then()
                    .statusCode(403);
            other.asks()
                    .contentType("application/json")
                    .body(Map.of("answer", "Mine"))
                    .post("/api/v1/access-requests/{id}/{act}", id, act)
                    .then()
                    .statusCode(404);
        }
        other.asks().delete("/api/v1/access-requests/{id}", id).then().statusCode(404);
        other.asks()
                .queryParam("to", "decide")
                .get("/api/v1/access-requests")
                .then()
                .body("resource", not(hasItem(ref())));
        owner.asks()
                .queryParam("to", "decide")
                .get("/api/v1/access-requests")
                .then()
                .body("resource", hasItem(ref()));
        stranger.asks()
                .get("/api/v1/models/{name}", model)
                .then()
                .statusCode(403)
                .body("ask", equalTo("/access/new?on=model%3Adefault%2F" + model));
    }

    @Test
    void is_decided_about_once() throws Exception {
        show("team");
        var id = ask(stranger, "try");
        try (var threads = Executors.newFixedThreadPool(8)) {
            var codes =
                    threads
                            .invokeAll(
                                    IntStream.range(0, 16)
                                            .<Callable<Integer>>mapToObj(
                                                    i ->
                                                            () ->
                                                                    owner.asks()
                                                                            .contentType(
                                                                                    "application/json")
                                                                            .body(
                                                                                    Map.of(
                                                                                            "answer",
                                                                                            "No. "
                                                                                                    + i))
                                                                            .post(
                                                                                    "/api/v1/access-requests/{id}/"
                                                                                            + (i % 2
                                                                                                            == 0
                                                                                                    ? "approval"
                                                                                                    : "refusal"),
                                                                                    id)
                                                                            .statusCode())
                                            .toList())
                            .stream()
                            .map(
                                    future -> {
                                        try {
                                            return future.get();
                                        } catch (Exception e) {
                                            throw new AssertionError(e);
                                        }
                                    })
                            .toList();
            assertThat(codes).containsOnly(200, 409);
            assertThat(codes.stream().filter(code -> code == 200)).hasSize(1);
        }
        var decided = stranger.asks().get("/api/v1/access-requests").then().extract().jsonPath();
        var granted = sql.list("select 1 from resource_grant where resource = ?", r -> 1, ref());
        assertThat(granted.isEmpty()).isEqualTo(decided.getString("[0].state").equals("declined"));
    }

    @Test
    void is_asked_for_once_at_a_time_and_can_be_asked_for_again() {
        show("team");
        var id = ask(stranger, "try");
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("on", model, "use", "call", "purpose", "More"))
                .post("/api/v1/access-requests")
                .then()
                .statusCode(409);
        stranger.asks().delete("/api/v1/access-requests/{id}", id).then().statusCode(204);
        stranger.asks().delete("/api/v1/access-requests/{id}", id).then().statusCode(409);
        ask(stranger, "call");
    }

    @Test
    void can_be_asked_for_without_learning_whether_it_exists() {
        show("restricted");
        var answers =
                List.of(model, "missing-" + model).stream()
                        .map(
                                name ->
                                        stranger.asks()
                                                .contentType("application/json")
                                                .body(
                                                        Map.of(
                                                                "on",
                                                                name,
                                                                "use",
                                                                "see",
                                                                "purpose",
                                                                "I have a link"))
                                                .post("/api/v1/access-requests")
                                                .then()
                                                .extract())
                        .toList();
        assertThat(answers).extracting(a -> a.statusCode()).containsOnly(201);
        assertThat(answers).extracting(a -> a.jsonPath().getString("state")).containsOnly("open");
        owner.asks()
                .queryParam("to", "decide")
                .get("/api/v1/access-requests")
                .then()
                .body("resource", hasItem(ref()));
    }

    @Test
    void is_handed_on_by_nobody_who_may_not_do_it_themselves() {
        owner.asks()
                .contentType("application/json")
                .body(Map.of("holder", owner.name(), "use", "change"))
                .post("/api/v1/models/{name}/access/grants", model)
                .then()
                .statusCode(403)
                .body("detail", containsString("you may not yourself"));
        owner.asks().get("/api/v1/models/{name}/access", model).then().body("grants", hasSize(0));
    }

    @Test
    void is_given_to_somebody_who_exists_only() {
        for (var nobody : List.of("nobody-here", "group:default/nobody-here", "a b", ":", "")) {
            page(owner)
                    .formParam("holder", nobody)
                    .formParam("use", "try")
                    .post("/models/{name}/access/grants", model)
                    .then()
                    .statusCode(422)
                    .body(containsString("Nobody here is called"));
        }
        for (var somebody : List.of(stranger.name(), stranger.ref(), team, "everyone")) {
            page(owner)
                    .formParam("holder", somebody)
                    .formParam("use", "try")
                    .post("/models/{name}/access/grants", model)
                    .then()
                    .statusCode(303);
        }
    }

    @Test
    void says_what_is_wrong_with_a_question() {
        for (var wrong :
                List.of(
                        Map.of("on", model, "use", "try", "purpose", " "),
                        Map.of("on", model, "use", "steal", "purpose", "Because"),
                        Map.of("on", "../x", "use", "try", "purpose", "Because"),
                        Map.of("on", model, "use", "try", "purpose", "x".repeat(1001)),
                        Map.of(
                                "on",
                                model,
                                "use",
                                "try",
                                "purpose",
                                "Because",
                                "until",
                                "2001-01-01T00:00:00Z"))) {
            stranger.asks()
                    .contentType("application/json")
                    .body(wrong)
                    .post("/api/v1/access-requests")
                    .then()
                    .statusCode(400)
                    .body("errors", hasSize(1));
        }
        page(stranger)
                .formParam("on", model)
                .formParam("use", "try")
                .formParam("purpose", "Because")
                .formParam("until", "next spring")
                .post("/access")
                .then()
                .statusCode(422)
                .body(containsString("is no day"));
    }

    @Test
    void is_in_the_audit_log_with_every_step() {
        show("team");
        approve(ask(stranger, "try"));
        page(owner)
                .formParam("holder", stranger.ref())
                .post("/models/{name}/access/revocation", model)
                .then()
                .statusCode(303);
        List<String> actions =
                given().queryParam("resource", ref())
                        .get("/api/v1/audit")
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("action");
        assertThat(actions)
                .filteredOn(action -> !action.startsWith("model-version"))
                .containsExactly(
                        "resource.revoke",
                        "access.approve",
                        "resource.grant",
                        "access.ask",
                        "resource.show");
    }

    @Test
    void shows_a_visitor_what_they_may_and_its_owner_the_forms() {
        var visitor = Jsoup.parse(page(stranger).get("/models/{name}/access", model).asString());
        assertThat(visitor.select("form[action^=/models]")).isEmpty();
        assertThat(visitor.select("#main").text()).contains("You may call it", "Ask for more");
        var keeper = Jsoup.parse(page(owner).get("/models/{name}/access", model).asString());
        assertThat(keeper.select("form[action$=/visibility] input[checked]").attr("value"))
                .isEqualTo("company");
        assertThat(keeper.select("table.matrix tbody tr")).hasSize(Role.values().length);
    }
}
