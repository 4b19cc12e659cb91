package dev.atelier.datasets;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.goldenpaths.Paths;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("atelier:dataset:register")
class DatasetRegisterTest {

    private static final String STEPS =
            """
            steps:
              - id: register
                action: atelier:dataset:register
                input:
                  name: ${{ parameters.name }}
                  title: ${{ parameters.title }}
                  owner: ${{ parameters.owner }}
                  region: ${{ parameters.region }}
                  sensitivity: ${{ parameters.sensitivity }}
                  retention: ${{ parameters.retention }}
                  source: ${{ parameters.source }}
                  repository: ${{ parameters.repository }}
                  derivedFrom: ${{ parameters.derivedFrom }}
                  tags: ${{ parameters.tags }}
                  schema: ${{ parameters.schema }}
            """;

    @Inject Entities entities;
    @Inject Sql sql;

    private EntityRef path;
    private String name;
    private String team;
    private Person engineer;

    @BeforeEach
    void somebody_of_a_team() {
        var word = UUID.randomUUID().toString().substring(0, 8);
        path = Paths.publish(STEPS);
        name = "measured-" + word;
        team = "group:default/measurers-" + word;
        engineer = Person.named("engineer").with("data-scientist").in(team);
    }

    private Paths.Ended register(Person by, Map<String, Object> other) {
        var values = new HashMap<String, Object>();
        values.put("name", name);
        values.put("owner", team);
        values.put("region", "eu-central");
        values.put("sensitivity", "internal");
        values.put("retention", "P1Y6M");
        values.put(
                "schema",
                List.of(
                        Map.of(
                                "name",
                                "species",
                                "type",
                                "string",
                                "required",
                                true,
                                "values",
                                List.of("adelie", "gentoo")),
                        Map.of(
                                "name", "flipper_mm",
                                "type", "number",
                                "description", "Length of the flipper.",
                                "minimum", 0)));
        values.putAll(other);
        return Paths.run(by.asks(), path, values);
    }

    private EntityRef ref() {
        return EntityRef.of("dataset", name);
    }

    private List<String> acts() {
        return sql.list(
                "select action || ' ' || actor from audit_event where resource = ? order by id",
                row -> row.getString(1),
                ref().toString());
    }

    @Test
    void puts_a_data_set_into_the_catalog_with_all_that_was_said_of_it() {
        var ended =
                register(
                        engineer,
                        Map.of(
                                "title", "Measurements",
                                "source", "s3://lake/penguins",
                                "repository", "https://atelier.example/repositories/x/y",
                                "tags", List.of("birds")));

        assertThat(ended.fault()).isNull();
        assertThat(ended.of(0).path("created").asBoolean()).isTrue();
        assertThat(ended.of(0).path("entityRef").asText()).isEqualTo(ref().toString());
        var entity = entities.find(ref()).orElseThrow();
        assertThat(entity.owner()).contains(EntityRef.parse(team));
        assertThat(entity.spec().path("source").asText()).isEqualTo("s3://lake/penguins");
        assertThat(entity.annotation("backstage.io/source-template")).contains(path.toString());
        assertThat(acts()).containsExactly("dataset.register " + engineer.ref());
        var page = Jsoup.parse(given().get(ref().address()).asString());
        assertThat(page.select("[aria-labelledby=columns] tbody tr").eachText())
                .containsExactly(
                        "species string never missing; adelie, gentoo",
                        "flipper_mm number Length of the flipper. from 0");
        assertThat(page.select("[aria-labelledby=facts]").text())
                .contains("Region eu-central", "Sensitivity internal", "Kept for 1 year, 6 months");
        assertThat(page.select("[aria-labelledby=links] a").attr("href"))
                .isEqualTo("https://atelier.example/repositories/x/y");
    }

    @Test
    void makes_nothing_twice_and_is_brought_up_to_date_by_its_owners() {
        var first = register(engineer, Map.of());
        assertThat(first.fault()).isNull();

        assertThat(Paths.afterKill(first.id()).fault()).isNull();
        assertThat(acts()).hasSize(1);

        assertThat(register(engineer, Map.of("retention", "indefinite")).fault()).isNull();
        assertThat(entities.find(ref()).orElseThrow().spec().path("retention").asText())
                .isEqualTo("indefinite");
        assertThat(acts()).endsWith("dataset.change " + engineer.ref());
    }

    @Test
    void leaves_alone_what_others_own_or_a_file_describes() {
        assertThat(register(engineer, Map.of()).fault()).isNull();
        var other = Person.named("other").with("data-scientist").in(team + "-other");

        assertThat(register(other, Map.of("owner", team + "-other")).fault())
                .contains("already", "only they change it");
        assertThat(register(other, Map.of("name", name + "-2")).fault())
                .contains("for oneself or for a team of one's own");
        var developer = Person.named("developer").with("developer");
        assertThat(register(developer, Map.of("name", name + "-3")).fault())
                .contains("for oneself or for a team of one's own");

        var document =
                EntityDocument.of("atelier.dev/v1alpha1", "Dataset", "default", name + "-file");
        document.spec().put("type", "table").put("owner", team);
        assertThat(entities.upsert("another-feature", List.of(document))).isEmpty();
        assertThat(register(engineer, Map.of("name", name + "-file")).fault())
                .contains("another feature describes");
    }

    @ParameterizedTest
    @CsvSource({
        "name, ../x, name",
        "name, '', name",
        "region, '', region",
        "sensitivity, secret, sensitivity",
        "retention, forever, retention",
        "retention, P, retention",
        "repository, javascript:alert(1), repository",
        "owner, 'a b/c/d', neither"
    })
    void refuses_what_cannot_be_and_says_where(String member, String value, String why) {
        assertThat(register(engineer, Map.of(member, value)).fault())
                .contains(why)
                .doesNotContain("unexpected");
        assertThat(entities.find(ref())).isEmpty();
    }

    @Test
    void refuses_columns_that_cannot_be() {
        var column = Map.<String, Object>of("name", "a", "type", "string");

        assertThat(register(engineer, Map.of("schema", List.of())).fault()).contains("schema");
        assertThat(register(engineer, Map.of("schema", List.of(column, column))).fault())
                .contains("two columns \"a\"");
        assertThat(
                        register(
                                        engineer,
                                        Map.of(
                                                "schema",
                                                List.of(
                                                        Map.of(
                                                                "name", "a", "type", "number",
                                                                "minimum", 2, "maximum", 1))))
                                .fault())
                .contains("above its maximum");
        assertThat(
                        register(
                                        engineer,
                                        Map.of(
                                                "schema",
                                                List.of(Map.of("name", "a", "type", "varchar"))))
                                .fault())
                .contains("schema");
    }
}
