package dev.atelier.sandbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a picture an answer rests on, as the page shows it: patches over the picture, and
 * the same figures as a table.
 *
 * @param picture address of the picture, to lie under the patches
 * @param marked the strongest, numbered
 */
record PatchesWhy(
        String title,
        String answer,
        Frame frame,
        @Nullable String picture,
        List<Patch> patches,
        List<Patch> marked,
        List<Row> table,
        List<Integer> columns,
        String finding,
        String method) {

    private static final int MARKED = 3;

    /** Weaker patches are not drawn. */
    private static final double LEAST = 0.08;

    /**
     * A patch in pixels of the frame.
     *
     * @param opacity 0 to 1, for SVG
     */
    record Patch(
            int number,
            String x,
            String y,
            String width,
            String height,
            String opacity,
            boolean supports,
            String where,
            String amount,
            String spread,
            String middleX,
            String middleY) {}

    /** Height of the numbers in pixels of the frame. */
    public String letters() {
        return Figures.plain(Math.max(frame.width(), frame.height()) / 20.0);
    }

    record Row(int number, List<String> amounts) {}

    static PatchesWhy of(
            Target target,
            Frame frame,
            @Nullable String picture,
            Occlusion.Found found,
            long millis) {
        var largest =
                Arrays.stream(found.effects())
                        .flatMapToDouble(Arrays::stream)
                        .filter(Double::isFinite)
                        .map(Math::abs)
                        .max()
                        .orElse(0);
        var cells =
                IntStream.range(0, found.rows() * found.columns())
                        .boxed()
                        .filter(i -> Double.isFinite(effect(found, i)))
                        .sorted(Comparator.comparingDouble(i -> -effect(found, i)))
                        .toList();
        var marked = new ArrayList<Patch>();
        for (int i : cells) {
            if (marked.size() < MARKED
                    && effect(found, i) > 0
                    && !target.difference(effect(found, i)).equals("0")) {
                marked.add(patch(target, found, i, marked.size() + 1, largest));
            }
        }
        var drawn =
                cells.stream()
                        .filter(i -> largest > 0 && Math.abs(effect(found, i)) >= LEAST * largest)
                        .map(i -> patch(target, found, i, 0, largest))
                        .toList();
        var rows = new ArrayList<Row>();
        for (int row = 0; row < found.rows(); row++) {
            rows.add(
                    new Row(
                            row + 1,
                            Arrays.stream(found.effects()[row])
                                    .mapToObj(
                                            e ->
                                                    Double.isNaN(e)
                                                            ? "not tried"
                                                            : target.difference(e))
                                    .toList()));
        }
        return new PatchesWhy(
                target.title(),
                target.text(found.value()),
                frame,
                picture,
                drawn,
                marked,
                rows,
                IntStream.rangeClosed(1, found.columns()).boxed().toList(),
                finding(target, found, marked, cells),
                method(target, found, millis));
    }

    private static double effect(Occlusion.Found found, int cell) {
        return found.effects()[cell / found.columns()][cell % found.columns()];
    }

    private static Patch patch(
            Target target, Occlusion.Found found, int cell, int number, double largest) {
        var column = cell % found.columns();
        var row = cell / found.columns();
        var area = found.area();
        var left = Occlusion.edge(area.left(), area.width(), column, found.columns());
        var right = Occlusion.edge(area.left(), area.width(), column + 1, found.columns());
        var top = Occlusion.edge(area.top(), area.height(), row, found.rows());
        var bottom = Occlusion.edge(area.top(), area.height(), row + 1, found.rows());
        var effect = effect(found, cell);
        return new Patch(
                number,
                Integer.toString(left),
                Integer.toString(top),
                Integer.toString(right - left),
                Integer.toString(bottom - top),
                Figures.plain(0.75 * Math.abs(effect) / largest),
                effect > 0,
                "%s (row %d, column %d)"
                        .formatted(
                                where(column, found.columns(), row, found.rows()),
                                row + 1,
                                column + 1),
                target.difference(effect),
                target.difference(found.spreads()[row][column]).replace("+", ""),
                Figures.plain((left + right) / 2.0),
                Figures.plain((top + bottom) / 2.0));
    }

    /** A place in words: "upper left", "middle". */
    private static String where(int column, int columns, int row, int rows) {
        var across = List.of("left", "middle", "right").get(third(column, columns));
        var down = List.of("upper", "middle", "lower").get(third(row, rows));
        return across.equals(down) ? "middle" : down + " " + across;
    }

    private static int third(int part, int parts) {
        return (int) Math.clamp((part + 0.5) / parts * 3, 0, 2);
    }

    private static String finding(
            Target target, Occlusion.Found found, List<Patch> marked, List<Integer> cells) {
        if (marked.isEmpty()) {
            return "Covering any single patch does not lower the answer: it rests on no one place.";
        }
        var strongest = effect(found, cells.getFirst());
        return "It rests most on the %s: with that patch covered it goes from %s to %s."
                .formatted(
                        marked.getFirst().where.replaceFirst(" \\(.*", ""),
                        target.text(found.value()),
                        target.text(found.value() - strongest));
    }

    private static String method(Target target, Occlusion.Found found, long millis) {
        var worst = Arrays.stream(found.spreads()).flatMapToDouble(Arrays::stream).max().orElse(0);
        var missed = found.missed();
        return "Occlusion: %d × %d patches, each covered with the picture’s mean colour and with the colour of its border, %d pictures shown to the model in %d ms. ± is half the difference between the two covers, at most %s. Patches are covered one at a time: what two of them show together can be missed.%s"
                .formatted(
                        found.columns(),
                        found.rows(),
                        found.pictures(),
                        millis,
                        target.difference(worst).replace("+", ""),
                        missed == 0
                                ? ""
                                : " The time was over before %d of them.".formatted(missed));
    }
}
