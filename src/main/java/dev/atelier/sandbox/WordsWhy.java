package dev.atelier.sandbox;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which words of a text an answer rests on, as the page shows it.
 *
 * @param texts each text that was taken apart, marked
 * @param bars the words that move the answer most
 */
record WordsWhy(
        String title,
        String answer,
        List<Text> texts,
        List<Why.Bar> bars,
        String finding,
        String method,
        String check) {

    private static final int SHOWN = 8;

    /** Words below this share of the strongest are not marked. */
    private static final double LEAST = 0.15;

    /** One text of a call. */
    record Told(String heading, String text, Erasure.Found found) {}

    record Text(String heading, List<Mark> marks) {}

    /**
     * A stretch of a text.
     *
     * @param strength 0 for none, 1 to 3
     */
    record Mark(String text, int strength, boolean raises, String amount) {}

    private record Word(Erasure.Piece piece, String heading) {}

    static WordsWhy of(Target target, List<Told> told, long millis) {
        var words = new ArrayList<Word>();
        for (var one : told) {
            one.found.pieces().stream()
                    .filter(Erasure.Piece::tried)
                    .forEach(piece -> words.add(new Word(piece, one.heading)));
        }
        words.sort(Comparator.comparingDouble(w -> -Math.abs(w.piece.effect())));
        var largest = words.isEmpty() ? 0 : Math.abs(words.getFirst().piece.effect());
        var bars =
                words.stream()
                        .limit(SHOWN)
                        .map(
                                w ->
                                        Why.bar(
                                                shortened(w.piece.word()),
                                                told.size() > 1 ? w.heading : "",
                                                w.piece.effect(),
                                                0,
                                                largest,
                                                target))
                        .toList();
        var texts =
                told.stream()
                        .map(one -> new Text(one.heading, marks(one, largest, target)))
                        .toList();
        var first = told.getFirst().found;
        return new WordsWhy(
                target.title(),
                target.text(first.value()),
                texts,
                bars,
                finding(words, target),
                method(told, millis),
                check(told, target));
    }

    private static String finding(List<Word> words, Target target) {
        if (words.isEmpty()) {
            return "There is no word to leave out.";
        }
        var most = words.getFirst().piece;
        return target.difference(most.effect()).equals("0")
                ? "No single word moves the answer."
                : "“%s” %s it most: without it the answer moves by %s."
                        .formatted(
                                shortened(most.word()),
                                most.effect() > 0 ? "raises" : "lowers",
                                target.difference(-most.effect()));
    }

    private static String method(List<Told> told, long millis) {
        var runs = told.stream().mapToInt(t -> t.found.runs()).sum();
        var missed = told.stream().mapToLong(t -> t.found.missed()).sum();
        var grouped =
                told.stream().anyMatch(t -> t.found.pieces().size() == Erasure.MOST_PIECES)
                        ? " Long texts are left out in runs of several words."
                        : "";
        return "Each word left out once, %d model runs in %d ms; nothing is sampled, so there is no sampling error.%s%s"
                .formatted(
                        runs,
                        millis,
                        grouped,
                        missed == 0
                                ? ""
                                : " The time was over before %d of them.".formatted(missed));
    }

    /** How far single effects can be trusted: the same words left out at once. */
    private static String check(List<Told> told, Target target) {
        var strongest =
                told.stream()
                        .max(Comparator.comparingDouble(t -> Math.abs(t.found.sum())))
                        .orElseThrow();
        var count = strongest.found.strongest().size();
        return count < 2
                ? ""
                : "Words stand in for each other: the %d strongest%s move it by %s when left out one by one and added up, by %s when left out together."
                        .formatted(
                                count,
                                told.size() > 1
                                        ? " of the "
                                                + strongest.heading.toLowerCase(
                                                        java.util.Locale.ROOT)
                                        : "",
                                target.difference(-strongest.found.sum()),
                                target.difference(-strongest.found.together()));
    }

    private static List<Mark> marks(Told told, double largest, Target target) {
        var marks = new ArrayList<Mark>();
        var at = 0;
        for (var piece : told.found.pieces()) {
            if (piece.from() > at) {
                marks.add(new Mark(told.text.substring(at, piece.from()), 0, false, ""));
            }
            var share = largest == 0 ? 0 : Math.abs(piece.effect()) / largest;
            var strength = share < LEAST ? 0 : share < 0.4 ? 1 : share < 0.75 ? 2 : 3;
            marks.add(
                    new Mark(
                            piece.word(),
                            strength,
                            piece.effect() > 0,
                            target.difference(piece.effect())));
            at = piece.to();
        }
        if (at < told.text.length()) {
            marks.add(new Mark(told.text.substring(at), 0, false, ""));
        }
        return marks;
    }

    private static String shortened(String word) {
        return word.length() <= 40 ? word : word.substring(0, 40) + "…";
    }
}
