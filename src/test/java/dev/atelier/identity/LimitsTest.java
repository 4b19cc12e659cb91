package dev.atelier.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.TooMany;
import dev.atelier.serving.Models;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(LimitsTest.Low.class)
@DisplayName("An account that asks too often")
class LimitsTest {

    /** Limits low enough to run into. */
    public static class Low implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "atelier.limits.enabled", "true",
                    "atelier.limits.uploads", "3/1h",
                    "atelier.limits.trials", "2/1h",
                    "atelier.limits.calls", "5/1h",
                    "atelier.limits.locations", "2/1h",
                    "atelier.limits.refreshes", "4/2s",
                    "atelier.limits.tokens", "2/1h");
        }
    }

    @Inject Sql sql;
    @Inject LimitsConfig config;
    @Inject MeterRegistry metrics;

    private static Person program(String role) {
        return Person.program("limits").with(role);
    }

    private double refused(String limit) {
        return metrics.counter("atelier.limits.refused", "limit", limit).count();
    }

    @Test
    void is_told_when_to_try_again_and_whom_to_ask() {
        var somebody = program("developer");
        var before = refused("tokens");
        for (int i = 0; i < 2; i++) {
            wish(somebody.asks()).then().statusCode(201);
        }
        // Another token of the same account is no way round.
        var answer = wish(somebody.again().asks());

        answer.then()
                .statusCode(429)
                .body(
                        "detail",
                        containsString("You made tokens or one-time links 2 times within an hour"))
                .body("detail", containsString("atelier.limits.tokens"));
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1_000, 1_801);
        assertThat(refused("tokens")).isEqualTo(before + 1);
        wish(program("developer").asks()).then().statusCode(201);
    }

    private static io.restassured.response.Response wish(RequestSpecification by) {
        return by.contentType("application/json")
                .body("{\"name\": \"one more\"}")
                .post("/api/v1/account/tokens");
    }

    @Test
    void does_not_pay_for_what_was_refused() {
        var somebody = program("platform-admin");
        var by = somebody.asks();
        for (int i = 0; i < 4; i++) {
            assertThat(refresh(by)).isEqualTo(200);
        }
        assertThat(refresh(by)).isEqualTo(429);
        assertThat(refresh(by)).isEqualTo(429);
        // One drains in half a second, however often was asked meanwhile.
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> refresh(by) == 200);
    }

    private static int refresh(RequestSpecification by) {
        return by.contentType("application/json")
                .body("{\"entityRef\": \"component:default/nothing\"}")
                .post("/api/catalog/refresh")
                .statusCode();
    }

    @Test
    void uploads_no_more_by_whatever_way() {
        var somebody = program("platform-admin");
        var by = somebody.asks();
        for (int i = 0; i < 3; i++) {
            by.multiPart("file", "notes-" + i + ".txt", ("notes " + i).getBytes())
                    .post("/api/v1/models/limits-uploads/versions")
                    .then()
                    .statusCode(201);
        }
        given().noFilters()
                .spec(somebody.again().asks())
                .accept("text/html")
                .multiPart("name", "limits-uploads")
                .multiPart("file", "notes.txt", "more".getBytes())
                .post("/models/new")
                .then()
                .statusCode(429)
                .body(containsString("atelier.limits.uploads"));
    }

    @Test
    void calls_models_no_more_and_is_told_in_the_protocols_own_form() {
        given().multiPart("file", "model.onnx", Models.perceptron())
                .post("/api/v1/models/limits-calls/versions")
                .then()
                .statusCode(201);
        var by = program("developer").asks();
        for (int i = 0; i < 5; i++) {
            assertThat(by.body("{}").post("/v2/models/limits-calls/infer").statusCode())
                    .isNotEqualTo(429);
        }
        by.body("{}")
                .post("/v2/models/limits-calls/versions/1/infer")
                .then()
                .statusCode(429)
                .header("Retry-After", Integer::parseInt, org.hamcrest.Matchers.greaterThan(60))
                .body("error", containsString("atelier.limits.calls"));
        by.get("/v2/models/limits-calls").then().statusCode(200);
    }

    @Test
    void registers_no_more_locations_and_is_told_in_backstages_form() {
        var by = program("platform-admin").asks().contentType("application/json");
        for (int i = 0; i < 2; i++) {
            by.body("{\"type\": \"url\", \"target\": \"https://limits.example/" + i + ".yaml\"}")
                    .post("/api/catalog/locations")
                    .then()
                    .statusCode(201);
        }
        by.body("{\"type\": \"url\", \"target\": \"https://limits.example/3.yaml\"}")
                .post("/api/catalog/analyze-location")
                .then()
                .statusCode(429)
                .body("error.message", containsString("atelier.limits.locations"));
    }

    @Test
    void is_counted_by_all_replicas_together_and_exactly() throws Exception {
        var subject = program("developer").subject();
        var replicas =
                List.of(
                        new Limits(sql, config, new SimpleMeterRegistry()),
                        new Limits(sql, config, new SimpleMeterRegistry()));
        try (var many = Executors.newVirtualThreadPerTaskExecutor()) {
            var uses =
                    IntStream.range(0, 40)
                            .mapToObj(
                                    i ->
                                            (Callable<Boolean>)
                                                    () -> allowed(replicas.get(i % 2), subject))
                            .toList();
            var allowed = 0;
            for (var answer : many.invokeAll(uses)) {
                allowed += answer.get() ? 1 : 0;
            }
            assertThat(allowed).isEqualTo(3);
        }
    }

    private static boolean allowed(Limits replica, Subject subject) {
        try {
            replica.use(Limit.UPLOADS, subject);
            return true;
        } catch (TooMany e) {
            return false;
        }
    }

    @Test
    void costs_a_call_next_to_nothing() {
        var subject = program("developer").subject();
        var high = new Limits(sql, new High(config), new SimpleMeterRegistry());
        for (int i = 0; i < 200_000; i++) {
            high.use(Limit.CALLS, subject);
        }
        var begun = System.nanoTime();
        for (int i = 0; i < 200_000; i++) {
            high.use(Limit.CALLS, subject);
        }
        assertThat((System.nanoTime() - begun) / 200_000).as("nanoseconds").isLessThan(20_000);
    }

    /** The limits as they are shipped. */
    private record High(LimitsConfig low) implements LimitsConfig {
        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public Rate uploads() {
            return low.uploads();
        }

        @Override
        public Rate trials() {
            return low.trials();
        }

        @Override
        public Rate calls() {
            return Rate.of("600000/1m");
        }

        @Override
        public Rate locations() {
            return low.locations();
        }

        @Override
        public Rate refreshes() {
            return low.refreshes();
        }

        @Override
        public Rate requests() {
            return low.requests();
        }

        @Override
        public Rate tokens() {
            return low.tokens();
        }
    }

    /** What docs/operations.md says of each limit is what the classes do. */
    @Test
    void finds_each_limit_in_the_documentation() throws IOException {
        var documented =
                Files.readAllLines(Path.of("docs/operations.md")).stream()
                        .filter(line -> line.startsWith("| `ATELIER_LIMITS_"))
                        .map(line -> line.replaceFirst("^\\| `ATELIER_LIMITS_([A-Z]+)`.*", "$1"))
                        .collect(Collectors.toSet());
        assertThat(documented)
                .isEqualTo(
                        java.util.Arrays.stream(Limit.values())
                                .map(Limit::name)
                                .collect(Collectors.toSet()));
        var used =
                RoutesTest.routes().stream()
                        .map(route -> route.implementation().getAnnotation(Limited.class))
                        .filter(java.util.Objects::nonNull)
                        .map(Limited::value)
                        .collect(Collectors.toSet());
        assertThat(used)
                .containsAll(Set.of(Limit.UPLOADS, Limit.TRIALS, Limit.CALLS, Limit.TOKENS));
    }
}
