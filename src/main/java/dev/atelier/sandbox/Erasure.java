package dev.atelier.sandbox;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * What each word of a text does to an answer: it is left out and the model is asked again (Li,
 * Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure").
 *
 * <p>Nothing is sampled, so the figures have no sampling error. What they can hide is that words
 * stand in for each other; the strongest are therefore left out together once, and both figures are
 * given.
 */
final class Erasure {

    /** Longer texts are taken apart into this many runs of words. */
    static final int MOST_PIECES = 60;

    /** Left out however late it is: an explanation of no word would say that no word matters. */
    static final int LEAST_PIECES = 5;

    /** The strongest, left out together as a check. */
    static final int TOGETHER = 3;

    /** A word; a character where a script sets no spaces. */
    private static final Pattern WORD =
            Pattern.compile(
                    "[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}]|[^\\s\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}]+");

    /** The model, seen as a function of one text. */
    @FunctionalInterface
    interface Answers {
        double of(String text) throws NoAnswer;
    }

    /**
     * Words that are left out together.
     *
     * @param effect how much the answer falls without them
     * @param tried false where the time was over before
     */
    record Piece(int from, int to, String word, double effect, boolean tried) {}

    /**
     * @param value the answer to the whole text
     * @param empty the answer without any word
     * @param sum of the effects of the strongest words, each left out alone
     * @param together effect of the same words left out at once
     * @param runs of the model
     */
    record Found(
            double value,
            double empty,
            List<Piece> pieces,
            List<Piece> strongest,
            double sum,
            double together,
            int runs) {

        long missed() {
            return pieces.stream().filter(piece -> !piece.tried).count();
        }
    }

    private Erasure() {}

    /**
     * @param nanos wall clock; what is not reached is marked, beyond the first {@link
     *     #LEAST_PIECES}
     * @param gone whether nobody waits any more
     * @throws NoAnswer when the model does not answer
     */
    static Found explain(
            String text, Answers answers, long nanos, LongSupplier clock, BooleanSupplier gone)
            throws NoAnswer {
        var ends = clock.getAsLong() + nanos;
        var value = answers.of(text);
        var empty = answers.of("");
        var runs = 2;
        var pieces = new ArrayList<Piece>();
        for (var piece : pieces(text)) {
            var late = clock.getAsLong() >= ends && runs - 2 >= LEAST_PIECES;
            if (late || gone.getAsBoolean()) {
                pieces.add(piece);
                continue;
            }
            var effect = value - answers.of(without(text, List.of(piece)));
            runs++;
            pieces.add(new Piece(piece.from, piece.to, piece.word, effect, true));
        }
        var strongest =
                pieces.stream()
                        .filter(Piece::tried)
                        .sorted(Comparator.comparingDouble(p -> -Math.abs(p.effect)))
                        .limit(TOGETHER)
                        .toList();
        var sum = strongest.stream().mapToDouble(Piece::effect).sum();
        var together = sum;
        if (strongest.size() > 1) {
            together = value - answers.of(without(text, strongest));
            runs++;
        }
        return new Found(value, empty, List.copyOf(pieces), strongest, sum, together, runs);
    }

    /** The words of a text, in even runs where there are more than {@link #MOST_PIECES}. */
    static List<Piece> pieces(String text) {
        var words = new ArrayList<int[]>();
        var matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(new int[] {matcher.start(), matcher.end()});
        }
        var count = Math.min(MOST_PIECES, words.size());
        var pieces = new ArrayList<Piece>();
        for (int i = 0; i < count; i++) {
            var first = (int) ((long) i * words.size() / count);
            var last = (int) ((long) (i + 1) * words.size() / count) - 1;
            var from = words.get(first)[0];
            var to = words.get(last)[1];
            pieces.add(new Piece(from, to, text.substring(from, to), 0, false));
        }
        return pieces;
    }

    private static String without(String text, List<Piece> left) {
        var rest = new StringBuilder();
        var at = 0;
        for (var piece : left.stream().sorted(Comparator.comparingInt(Piece::from)).toList()) {
            rest.append(text, at, piece.from);
            at = piece.to;
        }
        return rest.append(text, at, text.length()).toString().replaceAll("\\s+", " ").strip();
    }
}
