package dev.atelier.serving;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The traffic of a model")
class TrafficTest {

    @Inject Traffic traffic;

    private static void call(String model, String data) {
        given().body(
                        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":%s}]}"
                                .formatted(data))
                .post("/v2/models/{model}/infer", model);
    }

    @Test
    void adds_up_over_flushes() {
        OpenInferenceTest.register("traffic-doubling", Models.doubling());
        var from = Instant.now().minusSeconds(120);
        for (int i = 0; i < 5; i++) {
            call("traffic-doubling", "[1,2,3]");
        }
        traffic.flush();
        call("traffic-doubling", "[1,2,3]");
        call("traffic-doubling", "[1,2]");
        traffic.flush();

        var until = Instant.now().plusSeconds(60);
        var span = traffic.byVersion("traffic-doubling", from, until, 20).get(1);
        var minutes = traffic.between("traffic-doubling", null, from, until, Duration.ofMinutes(1));

        assertThat(span.requests().get(Outcome.OK)).isEqualTo(6);
        assertThat(span.requests().get(Outcome.INVALID)).isEqualTo(1);
        assertThat(span.errors()).isZero();
        assertThat(span.latency().count()).isEqualTo(7);
        assertThat(span.latency().quantile(0.5))
                .isBetween(Duration.ofNanos(1), Duration.ofSeconds(2));
        assertThat(minutes.stream().mapToLong(Traffic.Span::total).sum()).isEqualTo(7);
    }

    @Test
    void is_the_same_by_minutes_and_by_quarters_of_an_hour() {
        OpenInferenceTest.register("traffic-quarters", Models.doubling());
        for (int i = 0; i < 3; i++) {
            call("traffic-quarters", "[1,2,3]");
            traffic.flush();
        }
        var quarter = Duration.ofMinutes(15);
        var from = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 900 * 900).minus(quarter);
        var until = from.plus(quarter.multipliedBy(3));

        var quarters = traffic.between("traffic-quarters", 1, from, until, quarter);
        var minutes = traffic.between("traffic-quarters", 1, from, until, Duration.ofMinutes(1));

        assertThat(Traffic.Span.sum(from, quarters).requests())
                .isEqualTo(Traffic.Span.sum(from, minutes).requests())
                .containsEntry(Outcome.OK, 3L);
        assertThat(Traffic.Span.sum(from, quarters).latency().quantile(0.9))
                .isEqualTo(Traffic.Span.sum(from, minutes).latency().quantile(0.9));
        assertThat(quarters)
                .allSatisfy(span -> assertThat(span.from().getEpochSecond() % 900).isZero());
    }

    @Test
    void tells_quantiles_to_a_fifth() {
        var counts = new long[Latency.BUCKETS];
        for (int millis = 1; millis <= 1000; millis++) {
            counts[Latency.bucket(millis * 1_000_000L)]++;
        }
        var latency = new Latency(counts);

        for (double share : new double[] {0.1, 0.5, 0.9, 0.99}) {
            double truth = share * 1000;
            assertThat((double) latency.quantile(share).toMillis())
                    .isCloseTo(truth, within(truth * 0.19));
        }
    }
}
