package dev.atelier.catalog;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Backstage's catalog API")
class BackstageCatalogTest {

    @Inject Entities entities;

    @BeforeEach
    void fill() {
        entities.replaceAll(
                "backstage-test",
                List.of(
                        component("bst-delta", "service", "production", "bst-x", "java", "Shop"),
                        component("bst-Alpha", "service", "experimental", "bst-x", "python", null),
                        component("bst-charlie", "library", "production", "bst-y", "java", null),
                        component("bst-bravo", "website", "production", "bst-y", "java", "A \"b\""),
                        group("bst-x")));
    }

    private static EntityDocument component(
            String name, String type, String lifecycle, String owner, String tag, String title) {
        var document = EntityDocument.of("backstage.io/v1alpha1", "Component", "bst", name);
        document.spec().put("type", type).put("lifecycle", lifecycle).put("owner", owner);
        document.spec().putArray("dependsOn").add("resource:bst/db-" + name);
        document.metadata().putArray("tags").add(tag).add("bst-all");
        document.metadata()
                .withObjectProperty("annotations")
                .put("example.com/slug", name)
                .put("long", "x".repeat(300));
        if (title != null) {
            document.metadata().put("title", title);
        }
        return document;
    }

    private static EntityDocument group(String name) {
        var document = EntityDocument.of("backstage.io/v1alpha1", "Group", "bst", name);
        document.spec().put("type", "team").putArray("children");
        return document;
    }

    private static ValidatableResponse get(String path, Object... values) {
        return given().urlEncodingEnabled(true).get("/api/catalog" + path, values).then();
    }

    private static ValidatableResponse post(String path, String body) {
        return given().contentType(ContentType.JSON).body(body).post("/api/catalog" + path).then();
    }

    // ---- filters

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "kind=component,metadata.namespace=bst|bst-delta,bst-Alpha,bst-charlie,bst-bravo",
                "KIND=COMPONENT,metadata.namespace=BST,spec.type=LIBRARY|bst-charlie",
                "metadata.namespace=bst,spec.type=library,spec.type=website|bst-charlie,bst-bravo",
                "metadata.namespace=bst,metadata.title|bst-delta,bst-bravo",
                "metadata.namespace=bst,metadata.tags=python|bst-Alpha",
                "metadata.namespace=bst,metadata.tags.python=true|bst-Alpha",
                "metadata.namespace=bst,metadata.annotations.example.com/slug=bst-alpha|bst-Alpha",
                "metadata.namespace=bst,metadata.annotations.long=|",
                "metadata.namespace=bst,kind=component,metadata.annotations.long|bst-delta,bst-Alpha,bst-charlie,bst-bravo",
                "relations.ownedby=group:bst/bst-x|bst-delta,bst-Alpha",
                "relations.ownerOf=component:bst/bst-delta|bst-x",
                "metadata.namespace=bst,relations.ownerof|bst-x",
                "metadata.namespace=bst,spec.nothing|",
                "metadata.namespace=bst,status|",
                "metadata.name=bst-bravo|bst-bravo",
            })
    void filters(String filter, String expected) {
        var names =
                get("/entities?filter={f}", filter)
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("metadata.name", String.class);

        assertThat(names)
                .containsExactlyInAnyOrderElementsOf(
                        expected == null ? List.of() : List.of(expected.split(",")));
    }

    @Test
    void takes_several_filters_as_alternatives() {
        get("/entities?filter={a}&filter={b}", "metadata.name=bst-bravo", "metadata.name=bst-delta")
                .body("metadata.name", containsInAnyOrder("bst-bravo", "bst-delta"));
    }

    @Test
    void refuses_a_filter_without_a_key_in_its_own_words() {
        given().urlEncodingEnabled(false)
                .get("/api/catalog/entities?filter=%3Dx")
                .then()
                .statusCode(400)
                .body("error.name", equalTo("InputError"))
                .body("request.method", equalTo("GET"))
                .body("request.url", containsString("/api/catalog/entities?filter="))
                .body("response.statusCode", equalTo(400));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"metadata.namespace\":\"bst\",\"spec.type\":\"library\"}|bst-charlie",
                "{\"$all\":[{\"metadata.namespace\":\"bst\"},{\"$not\":{\"kind\":\"component\"}}]}|bst-x",
                "{\"$any\":[{\"metadata.name\":\"bst-x\"},{\"metadata.name\":\"bst-delta\"}]}|bst-x,bst-delta",
                "{\"metadata.name\":{\"$in\":[\"bst-x\",\"bst-delta\"]}}|bst-x,bst-delta",
                "{\"metadata.namespace\":\"bst\",\"metadata.title\":{\"$exists\":true}}|bst-delta,bst-bravo",
                "{\"metadata.namespace\":\"bst\",\"kind\":\"component\",\"metadata.title\":{\"$exists\":false}}|bst-Alpha,bst-charlie",
                "{\"metadata.namespace\":\"bst\",\"metadata.tags\":{\"$contains\":\"python\"}}|bst-Alpha",
                "{\"metadata.name\":{\"$hasPrefix\":\"bst-c\"}}|bst-charlie",
                "{\"metadata.annotations.example.com/slug\":{\"$hasPrefix\":\"BST-C\"}}|bst-charlie",
            })
    void understands_predicates(String query, String expected) {
        var names =
                post("/entities/by-query", "{\"query\":" + query + "}")
                        .statusCode(200)
                        .extract()
                        .jsonPath()
                        .getList("items.metadata.name", String.class);

        assertThat(names).containsExactlyInAnyOrder(expected.split(","));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"query\":[]}|",
                "{\"query\":{\"$foo\":1}}|",
                "{\"query\":{\"a\":{\"$bar\":1}}}|",
                "[|",
                "7|",
                "{\"a\":1,\"a\":2}|"
            })
    void refuses_bodies_that_make_no_sense(String body, String nothing) {
        post("/entities/by-query", body).statusCode(400).body("error.name", equalTo("InputError"));
    }

    // ---- pages

    @Test
    void pages_forward_and_back_through_an_ordered_list() {
        var forward = new ArrayList<String>();
        var first =
                get(
                                "/entities/by-query?filter={f}&orderField={o}&limit=2",
                                "metadata.namespace=bst",
                                "metadata.name,asc")
                        .statusCode(200)
                        .body("totalItems", equalTo(5))
                        .body("pageInfo.prevCursor", nullValue())
                        .body("pageInfo.nextCursor", notNullValue())
                        .extract()
                        .jsonPath();
        forward.addAll(first.getList("items.metadata.name"));
        var second =
                get("/entities/by-query?cursor={c}&limit=2", first.getString("pageInfo.nextCursor"))
                        .body("totalItems", equalTo(5))
                        .body("pageInfo.prevCursor", notNullValue())
                        .extract()
                        .jsonPath();
        forward.addAll(second.getList("items.metadata.name"));
        var third =
                get(
                                "/entities/by-query?cursor={c}&limit=2",
                                second.getString("pageInfo.nextCursor"))
                        .body("pageInfo.nextCursor", nullValue())
                        .extract()
                        .jsonPath();
        forward.addAll(third.getList("items.metadata.name"));

        assertThat(forward)
                .containsExactly("bst-Alpha", "bst-bravo", "bst-charlie", "bst-delta", "bst-x");
        var back =
                get("/entities/by-query?cursor={c}&limit=2", third.getString("pageInfo.prevCursor"))
                        .body("items.metadata.name", equalTo(List.of("bst-charlie", "bst-delta")))
                        .body("pageInfo.nextCursor", notNullValue())
                        .extract()
                        .jsonPath();
        get("/entities/by-query?cursor={c}&limit=2", back.getString("pageInfo.prevCursor"))
                .body("items.metadata.name", equalTo(List.of("bst-Alpha", "bst-bravo")))
                .body("pageInfo.prevCursor", nullValue());
    }

    @Test
    void orders_down_and_leaves_out_what_lacks_the_field() {
        get(
                        "/entities/by-query?filter={f}&orderField={o}",
                        "metadata.namespace=bst",
                        "metadata.title,desc")
                .body("items.metadata.name", equalTo(List.of("bst-delta", "bst-bravo")))
                .body("totalItems", equalTo(2));
        get(
                        "/entities/by-query?filter={f}&orderField={o}",
                        "metadata.namespace=bst",
                        "metadata.annotations.example.com/slug,desc")
                .body(
                        "items.metadata.name",
                        equalTo(List.of("bst-delta", "bst-charlie", "bst-bravo", "bst-Alpha")));
    }

    @Test
    void searches_the_named_fields_or_the_order_field() {
        get(
                        "/entities/by-query?filter={f}&fullTextFilterTerm={t}&fullTextFilterFields={x}",
                        "metadata.namespace=bst",
                        "SHO",
                        "metadata.name,metadata.title")
                .body("items.metadata.name", equalTo(List.of("bst-delta")));
        get(
                        "/entities/by-query?filter={f}&fullTextFilterTerm={t}&orderField={o}",
                        "metadata.namespace=bst",
                        "char",
                        "metadata.name,asc")
                .body("items.metadata.name", equalTo(List.of("bst-charlie")));
        get(
                        "/entities/by-query?filter={f}&fullTextFilterTerm={t}&fullTextFilterFields={x}",
                        "metadata.namespace=bst",
                        "%",
                        "metadata.name")
                .body("items", hasSize(0));
    }

    @Test
    void counts_only_when_the_limit_is_zero() {
        get("/entities/by-query?filter={f}&limit=0", "metadata.namespace=bst")
                .body("items", hasSize(0))
                .body("totalItems", equalTo(5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=-1",
                "limit=x",
                "offset=-2",
                "cursor=%25",
                "cursor=bm8",
                "orderField=,asc"
            })
    void refuses_bad_paging(String query) {
        given().urlEncodingEnabled(false)
                .get("/api/catalog/entities/by-query?" + query)
                .then()
                .statusCode(400)
                .body("error.name", equalTo("InputError"));
    }

    @Test
    void lists_with_limit_and_a_link_to_the_next_page() {
        var answer =
                get(
                                "/entities?filter={f}&order={o}&limit=2",
                                "metadata.namespace=bst",
                                "desc:metadata.name")
                        .body("metadata.name", equalTo(List.of("bst-x", "bst-delta")))
                        .extract();
        var link = answer.header("Link");
        assertThat(link).endsWith("rel=\"next\"");

        given().urlEncodingEnabled(false)
                .get(link.substring(1, link.indexOf('>')))
                .then()
                .statusCode(200)
                .body("metadata.name", equalTo(List.of("bst-charlie", "bst-bravo")));
    }

    @Test
    void answers_that_nothing_changed() {
        var path = "/entities/by-query?filter=metadata.namespace=bst";
        var tag = get(path).extract().header("ETag");

        given().header("If-None-Match", tag).get("/api/catalog" + path).then().statusCode(304);
        entities.upsert("backstage-test", List.of(group("bst-new")));
        given().header("If-None-Match", tag).get("/api/catalog" + path).then().statusCode(200);
    }

    // ---- projections, single entities

    @Test
    void selects_fields_with_dots_in_their_keys() {
        var json =
                get(
                                "/entities?filter={f}&fields={a}",
                                "metadata.name=bst-delta",
                                "kind,metadata.annotations.example.com/slug,spec.none")
                        .extract()
                        .asString();

        assertThat(json)
                .isEqualTo(
                        "[{\"kind\":\"Component\",\"metadata\":{\"annotations\":"
                                + "{\"example.com/slug\":\"bst-delta\"}}}]");
        get("/entities?fields={a}", "metadata.tags[0]").statusCode(400);
    }

    @Test
    void gives_one_entity_by_name_by_uid_and_by_reference() {
        var entity =
                get("/entities/by-name/component/bst/BST-DELTA")
                        .statusCode(200)
                        .body("metadata.title", equalTo("Shop"))
                        .body("metadata.etag", notNullValue())
                        .body(
                                "relations",
                                equalTo(
                                        List.of(
                                                Map.of(
                                                        "type",
                                                        "dependsOn",
                                                        "targetRef",
                                                        "resource:bst/db-bst-delta"),
                                                Map.of(
                                                        "type",
                                                        "ownedBy",
                                                        "targetRef",
                                                        "group:bst/bst-x"))))
                        .extract()
                        .jsonPath();
        get("/entities/by-uid/" + entity.getString("metadata.uid"))
                .statusCode(200)
                .body("metadata.name", equalTo("bst-delta"));
        post(
                        "/entities/by-refs",
                        """
                        {"entityRefs":["component:bst/bst-bravo","component:bst/none","Group:bst/bst-x"],
                         "fields":["metadata.name"]}""")
                .body("items[0].metadata.name", equalTo("bst-bravo"))
                .body("items[1]", nullValue())
                .body("items[2].metadata.name", equalTo("bst-x"));
    }

    @Test
    void says_not_found_in_its_own_form() {
        get("/entities/by-name/component/bst/none")
                .statusCode(404)
                .body("error.name", equalTo("NotFoundError"))
                .body("response.statusCode", equalTo(404));
        get("/entities/by-uid/none").statusCode(404);
        get("/locations/none").statusCode(404);
    }

    @Test
    void says_every_error_in_its_own_form() {
        get("/no/such/route")
                .statusCode(404)
                .contentType(ContentType.JSON)
                .body("error.name", equalTo("NotFoundError"))
                .body("request.url", equalTo("/api/catalog/no/such/route"));
        given().contentType(ContentType.JSON)
                .delete("/api/catalog/entities")
                .then()
                .statusCode(405)
                .body("response.statusCode", equalTo(405));
    }

    @Test
    void describes_itself() {
        get("/openapi.json")
                .statusCode(200)
                .contentType(ContentType.JSON)
                .body("info.title", equalTo("catalog"))
                .body("servers[0].url", equalTo("/api/catalog"));
    }

    @Test
    void deletes_by_uid() {
        entities.upsert("backstage-test", List.of(group("bst-gone")));
        var uid = entities.find(new EntityRef("group", "bst", "bst-gone")).orElseThrow().uid();

        given().delete("/api/catalog/entities/by-uid/" + uid).then().statusCode(204);

        get("/entities/by-uid/" + uid).statusCode(404);
    }

    @Test
    void refreshes_with_an_empty_answer() {
        post("/refresh", "{\"entityRef\":\"component:bst/bst-delta\"}")
                .statusCode(200)
                .body(equalTo(""));
        post("/refresh", "{\"entityRef\":\"bst-delta\"}").statusCode(400);
    }

    @Test
    void tells_the_ancestry() {
        get("/entities/by-name/component/bst/bst-delta/ancestry")
                .body("rootEntityRef", equalTo("component:bst/bst-delta"))
                .body("items[0].entity.metadata.name", equalTo("bst-delta"))
                .body("items[0].parentEntityRefs", hasSize(0));
    }

    // ---- facets

    @Test
    void counts_facets_in_their_original_case() {
        get(
                        "/entity-facets?facet={a}&facet={b}&facet={c}&facet={d}&filter={f}",
                        "metadata.name",
                        "metadata.tags",
                        "relations.ownedBy",
                        "spec.none",
                        "kind=component,metadata.namespace=bst")
                .statusCode(200)
                .body(
                        "facets.'metadata.name'.value",
                        containsInAnyOrder("bst-Alpha", "bst-bravo", "bst-charlie", "bst-delta"))
                .body("facets.'metadata.tags'.find { it.value == 'java' }.count", equalTo(3))
                .body(
                        "facets.'relations.ownedBy'.find { it.value == 'group:bst/bst-x' }.count",
                        equalTo(2))
                .body("facets.'spec.none'", hasSize(0));
        get("/entity-facets").statusCode(400);
        post(
                        "/entity-facets",
                        """
                        {"facets":["spec.type"],"query":{"metadata.namespace":"bst","kind":"component"}}""")
                .body("facets.'spec.type'.find { it.value == 'service' }.count", equalTo(2));
    }

    @Test
    void counts_facets_anew_when_the_catalog_changed() {
        var path = "/entity-facets?facet=spec.type&filter=metadata.namespace=bst";
        get(path).body("facets.'spec.type'.find { it.value == 'team' }.count", equalTo(1));
        entities.upsert("backstage-test", List.of(group("bst-second")));

        get(path).body("facets.'spec.type'.find { it.value == 'team' }.count", equalTo(2));
    }

    // ---- locations

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "file,/etc/passwd",
        "url,http://example.com/x.yaml",
        "url,https://127.0.0.1/x.yaml",
        "url,https://169.254.169.254/latest",
        "url,not an address",
    })
    void registers_no_location_it_must_not_read(String type, String target) {
        post("/locations", "{\"type\":\"%s\",\"target\":\"%s\"}".formatted(type, target))
                .statusCode(400)
                .body("error.name", equalTo("InputError"));
    }

    // ---- validation

    private static ValidatableResponse validate(ObjectNode entity, String location) {
        var body = Json.object().put("location", location);
        body.set("entity", entity);
        return post("/validate-entity", Json.write(body));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.atelier.catalog.EntityRulesTest#good")
    void accepts_good_entities(String what, ObjectNode entity) {
        validate(entity, "url:https://example.com/x").statusCode(200).body(equalTo(""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.atelier.catalog.EntityRulesTest#bad")
    void refuses_bad_entities(String field, ObjectNode entity) {
        validate(entity, "url:https://example.com/x")
                .statusCode(400)
                .body("errors[0].name", equalTo("InputError"))
                .body("errors.message.join()", containsString(field));
    }

    @Test
    void validates_only_with_a_url_location() {
        validate(EntityRulesTest.component(_ -> {}), "file:x").statusCode(400);
    }

    @Test
    void takes_odd_names_as_text() {
        for (var odd :
                List.of("'; drop table catalog_entity; --", "%", "\\", "\"", "a\u0000b", "ü")) {
            get("/entities?filter={f}", "metadata.annotations." + odd + "=" + odd).statusCode(200);
            get("/entities/by-query?orderField={o}", "metadata." + odd + ",asc").statusCode(200);
            get("/entity-facets?facet={o}", odd).statusCode(200);
        }
        get("/entities/by-name/component/bst/bst-delta").statusCode(200);
    }
}
