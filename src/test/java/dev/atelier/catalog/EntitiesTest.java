package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("Entities that a feature publishes")
class EntitiesTest {

    @Inject Entities entities;

    static EntityDocument model(String name, String owner) {
        var document = EntityDocument.of("atelier.dev/v1alpha1", "Model", "default", name);
        document.spec()
                .put("type", "tabular-classification")
                .put("lifecycle", "production")
                .put("owner", owner)
                .putArray("trainedOn")
                .add(name + "-data");
        document.metadata().putArray("tags").add("tabular");
        return document;
    }

    @Test
    void are_found_with_their_relations() {
        var refusals = entities.upsert("test", List.of(model("Found", "team-a")));

        assertThat(refusals).isEmpty();
        var found = entities.find(EntityRef.of("Model", "found")).orElseThrow();
        assertThat(found.name()).isEqualTo("Found");
        assertThat(found.owner()).contains(EntityRef.parse("group:default/team-a"));
        assertThat(found.relations())
                .extracting(relation -> relation.type() + " " + relation.target())
                .containsExactly(
                        "dependsOn dataset:default/found-data",
                        "ownedBy group:default/team-a",
                        "trainedOn dataset:default/found-data");
        assertThat(found.metadata().path("uid").asText()).isEqualTo(found.uid().toString());
    }

    @Test
    void give_their_targets_the_other_end_even_when_these_come_later() {
        entities.upsert("test", List.of(model("early", "late-team")));
        var team = EntityDocument.of("backstage.io/v1alpha1", "Group", "default", "late-team");
        team.spec().put("type", "team").putArray("children");

        entities.upsert("test", List.of(team));

        assertThat(entities.find(EntityRef.of("group", "late-team")).orElseThrow().relations())
                .contains(new Entity.Relation("ownerOf", EntityRef.of("model", "early")));
    }

    @Test
    void keep_their_uid_and_revision_when_nothing_changed() {
        entities.upsert("test", List.of(model("same", "team-a")));
        var before = entities.find(EntityRef.of("model", "same")).orElseThrow();

        entities.upsert("test", List.of(model("same", "team-a")));

        var after = entities.find(EntityRef.of("model", "same")).orElseThrow();
        assertThat(after.uid()).isEqualTo(before.uid());
        assertThat(after.revision()).isEqualTo(before.revision());
    }

    @Test
    void are_told_to_followers_when_they_come_change_and_go() {
        var start = entities.revision();
        entities.upsert("test", List.of(model("followed", "team-a")));
        var came = entities.changesSince(start, "Model");

        entities.remove("test", List.of(EntityRef.of("model", "followed")));
        var went = entities.changesSince(came.revision(), "Model");

        assertThat(came.present()).extracting(Entity::name).contains("followed");
        assertThat(went.gone()).contains(EntityRef.of("model", "followed"));
        assertThat(entities.changesSince(went.revision(), "Model").present()).isEmpty();
    }

    @Test
    void leave_with_their_relations() {
        entities.upsert("test", List.of(model("leaving", "stays")));
        var team = EntityDocument.of("backstage.io/v1alpha1", "Group", "default", "stays");
        team.spec().put("type", "team").putArray("children");
        entities.upsert("test", List.of(team));

        entities.remove("test", List.of(EntityRef.of("model", "leaving")));

        assertThat(entities.find(EntityRef.of("group", "stays")).orElseThrow().relations())
                .isEmpty();
    }

    @Test
    void cannot_take_the_name_of_another_source() {
        entities.upsert("one", List.of(model("contested", "team-a")));

        var refusals = entities.upsert("two", List.of(model("contested", "team-b")));

        assertThat(refusals).hasSize(1);
        assertThat(refusals.getFirst().reason()).contains("provider:one");
    }

    @Test
    void are_refused_with_the_reason_when_they_break_a_rule() {
        var nameless = EntityDocument.of("atelier.dev/v1alpha1", "Model", "default", "-x");

        assertThat(entities.upsert("test", List.of(nameless)))
                .extracting(Entities.Refusal::reason)
                .first()
                .asString()
                .startsWith("metadata.name");
    }

    @Test
    void are_suggested_by_beginning_part_and_misspelling() {
        entities.upsert("test", List.of(model("reefer-failure", "team-a")));

        assertThat(entities.suggest("reef", 5))
                .extracting(Entities.Suggestion::ref)
                .contains(EntityRef.of("model", "reefer-failure"));
        assertThat(entities.suggest("failure", 5))
                .extracting(Entities.Suggestion::ref)
                .contains(EntityRef.of("model", "reefer-failure"));
        assertThat(entities.suggest("reefr-failure", 5))
                .extracting(Entities.Suggestion::ref)
                .contains(EntityRef.of("model", "reefer-failure"));
    }

    @Test
    void are_suggested_by_their_beginning_before_their_middle() {
        entities.upsert(
                "test",
                List.of(
                        model("tugboat-harbour", "team-a"),
                        model("harbour-tug", "team-a"),
                        model("harbour", "team-a")));

        assertThat(entities.suggest("harbour", 3))
                .extracting(suggestion -> suggestion.ref().name())
                .containsExactly("harbour", "harbour-tug", "tugboat-harbour");
        assertThat(entities.suggest("harbour", 1)).hasSize(1);
    }

    @Test
    void may_have_a_type_that_is_too_long_to_be_found() {
        var document = model("long-type", "team-a");
        document.spec().put("type", "x".repeat(20_000));

        assertThat(entities.upsert("test", List.of(document))).isEmpty();
        assertThat(entities.find(EntityRef.of("model", "long-type")))
                .hasValueSatisfying(
                        entity -> {
                            assertThat(entity.type()).isEmpty();
                            assertThat(entity.spec().path("type").asText()).hasSize(20_000);
                        });
    }
}
