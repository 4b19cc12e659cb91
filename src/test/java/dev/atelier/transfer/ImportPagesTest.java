package dev.atelier.transfer;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(ImportsNearby.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The form that begins an import")
class ImportPagesTest {

    private static RequestSpecification form() {
        return given().accept("text/html").redirects().follow(false);
    }

    /** What the form says is wrong. */
    private static String fault(Response answer) {
        assertThat(answer.statusCode()).isEqualTo(422);
        var page = Jsoup.parse(answer.asString());
        assertThat(page.select("form[action$=/imports/servers]")).hasSize(1);
        return page.select("[role=alert] li").text();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nonsense | | | | | is what MLFLOW_TRACKING_URI has",
                "'' | | | | | is what MLFLOW_TRACKING_URI has",
                "ftp://mlflow.example | | | | | Only https addresses are fetched",
                "http://10.0.0.1 | | | | | ATELIER_OUTBOUND_ALLOW",
                "http://127.0.0.1:9 | t | u | | | a token, or a user with a password, not both",
                "http://127.0.0.1:9 | | | p | | Name the user",
                "http://127.0.0.1:9 | | | | a b c | such as group:default/vision",
            })
    void says_what_is_wrong_with_a_server(
            String address,
            String token,
            String user,
            String password,
            String owner,
            String reason) {
        var answer =
                form().formParam("address", address)
                        .formParam("token", token == null ? "" : token)
                        .formParam("user", user == null ? "" : user)
                        .formParam("password", password == null ? "" : password)
                        .formParam("owner", owner == null ? "group:default/vision" : owner)
                        .post("/imports/servers");

        assertThat(fault(answer)).contains(reason);
        assertThat(Jsoup.parse(answer.asString()).select("#address").val()).isEqualTo(address);
    }

    @ParameterizedTest
    @CsvSource({"/etc", "/nowhere-at-all", "''", "a/../b"})
    void says_which_folders_may_be_named(String folder) {
        var answer =
                form().formParam("folder", folder)
                        .formParam("owner", "group:default/vision")
                        .post("/imports/folders");

        assertThat(fault(answer)).contains("atelier.imports.roots");
    }

    @Test
    void says_what_is_wrong_with_an_archive() {
        assertThat(
                        fault(
                                form().multiPart("owner", "group:default/vision")
                                        .post("/imports/archives")))
                .contains("Choose an archive");
        assertThat(
                        fault(
                                form().multiPart("owner", "group:default/vision")
                                        .multiPart("file", "empty.zip", new byte[0])
                                        .post("/imports/archives")))
                .contains("is empty")
                .contains("Choose a zip or tar archive");
        assertThat(
                        fault(
                                form().contentType("multipart/form-data; boundary=x")
                                        .body("--x\r\nContent-Dispo".getBytes())
                                        .post("/imports/archives")))
                .contains("Send it again");
    }

    @Test
    void says_once_which_type_it_does_not_take() {
        var answer = form().contentType("application/json").body("{}").post("/imports/servers");

        assertThat(answer.statusCode()).isEqualTo(415);
        var text = Jsoup.parse(answer.asString()).select(".note").text();
        assertThat(text.split("Unsupported Media Type", -1)).hasSize(2);
        assertThat(text).contains("Content-Type");
    }
}
