package dev.atelier.catalog;

import static dev.atelier.catalog.IngestionTest.component;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = CatalogFolder.class, restrictToAnnotatedClass = true)
@DisplayName("A location at an address")
class UrlLocationsTest {

    private static FileHost host;

    @Inject Entities entities;
    @Inject Sources sources;
    @Inject SourceLoop loop;
    @Inject Ingestion ingestion;
    @Inject Problems problems;
    @Inject Sql sql;

    private final List<String> registered = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        host = new FileHost();
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    @AfterEach
    void remove_what_was_registered() {
        registered.forEach(id -> given().delete("/api/catalog/locations/" + id));
    }

    private static ValidatableResponse post(String path, String type, String target) {
        return given().contentType(ContentType.JSON)
                .body("{\"type\":\"%s\",\"target\":\"%s\"}".formatted(type, target))
                .post("/api/catalog" + path)
                .then();
    }

    private String register(String path) {
        var id =
                post("/locations", "url", host.address(path))
                        .statusCode(201)
                        .body("location.target", equalTo(host.address(path)))
                        .extract()
                        .<String>path("location.id");
        registered.add(id);
        settle();
        return id;
    }

    private void settle() {
        await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> {
                            loop.settle();
                            return !sources.busy();
                        });
    }

    /** Asks for a path again as a refresh does, and waits until that is done. */
    private void again(String path) {
        sources.due(List.of(new Sources.Target("url", host.address(path), false)));
        settle();
    }

    @Test
    void that_turns_bad_is_told_to_who_registered_it_but_not_at_each_look() {
        var ines = Person.named("ines").with("developer");
        host.put("/news.yaml", component("news"));
        registered.add(
                ines.asks()
                        .contentType(ContentType.JSON)
                        .body(
                                "{\"type\":\"url\",\"target\":\"%s\"}"
                                        .formatted(host.address("/news.yaml")))
                        .post("/api/catalog/locations")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("location.id"));
        settle();
        assertThat(told(ines)).isEmpty();

        host.remove("/news.yaml");
        again("/news.yaml");
        again("/news.yaml");
        assertThat(told(ines)).containsExactly(1);

        host.put("/news.yaml", component("news"));
        again("/news.yaml");
        host.remove("/news.yaml");
        again("/news.yaml");
        assertThat(told(ines)).containsExactly(2);
    }

    /** How often each thing was said. */
    private static List<Integer> told(Person person) {
        return person.asks()
                .get("/api/v1/notifications?topic=location")
                .then()
                .statusCode(200)
                .extract()
                .path("notifications.times");
    }

    private boolean exists(String name) {
        return entities.find(EntityRef.of("component", name)).isPresent();
    }

    private Entity entity(String name) {
        return entities.find(EntityRef.of("component", name)).orElseThrow();
    }

    private List<Problems.Problem> problemsOf(String path) {
        return problems.all().stream()
                .filter(problem -> problem.location().equals("url:" + host.address(path)))
                .filter(Problems.Problem::isError)
                .toList();
    }

    @Test
    void is_read_changed_orphaned_and_removed_with_all_it_gave() {
        host.put("/life/a.yaml", component("life-a"), component("life-b"));
        var id = register("/life/a.yaml");
        assertThat(entity("life-a").annotation("backstage.io/managed-by-origin-location"))
                .contains("url:" + host.address("/life/a.yaml"));
        given().get("/api/catalog/locations/by-entity/component/default/life-a")
                .then()
                .statusCode(200)
                .body("id", equalTo(id));

        host.put("/life/a.yaml", component("life-a").replace("team-a", "team-b"));
        given().contentType(ContentType.JSON)
                .body("{\"entityRef\":\"component:default/life-a\"}")
                .post("/api/catalog/refresh")
                .then()
                .statusCode(200);
        settle();
        assertThat(entity("life-a").owner()).contains(EntityRef.of("group", "team-b"));
        assertThat(entity("life-b").orphan()).isTrue();

        sql.update(
                "update catalog_entity set orphaned_at = orphaned_at - interval '1 min'"
                        + " where orphaned_at is not null");
        ingestion.sweep();
        assertThat(exists("life-b")).isFalse();

        given().delete("/api/catalog/locations/" + id).then().statusCode(204);
        assertThat(exists("life-a")).isFalse();
        given().get("/api/catalog/locations/" + id).then().statusCode(404);
    }

    @Test
    void can_be_moved_to_another_address() {
        host.put("/move/old.yaml", component("move-old"));
        host.put("/move/new.yaml", component("move-new"));
        var id = register("/move/old.yaml");

        given().contentType(ContentType.JSON)
                .body(
                        "{\"type\":\"url\",\"target\":\"%s\"}"
                                .formatted(host.address("/move/new.yaml")))
                .put("/api/catalog/locations/" + id)
                .then()
                .statusCode(200)
                .body("id", equalTo(id));
        settle();

        assertThat(exists("move-new")).isTrue();
        assertThat(exists("move-old")).isFalse();
    }

    @Test
    void is_asked_whether_it_changed_and_not_read_again_when_it_did_not() {
        host.put("/etag/a.yaml", component("etag-a"));
        register("/etag/a.yaml");
        var revision = entities.revision();

        again("/etag/a.yaml");

        assertThat(host.asked())
                .filteredOn(line -> line.startsWith("/etag/a.yaml"))
                .hasSize(2)
                .last()
                .asString()
                .matches("/etag/a.yaml if not \"[0-9a-f]{8}\"");
        assertThat(entities.revision()).isEqualTo(revision);

        host.put("/etag/a.yaml", component("etag-a").replace("team-a", "team-c"));
        again("/etag/a.yaml");
        assertThat(entity("etag-a").owner()).contains(EntityRef.of("group", "team-c"));
    }

    @Test
    void is_read_whole_when_a_placeholder_names_another_file() {
        host.put("/fill/text.txt", FileHost.file("one"));
        host.put(
                "/fill/a.yaml",
                component("fill-a")
                        .replace("{type: service", "{note: {$text: ./text.txt}, type: service"));
        register("/fill/a.yaml");
        assertThat(entity("fill-a").spec().path("note").asText()).isEqualTo("one");

        host.put("/fill/text.txt", FileHost.file("two"));
        again("/fill/a.yaml");

        assertThat(entity("fill-a").spec().path("note").asText()).isEqualTo("two");
    }

    static Stream<Arguments> illnesses() {
        return Stream.of(
                Arguments.of("404", FileHost.status(404), "not found"),
                Arguments.of("401", FileHost.status(401), "sign-in"),
                Arguments.of("429", FileHost.status(429), "too often"),
                Arguments.of("500", FileHost.status(500), "status 500"),
                Arguments.of("page", FileHost.page("<p>Sign in</p>"), "web page"),
                Arguments.of(
                        "page as text",
                        FileHost.file("\n<!-- x --><!DOCTYPE html><html>"),
                        "web page"),
                Arguments.of("huge", FileHost.file("#".repeat(5 << 20)), "larger than 4096 KiB"),
                Arguments.of(
                        "silent",
                        (FileHost.Answer) _ -> await().forever().until(() -> false),
                        "within 2 seconds"),
                Arguments.of("hung up", (FileHost.Answer) exchange -> exchange.close(), "cannot"),
                Arguments.of(
                        "redirect into the network",
                        FileHost.redirect("http://169.254.169.254/latest/meta-data"),
                        "may not be read"),
                Arguments.of(
                        "redirect to another port of this machine",
                        FileHost.redirect("http://localhost:5432/"),
                        "may not be read"),
                Arguments.of("redirect loop", FileHost.redirect("/ill/a.yaml"), "redirects more"),
                Arguments.of("not UTF-8", latin(), "not UTF-8"));
    }

    private static FileHost.Answer latin() {
        return exchange -> {
            exchange.sendResponseHeaders(200, 1);
            exchange.getResponseBody().write(0xe9);
        };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("illnesses")
    void that_fails_is_a_problem_with_advice_and_keeps_what_it_gave(
            String name, FileHost.Answer illness, String reason) {
        host.put("/ill/a.yaml", component("ill-a"));
        register("/ill/a.yaml");

        host.put("/ill/a.yaml", illness);
        again("/ill/a.yaml");

        assertThat(problemsOf("/ill/a.yaml"))
                .singleElement()
                .satisfies(
                        problem -> {
                            assertThat(problem.reason()).contains(reason);
                            assertThat(problem.remedy()).contains("entries are kept");
                        });
        assertThat(entity("ill-a").orphan()).isFalse();

        host.put("/ill/a.yaml", component("ill-a"));
        again("/ill/a.yaml");
        assertThat(problemsOf("/ill/a.yaml")).isEmpty();
        assertThat(entity("ill-a").faults()).isEmpty();
    }

    @Test
    void that_holds_no_yaml_keeps_what_it_gave_and_says_where_it_breaks() {
        host.put("/text/a.yaml", component("text-a"));
        register("/text/a.yaml");

        host.put("/text/a.yaml", FileHost.file("kind: Component\n  : [\n"));
        again("/text/a.yaml");

        assertThat(problemsOf("/text/a.yaml"))
                .first()
                .extracting("field")
                .asString()
                .contains("line");
        assertThat(entity("text-a").orphan()).isFalse();
        assertThat(entity("text-a").faults()).isNotEmpty();
    }

    @Test
    void that_is_slow_keeps_no_other_waiting() throws InterruptedException {
        var hanging = new CountDownLatch(1);
        for (int i = 0; i < 4; i++) {
            host.put(
                    "/slow/" + i,
                    (FileHost.Answer)
                            _ -> {
                                try {
                                    hanging.await(20, TimeUnit.SECONDS);
                                } catch (InterruptedException e) {
                                    throw new IOException(e);
                                }
                            });
        }
        host.put("/slow/quick.yaml", component("slow-quick"));
        var paths = List.of("/slow/0", "/slow/1", "/slow/2", "/slow/3", "/slow/quick.yaml");
        for (var path : paths) {
            registered.add(
                    post("/locations", "url", host.address(path)).extract().path("location.id"));
        }

        await().atMost(Duration.ofSeconds(10)).until(() -> exists("slow-quick"));

        assertThat(List.of("/slow/0", "/slow/1", "/slow/2", "/slow/3"))
                .allSatisfy(path -> assertThat(problemsOf(path)).isEmpty());
        hanging.countDown();
    }

    @Test
    void names_others_relative_to_itself_but_no_pattern_and_no_file() {
        host.put("/rel/deep/one.yaml", component("rel-one"));
        host.put("/rel/two.yaml", component("rel-two"));
        host.put(
                "/rel/deep/all.yaml",
                """
                apiVersion: backstage.io/v1alpha1
                kind: Location
                metadata: {name: rel-all}
                spec: {targets: [./one.yaml, ../two.yaml]}
                """,
                """
                apiVersion: backstage.io/v1alpha1
                kind: Location
                metadata: {name: rel-glob}
                spec: {target: ./*.yaml}
                """,
                """
                apiVersion: backstage.io/v1alpha1
                kind: Location
                metadata: {name: rel-file}
                spec: {type: file, target: /etc/passwd}
                """);
        register("/rel/deep/all.yaml");
        settle();

        assertThat(exists("rel-one")).isTrue();
        assertThat(exists("rel-two")).isTrue();
        assertThat(entity("rel-two").annotation("backstage.io/managed-by-origin-location"))
                .contains("url:" + host.address("/rel/deep/all.yaml"));
        assertThat(problemsOf("/rel/deep/all.yaml"))
                .extracting(Problems.Problem::reason)
                .containsExactlyInAnyOrder(
                        "A pattern cannot be looked up at an address",
                        "A location on the network cannot name files of this machine");
    }

    @Test
    void may_name_itself_and_its_namer_and_is_still_forgotten_with_them() {
        for (var end : List.of("a", "b")) {
            host.put(
                    "/loop/" + end + ".yaml",
                    """
                    apiVersion: backstage.io/v1alpha1
                    kind: Location
                    metadata: {name: loop-%s}
                    spec: {targets: [./a.yaml, ./b.yaml]}
                    """
                            .formatted(end),
                    component("loop-" + end));
        }
        var id = register("/loop/a.yaml");
        settle();
        assertThat(exists("loop-b")).isTrue();

        given().delete("/api/catalog/locations/" + id).then().statusCode(204);

        assertThat(exists("loop-a")).isFalse();
        assertThat(exists("loop-b")).isFalse();
        assertThat(
                        sql.<Long>one(
                                "select count(*) from catalog_source where target like '%/loop/%'",
                                row -> row.getLong(1)))
                .isZero();
    }

    @Test
    void gives_no_users_and_no_groups_unless_a_rule_allows_them() {
        host.put(
                "/people/a.yaml",
                """
                apiVersion: backstage.io/v1alpha1
                kind: User
                metadata: {name: people-intruder}
                spec: {memberOf: [administrators]}
                """,
                component("people-good"));
        register("/people/a.yaml");

        assertThat(exists("people-good")).isTrue();
        assertThat(entities.find(EntityRef.of("user", "people-intruder"))).isEmpty();
        assertThat(problemsOf("/people/a.yaml"))
                .singleElement()
                .extracting(Problems.Problem::reason)
                .isEqualTo("This location may not give the kind User");
    }

    @Test
    void takes_an_entity_of_the_portal_over_only_for_its_owner() {
        entities.upsert("models", List.of(EntitiesTest.model("take-over", "owners")));
        var ref = EntityRef.of("model", "take-over");
        var document =
                """
                apiVersion: atelier.dev/v1alpha1
                kind: Model
                metadata: {name: take-over, title: From Git}
                spec: {type: t, lifecycle: l, owner: %s}
                """;
        host.put("/take/a.yaml", document.formatted("strangers"));
        register("/take/a.yaml");

        assertThat(entities.find(ref).orElseThrow().owner())
                .contains(EntityRef.of("group", "owners"));
        assertThat(problemsOf("/take/a.yaml"))
                .singleElement()
                .extracting(Problems.Problem::remedy)
                .asString()
                .contains("owned by group:default/owners");

        host.put("/take/a.yaml", document.formatted("owners"));
        again("/take/a.yaml");

        assertThat(entities.find(ref).orElseThrow().title()).contains("From Git");
        assertThat(problemsOf("/take/a.yaml")).isEmpty();

        host.put("/take/a.yaml", document.formatted("strangers"));
        again("/take/a.yaml");

        assertThat(entities.find(ref).orElseThrow().owner())
                .contains(EntityRef.of("group", "owners"));
        assertThat(problemsOf("/take/a.yaml")).hasSize(1);
    }

    @Test
    void is_only_looked_at_in_a_dry_run() {
        host.put("/dry/a.yaml", component("dry-a"));
        host.put("/dry/bad.yaml", component("dry-b").replace("team-a", "''"));

        post("/locations?dryRun=true", "url", host.address("/dry/a.yaml"))
                .statusCode(201)
                .body("exists", equalTo(false))
                .body("entities.kind", equalTo(List.of("Location", "Component")))
                .body("entities[1].metadata.name", equalTo("dry-a"));
        post("/locations?dryRun=true", "url", host.address("/dry/bad.yaml"))
                .statusCode(400)
                .body("error.message", containsString("spec.owner"));
        post("/locations?dryRun=true", "url", host.address("/dry/none.yaml"))
                .statusCode(400)
                .body("error.message", containsString("not found"));

        assertThat(exists("dry-a")).isFalse();
        given().get("/api/catalog/locations")
                .then()
                .body("findAll { it.data.target.contains('/dry/') }", hasSize(0));
    }

    @Test
    void that_is_there_already_is_refused_or_read_again_as_wished() {
        host.put("/twice/a.yaml", component("twice-a"));
        var id = register("/twice/a.yaml");
        var before = host.timesAsked("/twice/a.yaml");

        post("/locations", "url", host.address("/twice/a.yaml"))
                .statusCode(409)
                .body("error.name", equalTo("ConflictError"));
        post("/locations?onConflict=refresh", "url", host.address("/twice/a.yaml"))
                .statusCode(201)
                .body("location.id", equalTo(id));
        settle();

        assertThat(host.timesAsked("/twice/a.yaml")).isEqualTo(before + 1);
        post("/locations?dryRun=true", "url", host.address("/twice/a.yaml"))
                .body("exists", equalTo(true));
    }

    @Test
    void registered_by_many_at_once_is_registered_once() throws Exception {
        host.put("/race/a.yaml", component("race-a"));
        var go = new CountDownLatch(1);
        var statuses = new ArrayList<Integer>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers =
                    Stream.generate(
                                    () ->
                                            pool.submit(
                                                    () -> {
                                                        go.await();
                                                        return post(
                                                                        "/locations",
                                                                        "url",
                                                                        host.address(
                                                                                "/race/a.yaml"))
                                                                .extract()
                                                                .response();
                                                    }))
                            .limit(12)
                            .toList();
            go.countDown();
            for (var answer : answers) {
                var response = answer.get();
                statuses.add(response.statusCode());
                if (response.statusCode() == 201) {
                    registered.add(response.path("location.id"));
                }
            }
        }

        assertThat(statuses).filteredOn(status -> status == 201).hasSize(1);
        assertThat(statuses).filteredOn(status -> status == 409).hasSize(11);
        settle();
        assertThat(exists("race-a")).isTrue();
    }

    @Test
    void registered_while_connections_are_cut_is_kept_when_that_was_confirmed() throws Exception {
        var confirmed = new ConcurrentLinkedQueue<String>();
        var cut = new AtomicBoolean(true);
        try (var pool = Executors.newVirtualThreadPerTaskExecutor();
                var admin =
                        DriverManager.getConnection(
                                config("jdbc.url"), config("username"), config("password"))) {
            var cutter =
                    pool.submit(
                            () -> {
                                while (cut.get()) {
                                    try (var statement = admin.createStatement()) {
                                        statement.execute(
                                                "select pg_terminate_backend(pid), pg_sleep(0.1)"
                                                        + " from pg_stat_activity where"
                                                        + " application_name = 'atelier'");
                                    }
                                }
                                return null;
                            });
            for (int i = 0; i < 40; i++) {
                var answer =
                        post("/locations", "url", host.address("/cut/" + i + ".yaml"))
                                .extract()
                                .response();
                if (answer.statusCode() == 201) {
                    confirmed.add(answer.path("location.id"));
                } else {
                    assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(503);
                    assertThat(answer.<String>path("error.name"))
                            .isEqualTo("ServiceUnavailableError");
                    assertThat(answer.header("Retry-After")).isEqualTo("5");
                }
            }
            cut.set(false);
            cutter.get();
        }
        await().until(() -> given().get("/api/catalog/locations").statusCode() == 200);
        List<String> there = given().get("/api/catalog/locations").then().extract().path("data.id");
        registered.addAll(there);

        assertThat(there).containsAll(confirmed).doesNotHaveDuplicates();
    }

    private static String config(String name) {
        return ConfigProvider.getConfig().getValue("quarkus.datasource." + name, String.class);
    }

    @Test
    void may_hold_ten_thousand_documents_and_a_bomb_among_them() {
        var documents = new ArrayList<String>();
        for (int i = 0; i < 10_000; i++) {
            documents.add(component("heap-" + i));
        }
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
        }
        documents.add(5_000, bomb.toString());
        documents.add(7_000, "[".repeat(100_000));
        host.put("/heap/a.yaml", documents.toArray(String[]::new));
        register("/heap/a.yaml");

        assertThat(exists("heap-0")).isTrue();
        assertThat(exists("heap-9999")).isTrue();
        assertThat(problemsOf("/heap/a.yaml"))
                .extracting(Problems.Problem::document)
                .containsExactly(5_001, 7_001);
    }

    @Test
    void with_an_odd_address_is_text_everywhere() {
        var odd = "/odd/%22%3E%3Csvg%20onload=x%3E'.yaml?a=b&c=%F0%9F%92%A9#part";
        host.put("/odd/\"><svg onload=x>'.yaml", component("odd-a"));
        register(odd);

        assertThat(exists("odd-a")).isTrue();
        var page = Jsoup.parse(given().accept("text/html").get("/catalog/locations").asString());
        assertThat(page.select("main svg[onload]")).isEmpty();
        assertThat(page.select(".rows h3").eachText()).contains(host.address(odd));
    }

    @Test
    void is_analysed_without_being_kept() {
        host.put("/look/a.yaml", component("look-a"));

        given().contentType(ContentType.JSON)
                .body(
                        "{\"location\":{\"type\":\"url\",\"target\":\"%s\"}}"
                                .formatted(host.address("/look/a.yaml")))
                .post("/api/catalog/analyze-location")
                .then()
                .statusCode(200)
                .body("existingEntityFiles[0].entity.metadata.name", equalTo("look-a"))
                .body("existingEntityFiles[0].isRegistered", equalTo(false))
                .body("generateEntities", hasSize(0));
        assertThat(exists("look-a")).isFalse();
    }
}
