package dev.atelier.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;

import dev.atelier.Temporary;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@QuarkusTestResource(value = CatalogFolder.class, restrictToAnnotatedClass = true)
@DisplayName("A folder of entity files")
class IngestionTest {

    @Inject Entities entities;
    @Inject Ingestion ingestion;
    @Inject SourceLoop loop;
    @Inject Sources sources;
    @Inject Problems problems;

    private static long stamps = 1_700_000_000_000L;

    static String component(String name) {
        return """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: %s
        spec: {type: service, lifecycle: production, owner: team-a}
        """
                .formatted(name);
    }

    private static Path write(String file, String... documents) throws IOException {
        var path = CatalogFolder.path().resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, String.join("---\n", documents));
        stamps += 1000;
        Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochMilli(stamps)));
        return path;
    }

    private void settle() {
        await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> {
                            loop.settle();
                            return !sources.busy();
                        });
    }

    private Optional<Entity> component(EntityRef ref) {
        return entities.find(ref);
    }

    private static EntityRef ref(String name) {
        return EntityRef.of("component", name);
    }

    private List<Problems.Problem> problemsOf(Path file) {
        return problems.all().stream()
                .filter(problem -> problem.location().equals("file:" + file))
                .filter(Problems.Problem::isError)
                .toList();
    }

    @Test
    void is_read_with_where_everything_came_from() throws IOException {
        var file = write("read/a.yaml", component("read-a"), component("read-b"));
        write("read/not-an-entity.yml", "openapi: 3.1.0\ninfo: {title: x}\n");

        settle();

        var entity = entities.find(ref("read-b")).orElseThrow();
        assertThat(entity.annotation("backstage.io/managed-by-location")).contains("file:" + file);
        assertThat(entity.annotation("backstage.io/managed-by-origin-location"))
                .contains("file:" + CatalogFolder.path() + "/**/*.{yaml,yml}");
        assertThat(entity.folder()).contains(file.getParent());
        assertThat(problems.all()).noneMatch(p -> p.location().contains("not-an-entity"));
        assertThat(entities.ofKind("Location"))
                .extracting(Entity::name)
                .anyMatch(name -> name.matches("generated-[0-9a-f]{40}"));
    }

    @Test
    void shows_good_documents_beside_every_kind_of_broken_one() throws IOException {
        var file =
                write(
                        "beside/mixed.yaml",
                        component("beside-first"),
                        "apiVersion: [broken\nkind: }\n",
                        component("beside-second"),
                        component("beside-wrong").replace("kind: Component", "kind: component"),
                        component("Beside_-").replace("owner: team-a", "owner: ''"),
                        "- just\n- a list\n",
                        component("beside-last"));

        settle();

        assertThat(List.of("beside-first", "beside-second", "beside-last"))
                .allSatisfy(name -> assertThat(entities.find(ref(name))).isPresent());
        assertThat(problemsOf(file))
                .extracting(Problems.Problem::document, Problems.Problem::field)
                .contains(
                        org.assertj.core.groups.Tuple.tuple(4, "kind"),
                        org.assertj.core.groups.Tuple.tuple(5, "metadata.name"),
                        org.assertj.core.groups.Tuple.tuple(5, "spec.owner"),
                        org.assertj.core.groups.Tuple.tuple(6, "(document)"));
        assertThat(problemsOf(file))
                .filteredOn(problem -> Integer.valueOf(2).equals(problem.document()))
                .singleElement()
                .satisfies(problem -> assertThat(problem.reason()).startsWith("Not valid YAML"));
    }

    @Test
    void keeps_the_last_good_version_of_what_became_invalid_and_says_so() throws IOException {
        var file = write("became/a.yaml", component("became-bad"), component("became-fine"));
        settle();

        write(
                "became/a.yaml",
                component("became-bad").replace("team-a", "''"),
                component("became-fine"));
        settle();

        var entity = entities.find(ref("became-bad")).orElseThrow();
        assertThat(entity.owner()).contains(EntityRef.parse("group:default/team-a"));
        assertThat(entity.faults()).extracting(Entity.Fault::field).containsExactly("spec.owner");
        assertThat(entity.orphan()).isFalse();
        assertThat(Json.trusted(entity.output()).at("/status/items/0/level").asText())
                .isEqualTo("error");
        var since = problemsOf(file).getFirst().since();

        write(
                "became/a.yaml",
                "# touched\n" + component("became-bad").replace("team-a", "''"),
                component("became-fine"));
        settle();
        assertThat(problemsOf(file))
                .singleElement()
                .extracting(Problems.Problem::since)
                .isEqualTo(since);

        write("became/a.yaml", component("became-bad"), component("became-fine"));
        settle();
        assertThat(entities.find(ref("became-bad")).orElseThrow().faults()).isEmpty();
        assertThat(problemsOf(file)).isEmpty();
    }

    @Test
    void orphans_nothing_while_a_document_cannot_be_read_at_all() throws IOException {
        write("unread/a.yaml", component("unread-a"), component("unread-b"));
        settle();

        write("unread/a.yaml", component("unread-a"), "{{{{");
        settle();

        assertThat(entities.find(ref("unread-b")).orElseThrow().faults()).isNotEmpty();
        assertThat(entities.find(ref("unread-b")).orElseThrow().orphan()).isFalse();
    }

    @Test
    void orphans_what_left_its_file_and_deletes_it_in_the_sweep() throws Exception {
        var file = write("left/a.yaml", component("left-a"), component("left-b"));
        settle();

        write("left/a.yaml", component("left-a"));
        settle();
        var orphan = entities.find(ref("left-b")).orElseThrow();
        assertThat(orphan.orphan()).isTrue();
        assertThat(orphan.annotation("backstage.io/orphan")).contains("true");

        Files.delete(file);
        settle();
        assertThat(entities.find(ref("left-a")).orElseThrow().orphan()).isTrue();
        sql.update(
                "update catalog_entity set orphaned_at = orphaned_at - interval '1 min'"
                        + " where orphaned_at is not null");
        ingestion.sweep();
        assertThat(entities.find(ref("left-a"))).isEmpty();
        assertThat(entities.find(ref("left-b"))).isEmpty();
    }

    @Inject Sql sql;

    @Test
    void gives_a_name_to_the_older_and_tells_the_younger() throws IOException {
        write("clash/a.yaml", component("clash-x"));
        settle();
        var second = write("clash/b.yaml", component("clash-x"));
        settle();

        assertThat(problemsOf(second))
                .singleElement()
                .satisfies(
                        problem -> {
                            assertThat(problem.field()).isEqualTo("metadata.name");
                            assertThat(problem.remedy()).contains("clash/a.yaml");
                        });

        Files.delete(CatalogFolder.path().resolve("clash/a.yaml"));
        settle();
        sources.allDue();
        settle();
        assertThat(entities.find(ref("clash-x")).orElseThrow().location())
                .contains("file:" + second);
        assertThat(problemsOf(second)).isEmpty();
    }

    @Test
    void follows_locations_inside_and_refuses_those_outside() throws IOException {
        write("loc/deep/one.txt", component("loc-one"));
        write("loc/deep/two.txt", component("loc-two"));
        var file =
                write(
                        "loc/all.yaml",
                        """
                        apiVersion: backstage.io/v1alpha1
                        kind: Location
                        metadata: {name: loc-all}
                        spec: {targets: [./deep/one.txt, ./deep/two.txt, ./deep/missing.txt]}
                        """,
                        """
                        apiVersion: backstage.io/v1alpha1
                        kind: Location
                        metadata: {name: loc-outside}
                        spec: {targets: [/etc/passwd, ../../../../etc/hosts]}
                        """);

        settle();

        assertThat(entities.find(ref("loc-one"))).isPresent();
        assertThat(entities.find(ref("loc-two"))).isPresent();
        assertThat(problemsOf(file)).extracting(Problems.Problem::field).contains("spec.targets");
        assertThat(problems.all())
                .anyMatch(p -> p.location().endsWith("missing.txt") && p.field().equals("target"));
    }

    @Test
    void follows_no_link_that_leaves_it() throws IOException {
        var outside = Temporary.folder("outside");
        Files.writeString(outside.resolve("secret.yaml"), component("link-secret"));
        var folder = Files.createDirectories(CatalogFolder.path().resolve("link"));
        var file =
                Files.createSymbolicLink(
                        folder.resolve("file.yaml"), outside.resolve("secret.yaml"));
        Files.createSymbolicLink(folder.resolve("below"), outside);
        write("link/real.yaml", component("link-real"));
        Files.createSymbolicLink(folder.resolve("alias.txt"), folder.resolve("real.yaml"));
        var location =
                write(
                        "link/all.yaml",
                        """
                        apiVersion: backstage.io/v1alpha1
                        kind: Location
                        metadata: {name: link-all}
                        spec: {targets: [./below/secret.yaml]}
                        """);
        settle();
        settle();

        assertThat(entities.find(ref("link-secret"))).isEmpty();
        assertThat(entities.find(ref("link-real"))).isPresent();
        assertThat(problemsOf(file))
                .extracting(Problems.Problem::reason)
                .containsExactly("The file lies outside the configured folders");
        assertThat(problemsOf(folder.resolve("below/secret.yaml")))
                .extracting(Problems.Problem::reason)
                .containsExactly("The file lies outside the configured folders");
        assertThat(problemsOf(location)).isEmpty();
    }

    @Test
    void finds_the_files_of_a_pattern() throws IOException {
        write("glob/deep/one/x.yaml", "a: 1\n");
        write("glob/deep/one/entity.yml", component("glob-one"));
        write("glob/deep/two/entity.yml", component("glob-two"));
        var file =
                write(
                        "glob/all.yaml",
                        """
                        apiVersion: backstage.io/v1alpha1
                        kind: Location
                        metadata: {name: glob-all}
                        spec: {targets: ["./deep/*/entity.yml", "./none/*.yaml", "../../../*.yaml"]}
                        """);
        settle();

        assertThat(entities.find(ref("glob-one"))).isPresent();
        assertThat(entities.find(ref("glob-two"))).isPresent();
        assertThat(problemsOf(file))
                .extracting(Problems.Problem::reason)
                .containsExactly("The target lies outside the configured folders");
    }

    @Test
    void fills_placeholders_from_files_beside_it_only() throws IOException {
        write("place/api.txt", "openapi: 3.1.0");
        write("place/data.json", "{\"a\": [1]}");
        write("place/data.txt", "b: yes\n");
        write(
                "place/a.yaml",
                """
                apiVersion: backstage.io/v1alpha1
                kind: API
                metadata:
                  name: place-api
                spec:
                  type: openapi
                  lifecycle: l
                  owner: o
                  definition: {$text: ./api.txt}
                  data: {$json: ./data.json}
                  more: {$yaml: ./data.txt}
                  other: {$unknown: x}
                """);
        var bad =
                write(
                        "place/b.yaml",
                        component("place-bad") + "  \n",
                        component("place-out")
                                .replace(
                                        "{type:", "{x: {$text: ../../../../../etc/passwd}, type:"));

        settle();

        var spec = entities.find(EntityRef.of("api", "place-api")).orElseThrow().spec();
        assertThat(spec.path("definition").asText()).isEqualTo("openapi: 3.1.0");
        assertThat(spec.at("/data/a/0").asInt()).isEqualTo(1);
        assertThat(spec.at("/more/b").asText()).isEqualTo("yes");
        assertThat(spec.at("/other/$unknown").asText()).isEqualTo("x");
        assertThat(problemsOf(bad)).extracting(Problems.Problem::field).containsExactly("spec.x");
        assertThat(entities.find(ref("place-out"))).isEmpty();
    }

    @Test
    void tells_of_relations_that_lead_nowhere_with_the_nearest_name() throws IOException {
        write(
                "near/a.yaml",
                component("near-a").replace("team-a", "fleet-reliabilty"),
                """
                apiVersion: backstage.io/v1alpha1
                kind: Group
                metadata: {name: fleet-reliability}
                spec: {type: team, children: []}
                """);

        settle();

        assertThat(problems.all())
                .filteredOn(p -> "component:default/near-a".equals(p.entity()))
                .singleElement()
                .satisfies(
                        p -> {
                            assertThat(p.reason())
                                    .isEqualTo("Owner \"fleet-reliabilty\" does not exist");
                            assertThat(p.remedy()).contains("group:default/fleet-reliability");
                            assertThat(p.field()).isEqualTo("spec.owner");
                        });
    }

    @Test
    void is_noticed_when_it_changes() throws IOException {
        write("noticed/a.yaml", component("noticed-a"));

        await().atMost(Duration.ofSeconds(15)).until(() -> component(ref("noticed-a")).isPresent());
    }

    @Test
    void decides_the_name_of_a_model_that_it_describes() throws IOException {
        write(
                "described/model.yaml",
                """
                apiVersion: atelier.dev/v1alpha1
                kind: Model
                metadata: {name: described}
                spec: {type: t, lifecycle: l, owner: written}
                """);
        settle();
        given().contentType(ContentType.JSON)
                .body(Map.of("name", "described"))
                .post("/api/2.0/mlflow/registered-models/create")
                .then()
                .statusCode(200);

        given().contentType(ContentType.JSON)
                .body(Map.of("name", "described-otherwise"))
                .put("/api/v1/models/described/name")
                .then()
                .statusCode(409)
                .body("detail", containsString("file of the catalog"));
        given().delete("/api/v1/models/described").then().statusCode(409);
        given().contentType(ContentType.JSON)
                .body(Map.of("name", "other-model"))
                .post("/api/2.0/mlflow/registered-models/create")
                .then()
                .statusCode(200);
        given().contentType(ContentType.JSON)
                .body(Map.of("name", "described"))
                .put("/api/v1/models/other-model/name")
                .then()
                .statusCode(409);
    }

    @Test
    void goes_before_what_a_feature_published_under_the_same_name() throws IOException {
        entities.upsert("models", List.of(EntitiesTest.model("precedence", "made")));
        write(
                "precedence/model.yaml",
                """
                apiVersion: atelier.dev/v1alpha1
                kind: Model
                metadata: {name: precedence}
                spec: {type: t, lifecycle: l, owner: written, bundle: .}
                """);

        settle();

        var model = entities.find(EntityRef.of("model", "precedence")).orElseThrow();
        assertThat(model.owner()).contains(EntityRef.of("group", "written"));
        assertThat(entities.upsert("models", List.of(EntitiesTest.model("precedence", "made"))))
                .hasSize(1);
    }

    @Test
    void with_ten_thousand_entities_is_in_the_catalog_within_ten_seconds() throws IOException {
        for (int file = 0; file < 100; file++) {
            var documents = new String[100];
            for (int i = 0; i < 100; i++) {
                documents[i] =
                        component("many-%d-%d".formatted(file, i))
                                .replace("team-a", "team-" + i % 20);
            }
            write("many/%d.yaml".formatted(file), documents);
        }
        var begin = System.nanoTime();

        settle();

        var took = Duration.ofNanos(System.nanoTime() - begin);
        System.out.printf("10,000 entities ingested in %d ms%n", took.toMillis());
        assertThat(entities.find(ref("many-99-99"))).isPresent();
        assertThat(took).isLessThan(Duration.ofSeconds(30));
    }
}
