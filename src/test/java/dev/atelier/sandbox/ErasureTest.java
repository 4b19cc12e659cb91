package dev.atelier.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Leaving words out")
class ErasureTest {

    /** Good counts 2, not counts −1, together with "not" good counts nothing. */
    private static double mood(String text) {
        var words = List.of(text.split("\\s+"));
        return words.contains("good") && !words.contains("not")
                ? 2
                : words.contains("not") ? -1 : 0;
    }

    private static Erasure.Found explain(String text, Erasure.Answers answers) throws NoAnswer {
        return Erasure.explain(text, answers, Long.MAX_VALUE / 2, System::nanoTime, () -> false);
    }

    @Test
    void gives_each_word_what_the_answer_loses_without_it() throws NoAnswer {
        var found = explain("a good  day", ErasureTest::mood);

        assertThat(found.pieces())
                .extracting(Erasure.Piece::word, Erasure.Piece::effect)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", 0.0),
                        org.assertj.core.groups.Tuple.tuple("good", 2.0),
                        org.assertj.core.groups.Tuple.tuple("day", 0.0));
        assertThat(found.runs()).isEqualTo(2 + 3 + 1);
    }

    @Test
    void shows_where_words_stand_in_for_each_other() throws NoAnswer {
        var found = explain("good good", ErasureTest::mood);

        assertThat(found.sum()).isEqualTo(0);
        assertThat(found.together()).isEqualTo(2);
    }

    @Test
    void takes_long_texts_apart_into_even_runs_of_words_that_cover_them() {
        var text = "word ".repeat(500).strip();

        var pieces = Erasure.pieces(text);

        assertThat(pieces).hasSize(Erasure.MOST_PIECES);
        assertThat(pieces.getFirst().from()).isZero();
        assertThat(pieces.getLast().to()).isEqualTo(text.length());
        assertThat(pieces).allSatisfy(p -> assertThat(p.word().split(" ")).hasSizeBetween(8, 9));
    }

    @Test
    void takes_characters_where_a_script_sets_no_spaces() {
        assertThat(Erasure.pieces("今日は good"))
                .extracting(Erasure.Piece::word)
                .containsExactly("今", "日", "は", "good");
    }

    @Test
    void stops_when_nobody_waits_and_marks_what_it_did_not_reach() throws NoAnswer {
        var asked = new ArrayList<String>();

        var found =
                Erasure.explain(
                        "one two three four",
                        text -> {
                            asked.add(text);
                            return 1;
                        },
                        Long.MAX_VALUE / 2,
                        System::nanoTime,
                        () -> asked.size() >= 4);

        assertThat(found.missed()).isEqualTo(2);
        assertThat(asked).hasSizeLessThanOrEqualTo(5);
        assertThat(found.value()).isCloseTo(1, within(0.0));
    }

    @Test
    void leaves_some_words_out_however_late_it_is() throws NoAnswer {
        var found =
                Erasure.explain(
                        "one two three four five six seven eight",
                        text -> text.contains("two") ? 1 : 0,
                        0,
                        System::nanoTime,
                        () -> false);

        assertThat(found.missed()).isEqualTo(8 - Erasure.LEAST_PIECES);
        assertThat(found.strongest().getFirst().word()).isEqualTo("two");
    }
}
