package dev.atelier.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The catalog for people")
class CatalogPagesTest {

    @Inject Entities entities;

    @BeforeEach
    void fill() {
        var list = new ArrayList<EntityDocument>();
        for (int i = 0; i < 65; i++) {
            var model =
                    EntityDocument.of(
                            "atelier.dev/v1alpha1", "Model", "pages", "pg-%02d".formatted(i));
            model.spec()
                    .put("type", i % 2 == 0 ? "pg-even" : "pg-odd")
                    .put("lifecycle", "production")
                    .put("owner", "pg-team")
                    .putArray("trainedOn")
                    .add(i == 0 ? "pg-data" : "pg-missing");
            model.metadata().putArray("tags").add("pg-tag");
            model.metadata().put("description", "Number <b>%d</b> \"><svg onload=x>".formatted(i));
            model.metadata()
                    .putArray("links")
                    .addObject()
                    .put("url", "javascript:alert(1)")
                    .put("title", "bad");
            list.add(model);
        }
        var team = EntityDocument.of("backstage.io/v1alpha1", "Group", "pages", "pg-team");
        team.spec().put("type", "team").putArray("children");
        team.metadata().put("title", "The page team");
        list.add(team);
        var data = EntityDocument.of("atelier.dev/v1alpha1", "Dataset", "pages", "pg-data");
        data.spec().put("type", "table").put("owner", "pg-team");
        list.add(data);
        entities.replaceAll("pages-test", list);
    }

    /** A feature that knows something about two models. */
    @ApplicationScoped
    static class Weather implements EntityState {
        static final List<Integer> ASKED = new CopyOnWriteArrayList<>();

        @Override
        public Map<EntityRef, State> states(Collection<EntityRef> refs) {
            ASKED.add(refs.size());
            return Map.of(
                    new EntityRef("model", "pages", "pg-00"), new State("ok", "Sunny", "v3"),
                    new EntityRef("model", "pages", "pg-01"), new State("fail", "Storm", null));
        }
    }

    @Test
    void shows_the_state_that_a_feature_knows_and_asks_it_once_a_page() {
        Weather.ASKED.clear();

        var rows = page("/catalog?tag=pg-tag").select("#rows > li");

        assertThat(rows.get(0).select(".status[data-s=ok]").text()).isEqualTo("Sunny");
        assertThat(rows.get(0).select("h3").text()).contains("v3");
        assertThat(rows.get(1).select(".status[data-s=fail]").text()).isEqualTo("Storm");
        assertThat(rows.get(2).select(".status")).isEmpty();
        assertThat(Weather.ASKED).containsExactly(CatalogList.PAGE + 1);
    }

    private static Document page(String address, Object... values) {
        return Jsoup.parse(
                given().accept("text/html")
                        .get(address, values)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    @Test
    void counts_facets_and_pages_through_the_list() {
        var first = page("/catalog?tag=pg-tag");
        assertThat(first.select("#count").text()).isEqualTo("65 entries");
        assertThat(first.select("#rows > li")).hasSize(30);
        assertThat(first.select("#f-type-pg-even").parents().first().text()).isEqualTo("pg-even33");
        assertThat(first.select("input[name=tag][checked]").val()).isEqualTo("pg-tag");

        var names = new ArrayList<>(first.select("#rows .ttl").eachText());
        var second = page(first.select("#more a").attr("href"));
        names.addAll(second.select("#rows .ttl").eachText());
        var third = page(second.select("#more a").attr("href"));
        names.addAll(third.select("#rows .ttl").eachText());

        assertThat(names).hasSize(65).isSorted().doesNotHaveDuplicates();
        assertThat(third.select("#more").text()).contains("That is all");
    }

    @Test
    void joins_facets_and_offers_to_drop_each() {
        var page = page("/catalog?tag=pg-tag&type=pg-odd&kind=model");

        assertThat(page.select("#count").text()).isEqualTo("32 models");
        assertThat(page.select("#results header a.tag").eachAttr("href"))
                .contains("/catalog?type=pg-odd&tag=pg-tag");
    }

    @Test
    void finds_by_words_and_names_a_near_hit_when_nothing_matches() {
        assertThat(page("/catalog?q=pg-07 page").select("#rows .ttl").eachText()).isEmpty();
        assertThat(page("/catalog?q=pg-07 pg-team").select("#rows .ttl").eachText())
                .containsExactly("pg-07");

        var none = page("/catalog?q=the pagee teem");
        assertThat(none.select("#results").text())
                .contains("Nothing matches")
                .contains("Did you mean The page team?");
    }

    @Test
    void shows_a_group_with_what_it_owns() {
        var page = page("/catalog/pages/group/pg-team");

        assertThat(page.select("h1").text()).isEqualTo("The page team");
        assertThat(page.select("#owned").text()).isEqualTo("Owns 66 entries");
    }

    @Test
    void draws_lineage_with_missing_ends_marked() {
        var page = page("/catalog/pages/dataset/pg-data");
        assertThat(page.select("svg.lineage g.me text").first().text()).isEqualTo("pg-data");
        assertThat(page.select("svg.lineage a").eachAttr("href"))
                .containsExactly("/catalog/pages/model/pg-00");
        assertThat(page.select(".as-table tbody tr").text()).isEqualTo("pg-data trained pg-00");

        var model = page("/catalog/pages/model/pg-01");
        assertThat(model.select("svg.lineage g.warn").text())
                .contains("pg-missing", "not in the catalog");
        assertThat(model.select("section[aria-labelledby=relations] dl").text())
                .contains("pg-missing Dataset, not in the catalog");
    }

    @Test
    void shows_text_of_others_as_text() {
        var page = page("/catalog/pages/model/pg-02");

        assertThat(page.select("main svg[onload], main b")).isEmpty();
        assertThat(page.select("a[href^=javascript]")).isEmpty();
        assertThat(page.select(".title-block p").text()).contains("<svg onload=x>");
        assertThat(page("/catalog/pages/model/pg-02/source").select("#yaml").text())
                .contains("kind: Model");
    }

    @Test
    void says_what_is_not_there() {
        given().accept("text/html").get("/catalog/pages/model/none").then().statusCode(404);
        given().accept("text/html").get("/catalog?after=nonsense").then().statusCode(400);
    }

    @Test
    void checks_pasted_documents_without_keeping_them() {
        var page =
                Jsoup.parse(
                        given().accept("text/html")
                                .contentType(ContentType.URLENC)
                                .formParam("text", "kind: Component\n---\n<script>: [\n")
                                .post("/catalog/problems/check")
                                .then()
                                .statusCode(200)
                                .extract()
                                .asString());

        assertThat(page.select("#check [role=status]").text())
                .contains("2 of 2 documents cannot be read");
        assertThat(page.select("#check .probs li").size()).isGreaterThan(2);
        assertThat(page.select("#text").val()).contains("<script>");
    }

    @Test
    void refuses_a_location_inside_the_network_and_keeps_what_was_typed() {
        var page =
                Jsoup.parse(
                        given().accept("text/html")
                                .contentType(ContentType.URLENC)
                                .formParam("target", "https://169.254.169.254/x.yaml")
                                .post("/catalog/locations")
                                .then()
                                .statusCode(422)
                                .extract()
                                .asString());

        assertThat(page.select("#target-error").text()).contains("private network");
        assertThat(page.select("#target").val()).isEqualTo("https://169.254.169.254/x.yaml");
    }

    @Test
    void checks_a_file_for_pipelines() {
        List<String> fields =
                given().contentType(ContentType.TEXT)
                        .body(EntityRulesTest.COMPONENT.replace("shop", "-shop"))
                        .post("/api/v1/catalog/check")
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("findings.field");

        assertThat(fields).containsExactly("metadata.name");
    }

    @Test
    void gives_our_models_in_red_hats_words_that_this_catalog_accepts() {
        var yaml =
                given().get("/api/v1/catalog/rhdh.yaml")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();
        var documents = YamlDocuments.read(yaml);

        assertThat(documents).hasSizeGreaterThanOrEqualTo(130);
        assertThat(documents)
                .allSatisfy(
                        document ->
                                assertThat(
                                                EntityRules.check(
                                                        java.util.Objects.requireNonNull(
                                                                document.value())))
                                        .isEmpty());
        assertThat(yaml).contains("ai-model", "rhdh.modelcatalog.io/model-name: \"pg-00\"");
    }
}
