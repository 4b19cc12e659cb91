package dev.atelier.experiments;

import jakarta.ws.rs.core.MultivaluedMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the address of a page of charts asks for.
 *
 * @param keys metrics that were chosen; empty for all
 * @param search a part of their names
 * @param smoothing in per cent
 * @param from how many charts stand before
 */
record ChartQuestion(
        List<String> keys,
        String search,
        Plot.Axis axis,
        boolean logarithmic,
        int smoothing,
        int from) {

    /**
     * @param axis when the address does not say
     */
    static ChartQuestion of(MultivaluedMap<String, String> query, Plot.Axis axis) {
        var x = query.getFirst("x");
        return new ChartQuestion(
                query.getOrDefault("key", List.of()),
                Objects.requireNonNullElse(query.getFirst("q"), "").strip(),
                x == null ? axis : Plot.Axis.of(x),
                "log".equals(query.getFirst("y")),
                Math.clamp(number(query.getFirst("smooth")), 0, 99),
                number(query.getFirst("from")));
    }

    private static int number(@Nullable String text) {
        return text != null && text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    }

    boolean matches(String key) {
        return (keys.isEmpty() || keys.contains(key))
                && key.toLowerCase(Locale.ROOT).contains(search.toLowerCase(Locale.ROOT));
    }

    /** The same with other charts. */
    String address(String page, int first) {
        var query = new ArrayList<String>();
        keys.forEach(key -> query.add("key=" + Queries.encoded(key)));
        query.add("q=" + Queries.encoded(search));
        query.add("x=" + axis.id());
        query.add("y=" + (logarithmic ? "log" : ""));
        query.add("smooth=" + smoothing);
        query.add("from=" + first);
        return page + "?" + String.join("&", query);
    }

    Plot.Look look(int height) {
        return new Plot.Look(axis, logarithmic, smoothing / 100.0, height);
    }
}
