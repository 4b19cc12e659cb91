package dev.atelier.platform.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Markdown")
class MarkdownTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "<svg onload=alert(1)>",
                "<img src=x onerror=alert(1)>",
                "[a](javascript:alert(1))",
                "[a](JaVaScRiPt:alert(1))",
                "[a](java\tscript:alert(1))",
                "[a](&#106;avascript:alert(1))",
                "[a](vbscript:x)",
                "[a](data:text/html;base64,PHNjcmlwdD4=)",
                "![a](javascript:alert(1))",
                "<javascript:alert(1)>",
                "[a](http://x \"\" onmouseover=\"alert(1)\")",
                "<iframe src=//evil></iframe>",
                "<a href=\"javascript:x\">y</a>",
                "`</code><script>x</script>`",
                "# <style>*{}</style>"
            })
    void that_attacks_becomes_text(String attack) {
        var page = Jsoup.parse(Markdown.html(attack).getValue());

        assertThat(page.select("script, svg, iframe, style, object, form")).isEmpty();
        assertThat(page.getAllElements())
                .allSatisfy(
                        element ->
                                assertThat(element.attributes())
                                        .allSatisfy(
                                                a -> {
                                                    assertThat(a.getKey()).doesNotStartWith("on");
                                                    assertThat(
                                                                    a.getValue()
                                                                            .toLowerCase(
                                                                                    Locale.ROOT))
                                                            .doesNotContain("script:")
                                                            .doesNotContain("data:");
                                                }));
    }

    @Test
    void keeps_tables_links_and_anchors() {
        var page =
                Jsoup.parse(
                        Markdown.html(
                                        """
                                        # Title
                                        [down](#limits) and [file](a.md)

                                        | a | b |
                                        |---|--:|
                                        | 1 | 2 |

                                        ## Limits
                                        """,
                                        address -> "/docs/" + address)
                                .getValue());

        assertThat(page.select("h3").text()).isEqualTo("Title");
        assertThat(page.select("td").eachText()).containsExactly("1", "2");
        assertThat(page.select("a").eachAttr("href")).containsExactly("#s-limits", "/docs/a.md");
        assertThat(page.getElementById("s-limits").tagName()).isEqualTo("h4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"> ", "[", "- ", "*a ", "![", "<", "`", "(", "**"})
    void that_is_a_bomb_ends(String piece) {
        assertThat(Markdown.html(piece.repeat(50_000)).getValue()).isNotEmpty();
    }

    @Test
    void skips_no_level_of_headings() {
        var page = Jsoup.parse(Markdown.html("## A\n\n##### B\n\n## C", a -> a, 2).getValue());

        assertThat(page.select("h2").eachText()).containsExactly("A", "C");
        assertThat(page.select("h3").eachText()).containsExactly("B");
    }

    @Test
    void cannot_take_an_id_of_the_page() {
        assertThat(Markdown.html("# main").getValue()).contains("id=\"s-main\"");
    }
}
