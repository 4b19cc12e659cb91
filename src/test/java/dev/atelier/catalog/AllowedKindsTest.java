package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The kinds that a location may give")
class AllowedKindsTest {

    private static final Map<String, String> RULES =
            Map.of(
                    "atelier.catalog.rules[0].allow", "Component,API",
                    "atelier.catalog.rules[1].allow", "Group, User",
                    "atelier.catalog.rules[1].locations[0].pattern",
                            "https://git.example/people/**/*.yaml",
                    "atelier.catalog.rules[2].allow", "Resource:ai-model",
                    "atelier.catalog.rules[2].locations[0].exact",
                            "https://git.example/models.yaml",
                    "atelier.catalog.rules[3].allow", "Model",
                    "atelier.catalog.rules[3].locations[0].type", "file",
                    "atelier.catalog.rules[3].locations[0].pattern", "/srv/models/**");

    private static boolean allows(
            Map<String, String> settings, String place, String kind, String type) {
        var config =
                new SmallRyeConfigBuilder()
                        .withMapping(CatalogConfig.class)
                        .withDefaultValues(settings)
                        .build()
                        .getConfigMapping(CatalogConfig.class);
        var colon = place.indexOf(':');
        var document = EntityDocument.of("v1", kind, "default", "x");
        document.spec().put("type", type);
        return AllowedKinds.of(config)
                .refuse(
                        Sources.Source.unsaved(
                                place.substring(0, colon), place.substring(colon + 1)),
                        document)
                .isEmpty();
    }

    @ParameterizedTest(name = "{2}: {1} from {0}")
    @CsvSource({
        "url:https://a.example/x.yaml, Component, true",
        "url:https://a.example/x.yaml, Model, true",
        "url:https://a.example/x.yaml, Template, true",
        "url:https://a.example/x.yaml, User, false",
        "url:https://a.example/x.yaml, Group, false",
        "file:/srv/catalog/people.yaml, Group, true",
    })
    void are_all_but_people_from_addresses_and_all_from_files_without_rules(
            String place, String kind, boolean allowed) {
        assertThat(allows(Map.of(), place, kind, "t")).isEqualTo(allowed);
    }

    @ParameterizedTest(name = "{3}: {1} {2} from {0}")
    @CsvSource({
        "url:https://a.example/x.yaml, Component, t, true",
        "url:https://a.example/x.yaml, API, t, true",
        "url:https://a.example/x.yaml, Model, t, false",
        "url:https://git.example/people/eu/all.yaml, Group, t, true",
        "url:https://git.example/people/eu/all.yml, Group, t, false",
        "url:https://git.example.evil/people/eu/all.yaml, Group, t, false",
        "url:https://git.example/models.yaml, Resource, ai-model, true",
        "url:https://git.example/models.yaml, Resource, database, false",
        "url:https://git.example/modelsxyaml, Resource, ai-model, false",
        "file:/srv/models/a/model.yaml, Model, t, true",
        "file:/srv/models/a/model.yaml, Group, t, false",
        "file:/srv/other/model.yaml, Group, t, true",
    })
    void are_those_of_the_rules_about_it(String place, String kind, String type, boolean allowed) {
        assertThat(allows(RULES, place, kind, type)).isEqualTo(allowed);
    }

    @Test
    void leave_unknown_kinds_to_the_rules_of_documents() {
        assertThat(allows(RULES, "url:https://a.example/x.yaml", "Nonsense", "t")).isTrue();
    }
}
