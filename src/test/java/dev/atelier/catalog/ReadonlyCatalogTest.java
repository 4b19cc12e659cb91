package dev.atelier.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ReadonlyCatalogTest.Readonly.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A catalog that is kept by its folders alone")
class ReadonlyCatalogTest {

    public static class Readonly implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("atelier.catalog.readonly", "true");
        }
    }

    @Inject Entities entities;

    @Test
    void takes_no_change_of_locations_or_entities() {
        var site = EntityDocument.of("atelier.dev/v1alpha1", "Site", "default", "ro-site");
        site.spec().put("type", "hub").put("owner", "ro-team");
        entities.replaceAll("readonly-test", List.of(site));
        var uid = entities.find(EntityRef.of("site", "ro-site")).orElseThrow().uid();
        var body = "{\"type\":\"url\",\"target\":\"https://example.com/a.yaml\"}";

        for (var answer :
                List.of(
                        given().contentType(ContentType.JSON)
                                .body(body)
                                .post("/api/catalog/locations"),
                        given().contentType(ContentType.JSON)
                                .body(body)
                                .put("/api/catalog/locations/" + UUID.randomUUID()),
                        given().delete("/api/catalog/locations/" + UUID.randomUUID()),
                        given().delete("/api/catalog/entities/by-uid/" + uid))) {
            answer.then()
                    .statusCode(403)
                    .body("error.name", equalTo("NotAllowedError"))
                    .body("error.message", containsString("readonly"));
        }

        assertThat(entities.find(EntityRef.of("site", "ro-site"))).isPresent();
    }

    @Test
    void offers_no_form_that_would_be_refused() {
        var page = Jsoup.parse(given().accept("text/html").get("/catalog/locations").asString());

        assertThat(page.select("main form")).isEmpty();
        assertThat(page.select("main").text()).contains("atelier.catalog.readonly");
    }
}
