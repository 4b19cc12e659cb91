package dev.atelier.catalog;

import static dev.atelier.catalog.IngestionTest.component;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.Sources.Target;
import dev.atelier.platform.database.Sql;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = CatalogFolder.class, restrictToAnnotatedClass = true)
@DisplayName("Two portals on one database")
class ReplicasTest {

    private static FileHost host;

    @Inject Entities entities;
    @Inject Sources sources;
    @Inject SourceReader reader;
    @Inject Ingestion ingestion;
    @Inject SourceLoop loop;
    @Inject CatalogConfig config;
    @Inject Sql sql;

    @BeforeAll
    static void start() throws IOException {
        host = new FileHost();
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    private static Target target(String path) {
        return new Target("url", host.address(path), false);
    }

    private static void register(String path) {
        given().contentType(ContentType.JSON)
                .body("{\"type\":\"url\",\"target\":\"%s\"}".formatted(host.address(path)))
                .post("/api/catalog/locations")
                .then()
                .statusCode(201);
    }

    private boolean exists(String name) {
        return entities.find(EntityRef.of("component", name)).isPresent();
    }

    @Test
    void read_each_location_once_a_round() throws InterruptedException {
        var paths = IntStream.range(0, 25).mapToObj("/shared/%d.yaml"::formatted).toList();
        for (int i = 0; i < paths.size(); i++) {
            host.put(paths.get(i), component("shared-" + i));
            register(paths.get(i));
        }
        var second = new SourceLoop(sources, reader, ingestion, config);
        second.start(new StartupEvent());
        try {
            for (int round = 1; round <= 4; round++) {
                int all = round * paths.size();
                await().atMost(Duration.ofSeconds(30))
                        .untilAsserted(
                                () ->
                                        assertThat(paths.stream().mapToLong(host::timesAsked).sum())
                                                .isGreaterThanOrEqualTo(all));
                await().atMost(Duration.ofSeconds(30)).until(() -> !sources.busy());
                int asked = round;
                assertThat(paths)
                        .allSatisfy(path -> assertThat(host.timesAsked(path)).isEqualTo(asked));
                sources.due(paths.stream().map(ReplicasTest::target).toList());
                loop.wake();
                second.wake();
            }
            assertThat(IntStream.range(0, 25)).allMatch(i -> exists("shared-" + i));
        } finally {
            second.stop(new ShutdownEvent());
        }
    }

    @Test
    void take_over_from_one_that_died_and_ignore_what_it_says_later() {
        host.put("/dead/a.yaml", component("dead-a"));
        register("/dead/a.yaml");
        await().until(() -> exists("dead-a"));
        await().until(() -> !sources.busy());
        var asked = host.timesAsked("/dead/a.yaml");
        var ours = new Sources.Source[1];
        await().until(
                        () -> {
                            sources.due(List.of(target("/dead/a.yaml")));
                            return sources.take(10, "url").stream()
                                    .filter(s -> s.target().endsWith("/dead/a.yaml"))
                                    .peek(s -> ours[0] = s)
                                    .findAny()
                                    .isPresent();
                        });
        var taken = ours[0];
        host.put("/dead/a.yaml", component("dead-a").replace("team-a", "team-late"));
        var late = reader.read(taken);
        host.put("/dead/a.yaml", component("dead-a").replace("team-a", "team-next"));
        loop.settle();
        assertThat(entities.find(EntityRef.of("component", "dead-a")).orElseThrow().owner())
                .contains(EntityRef.of("group", "team-a"));

        sql.update(
                "update catalog_source set leased_until = clock_timestamp() where id = ?",
                taken.id());
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () ->
                                assertThat(
                                                entities.find(EntityRef.of("component", "dead-a"))
                                                        .orElseThrow()
                                                        .owner())
                                        .contains(EntityRef.of("group", "team-next")));
        ingestion.apply(List.of(late));

        assertThat(entities.find(EntityRef.of("component", "dead-a")).orElseThrow().owner())
                .contains(EntityRef.of("group", "team-next"));
        assertThat(host.timesAsked("/dead/a.yaml")).isGreaterThan(asked + 1);
    }
}
