package dev.atelier.goldenpaths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.platform.problems.Invalid;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A pattern of a template")
class BoundedPatternsTest {

    private final BoundedPatterns patterns = new BoundedPatterns();

    @ParameterizedTest
    @CsvSource({
        "^[a-z]+$, wine, true",
        "^[a-z]+$, Wine, false",
        "in, wine, true",
        "^\\p{Letter}+$, Łódź, true"
    })
    void finds_what_json_schema_says_it_does(String pattern, String text, boolean found) {
        assertThat(patterns.getRegularExpression(pattern).matches(text)).isEqualTo(found);
    }

    @Test
    void ends_at_the_end_of_the_text_and_not_before_its_last_line_break() {
        assertThat(patterns.getRegularExpression("^a$").matches("a\n")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"^(a+)+$", "^(a|a)*$", "^(.*a){20}$"})
    void is_stopped_when_it_tries_too_many_ways(String pattern) {
        var expression = patterns.getRegularExpression(pattern);

        assertThatThrownBy(() -> expression.matches("a".repeat(5_000) + "!"))
                .isInstanceOf(Invalid.class)
                .hasMessageContaining("too many ways");
    }

    @Test
    void that_is_none_is_named_with_its_fault() {
        assertThatThrownBy(() -> patterns.getRegularExpression("[a"))
                .isInstanceOf(Invalid.class)
                .hasMessageContaining("[a");
    }
}
