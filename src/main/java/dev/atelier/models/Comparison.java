package dev.atelier.models;

import dev.atelier.platform.web.Figures;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What differs between two versions of a model. */
public record Comparison(
        ModelVersion before,
        ModelVersion after,
        List<Row> metrics,
        List<Row> facts,
        List<Row> files,
        int sameFiles,
        boolean sameSignature,
        List<TextDifference.Part> card) {

    /**
     * One line of a table.
     *
     * @param change in a word
     * @param odd whether the later value is washed as different
     */
    public record Row(String name, String before, String after, String change, boolean odd) {}

    static Comparison of(
            ModelVersion before,
            @Nullable Card cardBefore,
            ModelVersion after,
            @Nullable Card cardAfter) {
        var files = new ArrayList<Row>();
        var first = byPath(before);
        var second = byPath(after);
        var paths = new TreeSet<>(first.keySet());
        paths.addAll(second.keySet());
        int same = 0;
        for (var path : paths) {
            var a = first.get(path);
            var b = second.get(path);
            if (a != null && b != null && a.sha256().equals(b.sha256())) {
                same++;
            } else {
                files.add(
                        new Row(
                                path,
                                a == null ? "none" : Figures.bytes(a.size()),
                                b == null ? "none" : Figures.bytes(b.size()),
                                a == null ? "new" : b == null ? "gone" : "changed",
                                true));
            }
        }
        return new Comparison(
                before,
                after,
                metrics(cardBefore, cardAfter),
                facts(before, after),
                files,
                same,
                Objects.equals(before.signature(), after.signature()),
                TextDifference.of(
                        cardBefore == null ? "" : cardBefore.text(),
                        cardAfter == null ? "" : cardAfter.text()));
    }

    private static Map<String, ModelFile> byPath(ModelVersion version) {
        return version.files().stream()
                .collect(
                        Collectors.toMap(
                                ModelFile::path, Function.identity(), (a, b) -> a, TreeMap::new));
    }

    private static List<Row> metrics(@Nullable Card before, @Nullable Card after) {
        var rows = new ArrayList<Row>();
        if (before == null || after == null) {
            return rows;
        }
        for (var now : after.results()) {
            for (var then : before.results()) {
                if (then.metric().equals(now.metric()) && then.dataset().equals(now.dataset())) {
                    var difference = now.number() - then.number();
                    rows.add(
                            new Row(
                                    now.metric(),
                                    then.value(),
                                    now.value(),
                                    Double.isNaN(difference) ? "" : signed(difference),
                                    false));
                    break;
                }
            }
        }
        return rows;
    }

    private static String signed(double difference) {
        var text =
                BigDecimal.valueOf(difference)
                        .round(new MathContext(3))
                        .stripTrailingZeros()
                        .toPlainString();
        return difference == 0 ? "same" : difference > 0 ? "+" + text : text.replace('-', '−');
    }

    private static List<Row> facts(ModelVersion before, ModelVersion after) {
        var rows = new ArrayList<Row>();
        var a = before.graph();
        var b = after.graph();
        if (a != null && b != null) {
            add(rows, "Parameters", Figures.count(a.parameters()), Figures.count(b.parameters()));
            add(rows, "Nodes", Figures.count(a.nodes()), Figures.count(b.nodes()));
            add(rows, "Operator sets", a.opsets().toString(), b.opsets().toString());
            add(rows, "Made by", a.producer(), b.producer());
        }
        add(rows, "Size", Figures.bytes(before.size()), Figures.bytes(after.size()));
        return rows;
    }

    private static void add(List<Row> rows, String name, String before, String after) {
        if (!before.equals(after)) {
            rows.add(new Row(name, before, after, "", true));
        }
    }
}
