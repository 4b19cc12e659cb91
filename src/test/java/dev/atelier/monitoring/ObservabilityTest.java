package dev.atelier.monitoring;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.Versions;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(Seeded.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The Observability tab")
class ObservabilityTest {

    private static final String MODEL = "breast-mass-diagnosis";

    @Inject Versions versions;

    @Test
    void counts_answers_and_wrong_input_apart() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> versions.serving(MODEL).isPresent());
        var row = "0.1,".repeat(29) + "0.1";
        for (int i = 0; i < 3; i++) {
            infer("[1,30]", row).then().statusCode(200);
        }
        infer("[1,29]", row.substring(4)).then().statusCode(400);

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> {
                            var page =
                                    Jsoup.parse(
                                            given().get(
                                                            "/models/"
                                                                    + MODEL
                                                                    + "/observability?range=1h")
                                                    .asString());
                            assertThat(page.select(".kpis dd .v").eachText())
                                    .startsWith("4", "0 %", "1");
                            assertThat(page.select("svg.plot")).hasSize(2);
                        });
    }

    @Test
    void of_a_model_nobody_called_says_so() {
        var page = Jsoup.parse(given().get("/models/speech-detector/observability").asString());

        assertThat(page.select(".empty").text()).contains("No calls yet");
        assertThat(page.select(".kpis dd .v").eachText()).startsWith("0", "–");
    }

    private static io.restassured.response.Response infer(String shape, String data) {
        return given().contentType("application/json")
                .body(
                        """
                        {"inputs": [{"name": "features", "datatype": "FP32", "shape": %s, "data": [%s]}]}
                        """
                                .formatted(shape, data))
                .post("/v2/models/" + MODEL + "/infer");
    }
}
