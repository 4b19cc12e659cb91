package dev.atelier.models;

import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.FullRun;
import dev.atelier.experiments.FullRuns;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Runs;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of how versions were made and how good they are: by the run that made them, by
 * their cards, and by their tags.
 */
@ApplicationScoped
class Measures {

    /**
     * A figure of a version.
     *
     * @param source where it was stated, after "as"
     */
    record Measure(String name, double value, String source) {}

    /**
     * All of a version.
     *
     * @param figures by {@link #key}; of two of a name, the one of the better source, and there the
     *     first
     * @param params of the run, by name
     */
    record Facts(Map<String, Measure> figures, Map<String, String> params) {}

    private final Cards cards;
    private final VersionNotes notes;
    private final Runs runs;
    private final FullRuns fullRuns;
    private final Caller caller;

    Measures(Cards cards, VersionNotes notes, Runs runs, FullRuns fullRuns, Caller caller) {
        this.cards = cards;
        this.notes = notes;
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.caller = caller;
    }

    Facts of(ModelVersion version) {
        var all = new LinkedHashMap<String, Measure>();
        var run = run(version);
        run.ifPresent(
                made ->
                        made.metrics()
                                .forEach(
                                        point ->
                                                add(
                                                        all,
                                                        point.key(),
                                                        point.value(),
                                                        "its run logged")));
        cards.of(version)
                .ifPresent(
                        card ->
                                card.card()
                                        .results()
                                        .forEach(
                                                result ->
                                                        add(
                                                                all,
                                                                result.metric(),
                                                                result.number(),
                                                                "its card states")));
        notes.of(version)
                .tags()
                .forEach(
                        (name, text) ->
                                number(text).ifPresent(n -> add(all, name, n, "its tag states")));
        return new Facts(all, run.map(FullRun::params).orElse(Map.of()));
    }

    /**
     * The run that made it, where there is one of that id which the caller may see: whoever
     * registers a version may name any.
     */
    private Optional<FullRun> run(ModelVersion version) {
        @Nullable String stated = version.lineage().run();
        return stated == null
                ? Optional.empty()
                : Ids.of(stated.replace("-", ""))
                        .flatMap(runs::find)
                        .filter(
                                run ->
                                        caller.may(
                                                Permission.EXPERIMENT_READ,
                                                Experiment.ref(run.experiment())))
                        .map(fullRuns::of);
    }

    private static void add(Map<String, Measure> all, String name, double value, String source) {
        if (!Double.isNaN(value)) {
            all.putIfAbsent(key(name), new Measure(name, value, source));
        }
    }

    private static Optional<Double> number(String text) {
        try {
            return Optional.of(Double.valueOf(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Names are equal whatever separates their words: {@code val_f1}, {@code Val F1}. */
    static String key(String name) {
        return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
    }
}
