package dev.atelier.sandbox;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.Versions;
import dev.atelier.serving.Gateway;
import dev.atelier.serving.RunnerStatus;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.File;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(Seeded.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Try it")
class TryItTest {

    private static final Map<String, String> ADELIE =
            Map.of(
                    "version", "1",
                    "bill_length_mm", "42.8",
                    "bill_depth_mm", "18.5",
                    "flipper_length_mm", "195",
                    "body_mass_g", "4250",
                    "island", "Torgersen",
                    "sex", "male");

    @Inject Versions versions;
    @Inject Gateway gateway;

    @BeforeEach
    void wait_for_the_seed_models() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> versions.serving("penguin-species").isPresent());
    }

    @Test
    void opens_with_a_real_example_in_a_form_from_the_signature() {
        var page = page(given().get("/models/penguin-species/try"));

        assertThat(page.select("#try input[name=bill_length_mm]").val()).isEqualTo("42.8");
        assertThat(page.select("#try select[name=island] option").eachText())
                .containsExactly("Biscoe", "Dream", "Torgersen");
        assertThat(page.select("#try select[name=island] option[selected]").text())
                .isEqualTo("Torgersen");
        assertThat(page.select(".tabs a[aria-current]").text()).isEqualTo("Try it");
    }

    @Test
    void answers_the_form_and_links_to_the_call() {
        var redirect = form(ADELIE).redirects().follow(false).post("/models/penguin-species/calls");

        assertThat(redirect.statusCode()).isEqualTo(303);
        var page = page(given().get(redirect.header("Location")));
        assertThat(page.select(".verdict .big").text()).startsWith("Adelie");
        assertThat(page.select("#try input[name=bill_length_mm]").val()).isEqualTo("42.8");
        assertThat(page.select("#recent tbody tr").first().text()).contains("Adelie");
    }

    @Test
    void answers_htmx_with_the_parts_that_changed() {
        var answer =
                form(ADELIE).header("HX-Request", "true").post("/models/penguin-species/calls");

        var parts = Jsoup.parseBodyFragment(answer.asString());
        assertThat(answer.header("HX-Push-Url")).startsWith("/models/penguin-species/try?call=");
        assertThat(parts.select("html head title")).allSatisfy(t -> assertThat(t.text()).isEmpty());
        assertThat(parts.select("#outcome .verdict .big").text()).startsWith("Adelie");
        assertThat(parts.select("#outcome #said").text()).contains("Adelie");
        assertThat(parts.select("#code[hx-swap-oob] pre")).hasSize(3);
        assertThat(parts.select("#recent[hx-swap-oob] tbody tr")).isNotEmpty();
    }

    @Test
    void prints_the_same_call_as_curl_and_the_call_works() {
        var answer =
                form(ADELIE).header("HX-Request", "true").post("/models/penguin-species/calls");
        var curl = Jsoup.parseBodyFragment(answer.asString()).select("#snippet-curl").text();
        var body = curl.substring(curl.indexOf('{'), curl.lastIndexOf('}') + 1);

        var direct =
                given().contentType("application/json")
                        .body(body)
                        .post("/v2/models/penguin-species/versions/1/infer");

        assertThat(direct.statusCode()).isEqualTo(200);
        assertThat(direct.jsonPath().getString("outputs.find {it.name == 'label'}.data[0]"))
                .isEqualTo("Adelie");
    }

    @Test
    void names_every_wrong_field_and_runs_nothing() {
        var wrong = new HashMap<>(ADELIE);
        wrong.put("bill_length_mm", "long");
        wrong.put("island", "Atlantis");

        var answer = form(wrong).header("HX-Request", "true").post("/models/penguin-species/calls");

        assertThat(answer.statusCode()).isEqualTo(422);
        var items = Jsoup.parse(answer.asString()).select(".error-summary li").eachText();
        assertThat(items)
                .containsExactlyInAnyOrder(
                        "Bill length: Enter a number, not “long”.",
                        "Island: “Atlantis” is not one of Biscoe, Dream, Torgersen.");
    }

    @Test
    void keeps_what_was_typed_when_it_is_wrong() {
        var wrong = new HashMap<>(ADELIE);
        wrong.put("bill_length_mm", "\"><svg onload=alert(1)>");

        var page = page(form(wrong).accept("text/html").post("/models/penguin-species/calls"));

        assertThat(page.select("#try input[name=bill_length_mm]").val())
                .isEqualTo("\"><svg onload=alert(1)>");
        assertThat(page.select("svg[onload]")).isEmpty();
        assertThat(page.select(".field.invalid")).hasSize(1);
    }

    @Test
    void explains_a_tabular_answer_exactly_and_the_parts_add_up() {
        var why = page(given().get(call("penguin-species", ADELIE) + "/why"));

        assertThat(why.select(".bars.why > .v")).hasSize(6);
        assertThat(why.text())
                .contains("exact over all combinations")
                .contains("The parts add up to the whole difference.");
    }

    @Test
    void sweeps_one_field_over_its_range() {
        var call = call("penguin-species", ADELIE);

        var numeric = page(given().get(call + "/what-if?field=bill_length_mm&at=55"));
        var choices = page(given().get(call + "/what-if?field=island"));

        assertThat(
                        numeric.select("svg.plot path.ln")
                                .attr("d")
                                .chars()
                                .filter(c -> c == 'L')
                                .count())
                .isEqualTo(WhatIf.STEPS);
        assertThat(numeric.text()).contains("At 55 mm:");
        assertThat(choices.select("table.data tbody th").eachText())
                .containsExactly("Biscoe", "Dream", "Torgersen");
    }

    @Test
    void puts_two_versions_side_by_side() {
        for (int i = 0; i < 2; i++) {
            given().multiPart("file", new File("catalog/models/penguin-species/model.onnx"))
                    .multiPart("file", new File("catalog/models/penguin-species/interface.json"))
                    .multiPart("parameters", "{\"force\": true}")
                    .post("/api/v1/models/penguin-pair/versions")
                    .then()
                    .statusCode(201);
        }
        var both = new HashMap<>(ADELIE);
        both.put("with", "2");

        var answer = form(both).header("HX-Request", "true").post("/models/penguin-pair/calls");

        var again = page(given().get(answer.header("HX-Push-Url")));
        assertThat(again.select("#outcome .verdict .big")).hasSize(2);
        assertThat(again.select("#with option[selected]").val()).isEqualTo("2");
        var results = Jsoup.parseBodyFragment(answer.asString()).select("#outcome section");
        assertThat(results.select("header p").eachText())
                .anySatisfy(text -> assertThat(text).startsWith("v1,"))
                .anySatisfy(text -> assertThat(text).startsWith("v2,"));
        assertThat(results.select(".verdict .big")).hasSize(2);
    }

    @Test
    void opens_a_kept_call_without_running_the_model_and_offers_to_run_it_again() {
        var link = location("penguin-species", ADELIE);
        var version = versions.ready("penguin-species");
        gateway.unload(gateway.servable(version));

        var page = page(given().get(link));

        assertThat(page.select("#outcome .verdict .big").text()).startsWith("Adelie");
        assertThat(page.select("#outcome button[type=submit]").text()).isEqualTo("Run again");
        assertThat(page.select("#snippet-curl").text()).contains("42.8");
        assertThat(gateway.runners())
                .filteredOn(runner -> runner.name().equals("penguin-species"))
                .extracting(RunnerStatus::state)
                .doesNotContain("loaded");
    }

    @Test
    void keeps_the_kind_of_every_answer_as_it_was_given() {
        var texts =
                given().multiPart("version", "1")
                        .multiPart("text", "A boat on the sea")
                        .multiPart("text", "A ship on the water");
        var link =
                texts.redirects()
                        .follow(false)
                        .post("/models/sentence-similarity/calls")
                        .header("Location");

        var fresh = page(given().get(link));

        assertThat(fresh.select("#outcome .verdict .big").text()).matches("\\D+ 0\\.\\d{3}");
    }

    @Test
    void answers_404_for_a_call_that_is_not_there() {
        given().accept("text/html")
                .get("/models/penguin-species/try?call=00000000-0000-0000-0000-000000000000")
                .then()
                .statusCode(404);
    }

    private static String call(String model, Map<String, String> values) {
        var location = location(model, values);
        return "/models/" + model + "/calls/" + location.substring(location.indexOf("call=") + 5);
    }

    private static String location(String model, Map<String, String> values) {
        return form(values)
                .redirects()
                .follow(false)
                .post("/models/" + model + "/calls")
                .header("Location");
    }

    private static RequestSpecification form(Map<String, String> values) {
        var request = given();
        values.forEach(request::multiPart);
        return request;
    }

    private static Document page(Response response) {
        return Jsoup.parse(response.asString());
    }
}
