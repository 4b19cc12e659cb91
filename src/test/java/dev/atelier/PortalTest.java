package dev.atelier;

import static io.restassured.RestAssured.given;
import static io.restassured.config.EncoderConfig.encoderConfig;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The portal")
class PortalTest {

    @Test
    void is_ready_when_it_answers() {
        given().get("/q/health/ready").then().statusCode(200).body("status", equalTo("UP"));
    }

    @Test
    void answers_an_unknown_address_with_a_page_to_people() {
        given().accept("text/html")
                .get("/no/such/page")
                .then()
                .statusCode(404)
                .body(containsString("<!doctype html>"));
    }

    @Test
    void refuses_a_form_that_another_site_sends() {
        given().header("Sec-Fetch-Site", "cross-site").post("/").then().statusCode(403);
    }

    @Test
    void refuses_a_host_that_is_not_its_own() {
        given().header("Host", "evil.example").get("/").then().statusCode(421);
    }

    @Test
    void forbids_inline_script_and_framing() {
        given().get("/")
                .then()
                .statusCode(200)
                .header("Content-Security-Policy", containsString("frame-ancestors 'none'"))
                .header("X-Content-Type-Options", "nosniff")
                .header("Cache-Control", "no-store");
    }

    @Test
    void says_that_a_form_was_cut_off() {
        given().config(
                        RestAssured.config()
                                .encoderConfig(
                                        encoderConfig()
                                                .encodeContentTypeAs(
                                                        "multipart/form-data", ContentType.TEXT)))
                .contentType("multipart/form-data; boundary=part")
                .body("--part\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhalf a va")
                .post("/models/anything/calls")
                .then()
                .statusCode(400)
                .body("detail", containsString("closing boundary"));
    }
}
