package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the cards promise: every example of every seed model, run as Try it runs it. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(Seeded.class)
@DisplayName("Every example of the seed model")
class SeedExamplesTest {

    @Inject Versions versions;
    @Inject Trial trial;
    @Inject Uploads uploads;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "breast-mass-diagnosis",
                "diamond-price",
                "handwritten-digit",
                "penguin-species",
                "sentence-similarity",
                "speech-detector",
                "text-finder",
                "text-line-reader"
            })
    void answers_as_its_card_says(String model) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> versions.serving(model).isPresent());
        var version = versions.ready(model);
        var form = Form.of(version.signature(), version.modelInterface());
        assertThat(form.description().examples()).isNotEmpty();

        for (var example : form.description().examples()) {
            var ended = run(version, form, Entries.example(form, example));

            assertThat(ended.error()).as(example.title()).isNull();
            assertThat(ended.verdict().parts()).as(example.title()).isNotEmpty();
            compare(example.title(), ended.verdict().parts().getFirst(), example.expect());
        }
    }

    private Trial.Ended run(ModelVersion version, Form form, Entries entries) {
        return trial.run(
                version, form, entries, uploads.contents(version, form, entries, Map.of()));
    }

    private static void compare(String title, Part part, JsonNode expected) {
        var number = expected.path("value").asDouble();
        var tolerance = within(expected.path("tolerance").asDouble() + 1e-9);
        switch (part) {
            case Chances chances ->
                    assertThat(chances.verdict()).as(title).isEqualTo(expected.asText());
            case Label label -> assertThat(label.text()).as(title).isEqualTo(expected.asText());
            case Reading reading ->
                    assertThat(reading.text()).as(title).isEqualTo(expected.asText());
            case Value value ->
                    assertThat(Double.parseDouble(value.text().replaceAll("[^0-9.-]", "")))
                            .as(title)
                            .isCloseTo(number, tolerance);
            case Similarity similarity ->
                    assertThat(similarity.cosine()).as(title).isCloseTo(number, tolerance);
            case Timeline timeline ->
                    assertThat(timeline.over()).as(title).isCloseTo(number, tolerance);
            case Boxes boxes ->
                    assertThat((double) boxes.above(boxes.threshold()).size())
                            .as(title)
                            .isCloseTo(number, tolerance);
        }
    }
}
