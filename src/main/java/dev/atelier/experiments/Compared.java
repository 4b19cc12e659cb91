package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs side by side: what differs first.
 *
 * @param heads the runs in the order they were chosen
 */
record Compared(
        List<Head> heads,
        List<Line> facts,
        List<String> took,
        List<Line> params,
        List<Line> sameParams,
        List<Line> tags,
        List<Measure> metrics,
        boolean marked) {

    /**
     * A run, which keeps its look on the whole page.
     *
     * @param colour class of the colour
     * @param style class of its line
     * @param shape class of its key
     */
    record Head(Run run, String colour, String style, String shape) {
        public String name() {
            return run.name();
        }

        public String address() {
            return run.address();
        }
    }

    /**
     * @param odd whether it is not what most of the others have
     */
    record Value(String text, boolean odd) {}

    record Line(String key, List<Value> values) {}

    /**
     * @param better {@code higher is better}, {@code lower is better}, or empty when the name does
     *     not say
     */
    record Measure(String key, String better, List<Result> results) {}

    record Result(String text, String exact, boolean best) {}

    private static final List<String> COLOURS = List.of("c2", "c1", "c6", "c3", "c4", "c5");
    private static final List<String> STYLES = List.of("", "d2", "d3");
    private static final List<String> SHAPES = List.of("", "sq", "tri");
    private static final int SHOWN = 200;

    static Compared of(List<FullRun> runs) {
        var heads = new ArrayList<Head>();
        for (int i = 0; i < runs.size(); i++) {
            heads.add(
                    new Head(
                            runs.get(i).run(),
                            COLOURS.get(i % COLOURS.size()),
                            STYLES.get(i % STYLES.size()),
                            SHAPES.get(i % SHAPES.size())));
        }
        var params = lines(runs, FullRun::params, _ -> true);
        var metrics = metrics(runs);
        return new Compared(
                heads,
                facts(runs),
                runs.stream().map(one -> RunState.took(one.run())).toList(),
                params.stream().filter(Compared::differs).toList(),
                params.stream().filter(line -> !differs(line)).toList(),
                lines(runs, FullRun::tags, key -> !key.startsWith("mlflow.")).stream()
                        .filter(Compared::differs)
                        .toList(),
                metrics,
                metrics.stream().anyMatch(m -> m.results.stream().anyMatch(Result::best)));
    }

    private static boolean differs(Line line) {
        return line.values.stream().anyMatch(Value::odd);
    }

    private static List<Line> lines(
            List<FullRun> runs,
            Function<FullRun, Map<String, String>> of,
            Predicate<String> wanted) {
        var keys = new TreeSet<String>();
        runs.forEach(run -> of.apply(run).keySet().stream().filter(wanted).forEach(keys::add));
        return keys.stream()
                .map(key -> line(key, runs, run -> of.apply(run).getOrDefault(key, "")))
                .toList();
    }

    private static Line line(String key, List<FullRun> runs, Function<FullRun, String> value) {
        var counts = new HashMap<String, Integer>();
        var texts = runs.stream().map(value).toList();
        texts.forEach(text -> counts.merge(text, 1, Integer::sum));
        var most = counts.values().stream().mapToInt(count -> count).max().orElse(0);
        var usual = counts.entrySet().stream().filter(one -> one.getValue() == most).toList();
        // What most have is the measure; where nothing is usual, each stands for itself.
        var measure = usual.size() == 1 && (most > 1 || runs.size() == 1) ? usual.getFirst() : null;
        return new Line(
                key,
                texts.stream()
                        .map(
                                text ->
                                        new Value(
                                                text.length() <= SHOWN
                                                        ? text
                                                        : text.substring(0, SHOWN) + "…",
                                                counts.size() > 1
                                                        && (measure == null
                                                                || !text.equals(measure.getKey()))))
                        .toList());
    }

    private static List<Line> facts(List<FullRun> runs) {
        var facts = new ArrayList<Line>();
        facts.add(line("State", runs, one -> RunState.of(one.run().status()).word()));
        facts.add(line("By", runs, one -> one.run().userId()));
        facts.add(line("Source", runs, one -> one.tags().getOrDefault("mlflow.source.name", "")));
        facts.add(
                line(
                        "Commit",
                        runs,
                        one -> {
                            var commit = one.tags().getOrDefault("mlflow.source.git.commit", "");
                            return commit.substring(0, Math.min(10, commit.length()));
                        }));
        facts.add(
                line(
                        "Data sets",
                        runs,
                        one ->
                                one.inputs().stream()
                                        .map(
                                                input ->
                                                        input.dataSet().name()
                                                                + " "
                                                                + input.dataSet().digest())
                                        .distinct()
                                        .collect(java.util.stream.Collectors.joining(", "))));
        return facts.stream().filter(Compared::differs).toList();
    }

    private static List<Measure> metrics(List<FullRun> runs) {
        var keys = new TreeSet<String>();
        runs.forEach(
                run ->
                        run.metrics().stream()
                                .map(Metrics.Point::key)
                                .filter(key -> !MetricKeys.system(key))
                                .forEach(keys::add));
        return keys.stream().map(key -> measure(key, runs)).toList();
    }

    private static Measure measure(String key, List<FullRun> runs) {
        var better = MetricKeys.higherIsBetter(key);
        var values = runs.stream().map(run -> value(run, key)).toList();
        var there =
                values.stream()
                        .filter(value -> value != null && !value.isNaN())
                        .mapToDouble(value -> value)
                        .summaryStatistics();
        var best = better.map(higher -> higher ? there.getMax() : there.getMin());
        // A best among equals is none.
        var tells = there.getCount() > 1 && there.getMin() < there.getMax();
        return new Measure(
                key,
                better.map(higher -> higher ? "higher is better" : "lower is better").orElse(""),
                values.stream()
                        .map(
                                value ->
                                        value == null
                                                ? new Result("", "", false)
                                                : new Result(
                                                        Figures.number(value),
                                                        value.toString(),
                                                        tells
                                                                && best.isPresent()
                                                                && value.equals(best.get())))
                        .toList());
    }

    private static @Nullable Double value(FullRun run, String key) {
        return run.metrics().stream()
                .filter(point -> point.key().equals(key))
                .map(Metrics.Point::value)
                .findFirst()
                .orElse(null);
    }
}
