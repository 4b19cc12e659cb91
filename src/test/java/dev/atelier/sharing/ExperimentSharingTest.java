package dev.atelier.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
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
