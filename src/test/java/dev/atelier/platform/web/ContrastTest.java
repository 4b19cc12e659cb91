package dev.atelier.platform.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Contrast as WCAG 2.2 defines it (relative luminance), computed from the colour tokens themselves.
 */
@DisplayName("The colour tokens")
class ContrastTest {

    private static final List<String> GROUNDS = List.of("paper", "sheet", "sunk");
    private static final List<String> TEXTS =
            List.of("ink", "ink-2", "ink-3", "blue", "blue-2", "red", "amber", "green");
    private static final List<String> GRAPHICS =
            List.of("line-3", "c1", "c2", "c3", "c4", "c5", "c6", "blue", "red", "amber", "green");

    record Pair(String theme, String front, String back, double least) {
        @Override
        public String toString() {
            return theme + ": " + front + " on " + back + " at least " + least;
        }
    }

    private static final Map<String, String[]> TOKENS = tokens();

    static Stream<Pair> pairs() {
        return Stream.of("light", "dark")
                .flatMap(
                        theme ->
                                Stream.of(
                                                every(theme, TEXTS, GROUNDS, 4.5),
                                                every(theme, GRAPHICS, GROUNDS, 3),
                                                every(
                                                        theme,
                                                        List.of("on-blue"),
                                                        List.of("blue", "blue-2"),
                                                        4.5),
                                                Stream.of("blue", "red", "amber", "green")
                                                        .map(
                                                                c ->
                                                                        new Pair(
                                                                                theme, c, c + "-w",
                                                                                4.5)))
                                        .flatMap(s -> s));
    }

    private static Stream<Pair> every(
            String theme, List<String> fronts, List<String> backs, double least) {
        return fronts.stream()
                .flatMap(front -> backs.stream().map(back -> new Pair(theme, front, back, least)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void can_be_read(Pair pair) {
        var theme = pair.theme.equals("light") ? 0 : 1;

        var ratio = ratio(TOKENS.get(pair.front)[theme], TOKENS.get(pair.back)[theme]);

        assertThat(ratio).isGreaterThanOrEqualTo(pair.least);
    }

    private static double ratio(String one, String other) {
        var a = luminance(one);
        var b = luminance(other);
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    private static double luminance(String hex) {
        var value = Integer.parseInt(hex.substring(1), 16);
        return 0.2126 * linear(value >> 16)
                + 0.7152 * linear((value >> 8) & 0xff)
                + 0.0722 * linear(value & 0xff);
    }

    private static double linear(int channel) {
        var c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }

    private static Map<String, String[]> tokens() {
        try (var css =
                ContrastTest.class.getResourceAsStream("/META-INF/resources/assets/atelier.css")) {
            var text = new String(css.readAllBytes(), StandardCharsets.UTF_8);
            var matcher =
                    Pattern.compile("--([\\w-]+): light-dark\\((#\\w{6}), (#\\w{6})\\)")
                            .matcher(text);
            var tokens = new HashMap<String, String[]>();
            while (matcher.find()) {
                tokens.put(matcher.group(1), new String[] {matcher.group(2), matcher.group(3)});
            }
            return tokens;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
