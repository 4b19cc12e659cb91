package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The outcomes that a running Backstage 1.53 gave for the same documents. */
@DisplayName("An entity document")
public class EntityRulesTest {

    static final String COMPONENT =
            """
            {"apiVersion":"backstage.io/v1alpha1","kind":"Component",
             "metadata":{"name":"shop"},
             "spec":{"type":"service","lifecycle":"production","owner":"team-a"}}""";

    static ObjectNode component(Consumer<ObjectNode> change) {
        var json = (ObjectNode) Json.trusted(COMPONENT);
        change.accept(json);
        return json;
    }

    private static Consumer<ObjectNode> metadata(Consumer<ObjectNode> change) {
        return json -> change.accept((ObjectNode) json.get("metadata"));
    }

    private static Consumer<ObjectNode> spec(Consumer<ObjectNode> change) {
        return json -> change.accept((ObjectNode) json.get("spec"));
    }

    private static ObjectNode entity(String apiVersion, String kind, String spec) {
        var json = Json.object().put("apiVersion", apiVersion).put("kind", kind);
        json.putObject("metadata").put("name", "x");
        json.set("spec", Json.trusted(spec));
        return json;
    }

    private static final String V1 = "backstage.io/v1alpha1";

    public static Stream<Arguments> good() {
        return Stream.of(
                Arguments.of("name of 63", component(metadata(m -> m.put("name", "a".repeat(63))))),
                Arguments.of("name a..b", component(metadata(m -> m.put("name", "a..b")))),
                Arguments.of("name A_b.C-d", component(metadata(m -> m.put("name", "A_b.C-d")))),
                Arguments.of(
                        "namespace a--b", component(metadata(m -> m.put("namespace", "a--b")))),
                Arguments.of(
                        "tag a:b+c#", component(metadata(m -> m.putArray("tags").add("a:b+c#")))),
                Arguments.of(
                        "empty label value",
                        component(metadata(m -> m.putObject("labels").put("k", "")))),
                Arguments.of(
                        "annotation with spaces and newlines",
                        component(metadata(m -> m.putObject("annotations").put("k", "a b\nc")))),
                Arguments.of(
                        "mailto link",
                        component(
                                metadata(
                                        m ->
                                                m.putArray("links")
                                                        .addObject()
                                                        .put("url", "mailto:a@b.c")))),
                Arguments.of(
                        "v1beta1",
                        component(json -> json.put("apiVersion", "backstage.io/v1beta1"))),
                Arguments.of("extra metadata", component(metadata(m -> m.put("extra", 1)))),
                Arguments.of("extra spec", component(spec(s -> s.put("extra", 1)))),
                Arguments.of(
                        "uid and etag",
                        component(metadata(m -> m.put("uid", "u").put("etag", "e")))),
                Arguments.of("owner a:b:c/d", component(spec(s -> s.put("owner", "a:b:c/d")))),
                Arguments.of(
                        "resource ml-model",
                        entity(V1, "Resource", "{\"type\":\"ml-model\",\"owner\":\"o\"}")),
                Arguments.of(
                        "template without any step",
                        entity(
                                "scaffolder.backstage.io/v1beta3",
                                "Template",
                                "{\"type\":\"t\",\"steps\":[]}")),
                Arguments.of(
                        "labels that differ in case",
                        component(
                                metadata(m -> m.putObject("labels").put("a", "x").put("A", "y")))),
                Arguments.of(
                        "mcp-server",
                        entity(
                                V1,
                                "API",
                                """
                                {"type":"mcp-server","lifecycle":"l","owner":"o",
                                 "remotes":[{"type":"sse","url":"https://x"}]}""")),
                Arguments.of(
                        "AiResource",
                        entity(
                                V1,
                                "AiResource",
                                "{\"type\":\"skill\",\"lifecycle\":\"l\",\"owner\":\"o\"}")),
                Arguments.of(
                        "Red Hat model server",
                        entity(
                                V1,
                                "Component",
                                "{\"type\":\"model-server\",\"lifecycle\":\"l\",\"owner\":\"o\"}")),
                Arguments.of(
                        "Red Hat model",
                        entity(V1, "Resource", "{\"type\":\"ai-model\",\"owner\":\"o\"}")),
                Arguments.of(
                        "our model",
                        entity(
                                EntityRules.OURS,
                                "Model",
                                """
                                {"type":"t","lifecycle":"l","owner":"o","bundle":".",
                                 "trainedOn":["dataset:default/d"]}""")),
                Arguments.of(
                        "our data set",
                        entity(
                                EntityRules.OURS,
                                "Dataset",
                                "{\"type\":\"table\",\"owner\":\"o\"}")),
                Arguments.of(
                        "our endpoint",
                        entity(
                                EntityRules.OURS,
                                "Endpoint",
                                """
                                {"type":"oip","lifecycle":"l","owner":"o","serves":["m"]}""")));
    }

    @ParameterizedTest(name = "is good: {0}")
    @MethodSource("good")
    void is_good(String what, ObjectNode document) {
        assertThat(EntityRules.check(document)).filteredOn(Fault::isError).isEmpty();
    }

    public static Stream<Arguments> bad() {
        return Stream.of(
                bad("metadata.name", metadata(m -> m.put("name", "a".repeat(64)))),
                bad("metadata.name", metadata(m -> m.put("name", "a-"))),
                bad("metadata.name", metadata(m -> m.put("name", ".a"))),
                bad("metadata.name", metadata(m -> m.put("name", "ä"))),
                bad("metadata.name", metadata(m -> m.put("name", "a\n"))),
                bad("metadata.name", metadata(m -> m.remove("name"))),
                bad("metadata.namespace", metadata(m -> m.put("namespace", "Team"))),
                bad("metadata.namespace", metadata(m -> m.put("namespace", "a.b"))),
                bad("metadata.tags.0", metadata(m -> m.putArray("tags").add("Java"))),
                bad("metadata.tags.0", metadata(m -> m.putArray("tags").add("a.b"))),
                bad("metadata.tags.0", metadata(m -> m.putArray("tags").add("a--b"))),
                bad(
                        "metadata.labels.Ex.com/a",
                        metadata(m -> m.putObject("labels").put("Ex.com/a", "v"))),
                bad(
                        "metadata.labels.a/b/c",
                        metadata(m -> m.putObject("labels").put("a/b/c", "v"))),
                bad("metadata.labels.a", metadata(m -> m.putObject("labels").put("a", "b c"))),
                bad("metadata.labels.a", metadata(m -> m.putObject("labels").put("a", 1))),
                bad(
                        "metadata.annotations.a",
                        metadata(m -> m.putObject("annotations").put("a", true))),
                bad(
                        "metadata.annotations.a b",
                        metadata(m -> m.putObject("annotations").put("a b", "c"))),
                bad(
                        "metadata.links.0.url",
                        metadata(m -> m.putArray("links").addObject().put("title", "t"))),
                bad(
                        "metadata.links.0.url",
                        metadata(m -> m.putArray("links").addObject().put("url", "not a url"))),
                bad("kind", json -> json.put("kind", "component")),
                bad("kind", json -> json.put("kind", "Deployment")),
                bad("apiVersion", json -> json.put("apiVersion", "backstage.io/v1")),
                bad("foo", json -> json.put("foo", 1)),
                bad("status", json -> json.putObject("status")),
                bad("relations", json -> json.putArray("relations")),
                bad("spec.owner", spec(s -> s.remove("owner"))),
                bad("spec.owner", spec(s -> s.put("owner", ""))),
                bad("spec.dependsOn.0", spec(s -> s.putArray("dependsOn").add("bare"))),
                bad("metadata.title", metadata(m -> m.put("title", ""))),
                Arguments.of("spec.children", entity(V1, "Group", "{\"type\":\"team\"}")),
                Arguments.of("spec.memberOf", entity(V1, "User", "{}")),
                Arguments.of(
                        "spec.definition",
                        entity(
                                V1,
                                "API",
                                "{\"type\":\"openapi\",\"lifecycle\":\"l\",\"owner\":\"o\"}")),
                Arguments.of(
                        "spec.remotes",
                        entity(
                                V1,
                                "API",
                                """
                                {"type":"mcp-server","lifecycle":"l","owner":"o","remotes":[]}""")),
                Arguments.of(
                        "spec.steps",
                        entity("scaffolder.backstage.io/v1beta3", "Template", "{\"type\":\"t\"}")),
                Arguments.of(
                        "spec.category",
                        entity(
                                V1,
                                "AiResource",
                                """
                                {"type":"rule","lifecycle":"l","owner":"o","rationale":"r"}""")),
                Arguments.of(
                        "spec.lifecycle",
                        entity(EntityRules.OURS, "Model", "{\"type\":\"t\",\"owner\":\"o\"}")),
                Arguments.of(
                        "apiVersion",
                        entity(
                                V1,
                                "Model",
                                "{\"type\":\"t\",\"owner\":\"o\",\"lifecycle\":\"l\"}")),
                Arguments.of("spec.presence", entity(V1, "Location", "{\"presence\":\"maybe\"}")));
    }

    private static Arguments bad(String field, Consumer<ObjectNode> change) {
        return Arguments.of(field, component(change));
    }

    @ParameterizedTest(name = "is refused for {0}: {1}")
    @MethodSource("bad")
    void is_refused_with_the_field_named(String field, ObjectNode document) {
        assertThat(EntityRules.check(document))
                .filteredOn(Fault::isError)
                .extracting(Fault::field)
                .contains(field);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"x\"", "1", "null", "{}", "{\"metadata\":1,\"spec\":[]}"})
    void of_another_shape_is_refused_without_failing(String json) {
        assertThat(EntityRules.check(Json.trusted(json))).isNotEmpty();
    }
}
