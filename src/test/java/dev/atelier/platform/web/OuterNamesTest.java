package dev.atelier.platform.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.qute.Engine;
import io.quarkus.qute.ReflectionValueResolver;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A name in a template")
class OuterNamesTest {

    public record Page(String title, List<Row> rows, Map<String, String> labels) {}

    public record Row(String name, List<String> tags) {}

    private static final Page PAGE =
            new Page(
                    "Fruit",
                    List.of(
                            new Row("apple", List.of("red", "green")),
                            new Row("plum", List.of("blue"))),
                    Map.of("title", "a label"));

    private static String render(boolean outer, String template) {
        var builder =
                Engine.builder().addDefaults().addValueResolver(new ReflectionValueResolver());
        if (outer) {
            builder.addValueResolver(new OuterNames());
        }
        var engine = builder.build();
        engine.putTemplate("layout", engine.parse("<{title}|{section}>{#insert /}</{title}>"));
        return engine.parse(template).data("page", PAGE).data("section", "outside").render();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{page.title}",
                "{#for row in page.rows}{page.title} {row.name}{#for tag in row.tags} {tag_index}"
                        + "{tag} {row.name} {page.title} {section}{/for};{/for}",
                "{#include layout title=page.title section='inside'}{page.title} {title} {section}"
                        + "{#for row in page.rows}{row_count}{row.name}{section}{/for}{/include}",
                "{#let title='let'}{title}{page.title}{#if page.rows}{title}{/if}{/let}",
                "{#with page}{title}{#for row in rows}{row.name}{title}{/for}{/with}",
                "{page.labels.title}{#for row in page.rows}{page.labels.title}{/for}",
                "{#for row in page.rows}{missing.or('none')}{missing ?: 'none'}{/for}",
            })
    void means_what_it_means_to_qute(String template) {
        assertThat(render(true, template)).isEqualTo(render(false, template)).isNotBlank();
    }

    @Test
    void of_a_section_hides_the_same_name_outside() {
        assertThat(
                        render(
                                true,
                                "{#let section='near'}{#for row in page.rows}{section} {/for}{/let}{section}"))
                .isEqualTo("near near outside");
    }
}
