package dev.atelier.models;

import dev.atelier.platform.web.Figures;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashSet;
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
        List<Row> params,
        int sameParams,
        List<Row> facts,
        List<Row> files,
        int sameFiles,
        boolean sameSignature,
        List<Row> signature,
        List<TextDifference.Part> card) {

    private static final int MOST = 500;

    /** One of the two, with what is known of it. */
    record Side(ModelVersion version, @Nullable Card card, Measures.Facts facts) {}

    /**
     * One line of a table.
     *
     * @param change in a word
     * @param odd whether the later value is washed as different
     */
    public record Row(String name, String before, String after, String change, boolean odd) {}

    static Comparison of(Side then, Side now) {
        var before = then.version;
        var after = now.version;
        var cardBefore = then.card;
        var cardAfter = now.card;
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
                                change(a, b),
                                true));
            }
        }
        return new Comparison(
                before,
                after,
                metrics(then, now),
                changed(then.facts.params(), now.facts.params()),
                same(then.facts.params(), now.facts.params()),
                facts(before, after),
                files,
                same,
                Objects.equals(before.signature(), after.signature())
                        && Objects.equals(before.stated(), after.stated()),
                changed(tensors(before), tensors(after)),
                TextDifference.of(
                        cardBefore == null ? "" : cardBefore.text(),
                        cardAfter == null ? "" : cardAfter.text()));
    }

    private static String change(@Nullable ModelFile before, @Nullable ModelFile after) {
        if (after == null) {
            return "removed";
        }
        return before == null
                ? "added, " + shortened(after)
                : "%s to %s".formatted(shortened(before), shortened(after));
    }

    private static String shortened(ModelFile file) {
        return file.sha256().substring(0, 8) + "…";
    }

    private static Map<String, ModelFile> byPath(ModelVersion version) {
        return version.files().stream()
                .collect(
                        Collectors.toMap(
                                ModelFile::path, Function.identity(), (a, b) -> a, TreeMap::new));
    }

    /** Of the cards data set by data set, then what only runs and tags say. */
    private static List<Row> metrics(Side before, Side after) {
        var rows = new ArrayList<Row>();
        var shown = new HashSet<String>();
        if (before.card != null && after.card != null) {
            for (var now : after.card.results()) {
                for (var then : before.card.results()) {
                    if (then.metric().equals(now.metric())
                            && then.dataset().equals(now.dataset())) {
                        var difference = now.number() - then.number();
                        shown.add(Measures.key(now.metric()));
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
        }
        var keys = new TreeSet<>(before.facts.figures().keySet());
        keys.addAll(after.facts.figures().keySet());
        keys.removeAll(shown);
        for (var key : keys) {
            var then = before.facts.figures().get(key);
            var now = after.facts.figures().get(key);
            rows.add(row(key, then, now));
        }
        return rows.size() > MOST ? rows.subList(0, MOST) : rows;
    }

    private static Row row(
            String key, Measures.@Nullable Measure then, Measures.@Nullable Measure now) {
        var name = now != null ? now.name() : then != null ? then.name() : key;
        return new Row(
                name,
                then == null ? "none" : Gate.text(then.value()),
                now == null ? "none" : Gate.text(now.value()),
                then == null || now == null ? "" : signed(now.value() - then.value()),
                false);
    }

    /** What differs between two sets of values by name. */
    private static List<Row> changed(Map<String, String> before, Map<String, String> after) {
        var names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        return names.stream()
                .filter(name -> !Objects.equals(before.get(name), after.get(name)))
                .limit(MOST)
                .map(
                        name ->
                                new Row(
                                        name,
                                        before.getOrDefault(name, "none"),
                                        after.getOrDefault(name, "none"),
                                        "",
                                        true))
                .toList();
    }

    private static int same(Map<String, String> before, Map<String, String> after) {
        return (int)
                before.entrySet().stream()
                        .filter(one -> one.getValue().equals(after.get(one.getKey())))
                        .count();
    }

    /** Types and shapes by what they are of, say {@code input x}. */
    private static Map<String, String> tensors(ModelVersion version) {
        var all = new TreeMap<String, String>();
        var signature = version.signature();
        if (signature != null) {
            signature
                    .inputs()
                    .forEach(
                            one ->
                                    all.put(
                                            "input " + one.name(),
                                            one.datatype() + " " + one.shape()));
            signature
                    .outputs()
                    .forEach(
                            one ->
                                    all.put(
                                            "output " + one.name(),
                                            one.datatype() + " " + one.shape()));
        }
        var stated = version.stated();
        if (stated != null) {
            stated.inputs().forEach(one -> all.put("stated input " + one.name(), one.exact()));
            stated.outputs().forEach(one -> all.put("stated output " + one.name(), one.exact()));
            stated.params().forEach(one -> all.put("parameter " + one.name(), one.type()));
        }
        return all;
    }

    private static String signed(double difference) {
        if (Double.isInfinite(difference) || Double.isNaN(difference)) {
            return "";
        }
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
