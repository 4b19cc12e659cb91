package dev.atelier.sharing;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("An experiment that is shared")
class ExperimentSharingTest {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private String name;
    private String id;
    private Person owner;
    private Person stranger;

    @BeforeEach
    void an_experiment_of_a_team() {
        var n = COUNT.incrementAndGet();
        name = "shared-experiment-" + n;
        owner = Person.named("owner").with("data-scientist").in("group:default/experimenters-" + n);
        stranger = Person.named("stranger").with("developer");
        id =
                owner.asks()
                        .contentType("application/json")
                        .body(Map.of("name", name))
                        .post("/api/2.0/mlflow/experiments/create")
                        .then()
                        .statusCode(200)
                        .extract()
                        .path("experiment_id");
    }

    private String ref() {
        return "experiment:default/" + id;
    }

    private static RequestSpecification page(Person person) {
        return person.asks().accept("text/html").redirects().follow(false);
    }

    private void show(String visibility) {
        page(owner)
                .formParam("visibility", visibility)
                .post("/experiments/{id}/access/visibility", id)
                .then()
                .statusCode(303);
    }

    private int record(Person person) {
        return person.asks()
                .contentType("application/json")
                .body(Map.of("experiment_id", id, "start_time", 1))
                .post("/api/2.0/mlflow/runs/create")
                .statusCode();
    }

    private int read(Person person) {
        return page(person).get("/experiments/{id}", id).statusCode();
    }

    private void ask(Person person, String use) {
        page(person)
                .formParam("on", ref())
                .formParam("use", use)
                .formParam("purpose", "A pilot until spring.")
                .post("/access")
                .then()
                .statusCode(303);
    }

    private static Document decisions(Person person) {
        return Jsoup.parse(page(person).get("/access").then().statusCode(200).extract().asString());
    }

    private static void approve(Person person) {
        page(person)
                .post(decisions(person).select("form[action$=/approval]").attr("action"))
                .then()
                .statusCode(303);
    }

    @Test
    void is_hidden_by_its_owner_and_leads_to_asking_for_it() {
        assertThat(read(stranger)).isEqualTo(200);

        show("restricted");

        var refused = page(stranger).get("/experiments/{id}", id).then().statusCode(404);
        var ask = Jsoup.parse(refused.extract().asString()).select("a[href^=/access/new]");
        assertThat(ask.attr("href")).isEqualTo("/access/new?on=experiment%3Adefault%2F" + id);
        var form =
                Jsoup.parse(
                        page(stranger)
                                .queryParam("on", ref())
                                .get("/access/new")
                                .then()
                                .statusCode(200)
                                .body(not(containsString(name)))
                                .extract()
                                .asString());
        assertThat(form.selectFirst("h1").text()).isEqualTo("Ask for access to experiment " + id);
        assertThat(form.select("label[for=on]").text()).isEqualTo("Experiment");
        assertThat(form.select("#on").val()).isEqualTo(ref());
        assertThat(form.select("[name=use]").eachAttr("value")).containsExactly("follow", "record");
    }

    @Test
    void is_seen_by_whom_its_owner_lets_see_it() {
        show("restricted");
        ask(stranger, "follow");
        assertThat(read(stranger)).isEqualTo(404);

        approve(owner);

        assertThat(read(stranger)).isEqualTo(200);
        assertThat(record(stranger)).isEqualTo(403);
        assertThat(decisions(stranger).text())
                .contains("To see it experiment " + id)
                .contains("Approved");
    }

    @Test
    void takes_runs_of_whom_its_owner_lets_record_whatever_their_role() {
        assertThat(record(stranger)).isEqualTo(403);
        ask(stranger, "record");

        approve(owner);

        assertThat(record(stranger)).isEqualTo(200);
        var elsewhere =
                stranger.asks()
                        .contentType("application/json")
                        .body(Map.of("name", name + "-mine"))
                        .post("/api/2.0/mlflow/experiments/create");
        assertThat(elsewhere.statusCode()).isEqualTo(403);
    }

    @Test
    void lets_those_who_may_record_in_it_alone_make_no_other() {
        page(owner)
                .formParam("holder", stranger.name())
                .formParam("use", "record")
                .post("/experiments/{id}/access/grants", id)
                .then()
                .statusCode(303);
        assertThat(record(stranger)).isEqualTo(200);

        page(stranger)
                .formParam("name", name + "-other")
                .post("/experiments")
                .then()
                .statusCode(403);
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("name", name + "-other"))
                .post("/api/2.0/mlflow/experiments/create")
                .then()
                .statusCode(403);
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("server", "https://mlflow.example"))
                .post("/api/v1/imports")
                .then()
                .statusCode(403);
        stranger.asks()
                .contentType("application/json")
                .body(Map.of("experiment_id", id, "new_name", name + "-renamed"))
                .post("/api/2.0/mlflow/experiments/update")
                .then()
                .statusCode(200);
    }

    @Test
    void is_given_and_taken_back_on_its_own_page() {
        show("team");
        assertThat(read(stranger)).isEqualTo(403);

        page(owner)
                .formParam("holder", stranger.name())
                .formParam("use", "record")
                .formParam("reason", "joins the project")
                .post("/experiments/{id}/access/grants", id)
                .then()
                .statusCode(303);
        assertThat(read(stranger)).isEqualTo(200);
        assertThat(record(stranger)).isEqualTo(200);
        var access = Jsoup.parse(page(owner).get("/experiments/{id}/access", id).asString());
        assertThat(access.select(".matrix thead th").eachText())
                .containsExactly("Who", "See", "Record", "Share", "Because");
        assertThat(access.select(".matrix tbody tr").first().text()).contains("joins the project");
        page(owner)
                .formParam("holder", access.select("[name=holder][type=hidden]").val())
                .post("/experiments/{id}/access/revocation", id)
                .then()
                .statusCode(303);

        assertThat(read(stranger)).isEqualTo(403);
        assertThat(record(stranger)).isEqualTo(403);
    }

    private static RequestSpecification api(Person person) {
        return person.asks().contentType("application/json").accept("application/json");
    }

    @Test
    void is_given_and_taken_back_by_programs() {
        var access = "/api/v1/experiments/%s/access".formatted(id);
        api(stranger)
                .get(access)
                .then()
                .statusCode(200)
                .body("resource", equalTo(ref()))
                .body("visibility", equalTo("company"))
                .body("youMay", equalTo(List.of("experiment:read")))
                .body("grants", equalTo(List.of()));

        api(owner)
                .body(Map.of("visibility", "restricted"))
                .put(access + "/visibility")
                .then()
                .statusCode(204);
        api(stranger).get(access).then().statusCode(404);
        assertThat(read(stranger)).isEqualTo(404);
        api(owner)
                .body(Map.of("holder", stranger.name(), "use", "record", "reason", "a pilot"))
                .post(access + "/grants")
                .then()
                .statusCode(204);

        assertThat(record(stranger)).isEqualTo(200);
        api(stranger)
                .get(access)
                .then()
                .statusCode(200)
                .body("youMay", equalTo(List.of("experiment:read", "experiment:record")))
                .body("grants", equalTo(List.of()));
        var holder =
                api(owner)
                        .get(access)
                        .then()
                        .statusCode(200)
                        .body("visibility", equalTo("restricted"))
                        .body("youMay", hasItem("experiment:share"))
                        .body(
                                "grants[0].permissions",
                                equalTo(List.of("experiment:read", "experiment:record")))
                        .body("grants[0].reason", equalTo("a pilot"))
                        .extract()
                        .<String>path("grants[0].holder");
        api(owner).queryParam("holder", holder).delete(access + "/grants").then().statusCode(204);
        api(stranger).get(access).then().statusCode(404);
        assertThat(record(stranger)).isEqualTo(403);
    }

    @Test
    void is_decided_about_by_programs_of_nobody_but_its_owner() {
        var access = "/api/v1/experiments/%s/access".formatted(id);
        api(stranger)
                .body(Map.of("visibility", "restricted"))
                .put(access + "/visibility")
                .then()
                .statusCode(403);
        api(stranger)
                .body(Map.of("holder", stranger.name(), "use", "record"))
                .post(access + "/grants")
                .then()
                .statusCode(403);
        var another = Person.named("another").with("data-scientist").in("group:default/elsewhere");
        api(another)
                .body(Map.of("holder", another.name(), "use", "record"))
                .post(access + "/grants")
                .then()
                .statusCode(403);
        for (var wrong :
                List.of(
                        Map.of("holder", stranger.name(), "use", "call"),
                        Map.of("holder", "nobody-of-that-name", "use", "record"),
                        Map.of("use", "record"))) {
            assertThat(api(owner).body(wrong).post(access + "/grants").statusCode()).isIn(400, 422);
        }
        api(owner)
                .body(Map.of("visibility", "secret"))
                .put(access + "/visibility")
                .then()
                .statusCode(400);
        api(owner).get("/api/v1/experiments/999999999/access").then().statusCode(404);
    }

    private static void share(String permission, String reach) {
        given().redirects()
                .follow(false)
                .formParam("role", "data-scientist")
                .formParam("permission", permission)
                .formParam("reach", reach)
                .post("/admin/access/matrix")
                .then()
                .statusCode(303);
    }

    @Test
    void is_shared_by_a_permission_of_its_own() {
        share("experiment:share", "no");
        try {
            page(owner)
                    .formParam("visibility", "restricted")
                    .post("/experiments/{id}/access/visibility", id)
                    .then()
                    .statusCode(403);
        } finally {
            share("experiment:share", "own");
        }
        share("model:share", "no");
        try {
            show("restricted");
        } finally {
            share("model:share", "own");
        }
        assertThat(read(stranger)).isEqualTo(404);
    }

    @Test
    void is_decided_about_by_nobody_but_its_owner() {
        page(stranger)
                .formParam("visibility", "restricted")
                .post("/experiments/{id}/access/visibility", id)
                .then()
                .statusCode(403);
        page(stranger)
                .formParam("holder", stranger.name())
                .formParam("use", "record")
                .post("/experiments/{id}/access/grants", id)
                .then()
                .statusCode(403);

        var theirs = Jsoup.parse(page(stranger).get("/experiments/{id}/access", id).asString());

        assertThat(theirs.select("form[action*=/access/]")).isEmpty();
        assertThat(theirs.text()).contains("You may see it.").doesNotContain("Give access");
    }

    @Test
    void says_the_same_of_one_that_is_hidden_and_of_one_that_is_not_there() {
        show("restricted");
        var question = Map.of("on", ref(), "use", "follow", "purpose", "to see");
        var missing =
                Map.of("on", "experiment:default/999999999", "use", "follow", "purpose", "to see");

        for (var one : new Map<?, ?>[] {question, missing}) {
            stranger.asks()
                    .contentType("application/json")
                    .body(one)
                    .post("/api/v1/access-requests")
                    .then()
                    .statusCode(201)
                    .body("state", equalTo("open"));
        }
    }

    @Test
    void refuses_what_is_no_experiment_and_what_one_cannot_want_of_it() {
        for (var wrong :
                new Map<?, ?>[] {
                    Map.of("on", "experiment:default/x", "use", "follow", "purpose", "p"),
                    Map.of("on", "experiment:other/1", "use", "follow", "purpose", "p"),
                    Map.of("on", ref(), "use", "call", "purpose", "p"),
                }) {
            var status =
                    stranger.asks()
                            .contentType("application/json")
                            .body(wrong)
                            .post("/api/v1/access-requests")
                            .statusCode();
            assertThat(status).isIn(400, 422);
        }
    }
}
