package dev.atelier.models;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The manifest of a version")
class ManifestsTest {

    @Inject Sql sql;
    @Inject Manifests manifests;

    private static SignedManifest manifest(String model, int number) throws Exception {
        var answer =
                given().get("/api/v1/models/{m}/versions/{v}/manifest", model, number)
                        .then()
                        .statusCode(200)
                        .header(
                                "Content-Disposition",
                                equalTo(
                                        "attachment; filename=\"%s-%d.sig\""
                                                .formatted(model, number)))
                        .extract();
        var id = answer.path("verificationMaterial.publicKey.hint").toString();
        var pem =
                given().noFilters()
                        .get("/api/v1/signing-keys/" + id)
                        .then()
                        .statusCode(200)
                        .contentType("application/x-pem-file")
                        .extract()
                        .asString();
        return SignedManifest.read(answer.asString(), SigningKey.PublicHalf.parse(pem));
    }

    @Test
    void is_signed_as_soon_as_it_is_ready_and_lists_each_file() throws Exception {
        var version =
                Bundle.of("model.onnx", Onnx.identity("manifest"))
                        .file("docs/notes.txt", "notes".getBytes(UTF_8))
                        .post("manifest-first");
        assertThat(version.state()).isEqualTo("READY");

        var manifest = manifest("manifest-first", 1);

        assertThat(manifest.name()).isEqualTo("manifest-first-1");
        assertThat(manifest.resources())
                .containsOnlyKeys("docs/notes.txt", "model.onnx")
                .containsEntry(
                        "model.onnx", version.body().path("files").path(1).path("sha256").asText());
    }

    @Test
    void is_signed_later_for_versions_of_an_older_release() throws Exception {
        Bundle.of("model.onnx", Onnx.identity("older")).post("manifest-older");
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                sql.update(
                                        "delete from model_version_manifest where model = 'manifest-older'"));
        given().get("/api/v1/models/manifest-older/versions/1/manifest")
                .then()
                .statusCode(409)
                .body("detail", containsString("not signed yet"));

        manifests.signOlder();

        assertThat(manifest("manifest-older", 1).resources()).containsOnlyKeys("model.onnx");
    }

    @Test
    void is_none_for_a_version_that_was_refused() {
        Bundle.of("model.onnx", "no graph".getBytes(UTF_8)).post("manifest-refused");

        given().get("/api/v1/models/manifest-refused/versions/1/manifest")
                .then()
                .statusCode(409)
                .body("detail", containsString("was refused"));
    }

    @Test
    void is_linked_from_the_page_with_its_key() {
        Bundle.of("model.onnx", Onnx.identity("page")).post("manifest-page");

        var page = Jsoup.parse(given().get("/models/manifest-page/versions/1").asString());

        assertThat(page.select("a[download]").eachAttr("href"))
                .contains("/api/v1/models/manifest-page/versions/1/manifest")
                .anyMatch(address -> address.startsWith("/api/v1/signing-keys/"));
    }

    @Test
    void has_one_key_whose_secret_half_is_in_no_answer_and_in_no_plain_row() {
        Bundle.of("model.onnx", Onnx.identity("key")).post("manifest-key");

        var keys = given().noFilters().get("/api/v1/signing-keys").then().statusCode(200).extract();

        assertThat(keys.jsonPath().getList("current")).containsOnlyOnce(true);
        assertThat(keys.asString()).contains("BEGIN PUBLIC KEY").doesNotContain("PRIVATE");
        var secret = manifests.key().orElseThrow().encoded();
        var kept =
                sql.one(
                        "select closed from kept_secret where name = 'model-signing-key'",
                        row -> row.getBytes(1));
        assertThat(kept).isNotEmpty();
        assertThat(new String(kept, ISO_8859_1))
                .doesNotContain(new String(secret, ISO_8859_1).substring(30, 60));
        given().noFilters().get("/api/v1/signing-keys/none").then().statusCode(404);
    }
}
