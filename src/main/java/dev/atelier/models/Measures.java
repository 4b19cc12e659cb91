package dev.atelier.models;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What was measured of versions: by their cards, and by their tags. */
@ApplicationScoped
class Measures {

    /**
     * A figure of a version.
     *
     * @param source where it was stated, after "as"
     */
    record Measure(String name, double value, String source) {}

    private final Cards cards;

    Measures(Cards cards) {
        this.cards = cards;
    }

    /** By {@link #key}; of two of a name, the one of the better source, and there the first. */
    Map<String, Measure> of(ModelVersion version) {
        var all = new LinkedHashMap<String, Measure>();
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
        version.tags()
                .forEach(
                        (name, text) ->
                                number(text).ifPresent(n -> add(all, name, n, "its tag states")));
        return all;
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
