package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Window;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Two times of a version beside each other, in the cells of its reference. */
@ApplicationScoped
class CompareDetail {

    private static final Duration LONGEST = Duration.ofDays(400);

    /**
     * A time, whole hours.
     *
     * @param from, to as a form gives them, in UTC
     */
    public record Span(String from, String to, long rows) {}

    /**
     * @param fault why nothing is compared; null when it is
     */
    public record View(
            Span first,
            Span second,
            String state,
            String finding,
            @Nullable String fault,
            List<DriftView.Row> rows,
            Table table) {}

    private final Windows windows;

    CompareDetail(Windows windows) {
        this.windows = windows;
    }

    /**
     * Unless given, the last day beside the one before.
     *
     * @param ends begin and end of the first, then of the second, as {@code 2026-01-31T12:00}
     */
    View of(Watched watched, List<Optional<String>> ends) {
        var now = Windows.hour(watched.until()).plus(1, ChronoUnit.HOURS);
        var usual =
                List.of(
                        now.minus(2, ChronoUnit.DAYS),
                        now.minus(1, ChronoUnit.DAYS),
                        now.minus(1, ChronoUnit.DAYS),
                        now);
        var times = new ArrayList<Instant>();
        @Nullable String fault = null;
        for (int i = 0; i < ends.size(); i++) {
            var text = ends.get(i).orElse("");
            var time = text.isBlank() ? usual.get(i) : time(text);
            if (time == null) {
                fault = "%s is no time as 2026-01-31T12:00.".formatted(text);
            }
            times.add(time == null ? usual.get(i) : time);
        }
        for (int i = 0; i < times.size(); i += 2) {
            var from = times.get(i);
            var to = times.get(i + 1);
            if (!from.isBefore(to) || Duration.between(from, to).compareTo(LONGEST) > 0) {
                fault =
                        "A time ends after it begins, by %d days at most."
                                .formatted(LONGEST.toDays());
            }
        }
        var stored = watched.compared();
        var first = fault == null ? window(watched, times.get(0), times.get(1)) : none(stored);
        var second = fault == null ? window(watched, times.get(2), times.get(3)) : none(stored);
        var columns = new ArrayList<Reference>();
        for (int i = 0; i < stored.profile().columns().size(); i++) {
            var column = stored.profile().columns().get(i);
            columns.add(new Reference(column.name(), column.binning(), first.columns().get(i)));
        }
        var features = Reports.features(columns, stored.outputs(), second);
        var rows = new ArrayList<DriftView.Row>();
        var order = new ArrayList<Integer>();
        for (int i = 0; i < features.size(); i++) {
            order.add(i);
        }
        order.sort(
                Comparator.comparing((Integer i) -> Reports.rank(features.get(i).state()))
                        .thenComparing(
                                i -> {
                                    var psi = features.get(i).psi();
                                    return psi == null ? 0 : -psi;
                                }));
        for (int i : order) {
            rows.add(DriftView.row(features.get(i), columns.get(i), second.columns().get(i)));
        }
        long changed = features.stream().filter(one -> one.state().changed()).count();
        long judged =
                features.stream()
                        .filter(one -> Reports.rank(one.state()) <= Reports.rank(State.OK))
                        .count();
        return new View(
                span(times.get(0), times.get(1), first),
                span(times.get(2), times.get(3), second),
                fault != null || judged == 0 ? "off" : changed > 0 ? "watch" : "ok",
                finding(changed, judged, first, second),
                fault,
                rows,
                FeatureTable.of(watched.model() + "-compared", features));
    }

    private static String finding(long changed, long judged, Window first, Window second) {
        if (first.rows() == 0 || second.rows() == 0) {
            return "Nothing was counted in the %s time."
                    .formatted(first.rows() == 0 ? "first" : "second");
        }
        if (judged == 0) {
            return "Too few rows came in one of both to tell a change from chance: 100 are needed in the first, 300 in the second.";
        }
        return changed == 0
                ? "Nothing differs by more than chance."
                : "%d of %d columns differ.".formatted(changed, judged);
    }

    private static Span span(Instant from, Instant to, Window window) {
        return new Span(form(from), form(to), window.rows());
    }

    private static String form(Instant at) {
        return String.format(Locale.ROOT, "%1$tFT%1$tH:%1$tM", at.atOffset(ZoneOffset.UTC));
    }

    private static @Nullable Instant time(String text) {
        try {
            return Windows.hour(
                    text.endsWith("Z")
                            ? Instant.parse(text)
                            : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Window none(StoredReference stored) {
        return Window.none(stored.profile());
    }

    private Window window(Watched watched, Instant from, Instant to) {
        var stored = watched.compared();
        return windows.between(watched.model(), watched.number(), null, from, to).stream()
                .filter(hour -> hour.reference() == stored.id())
                .map(Windows.Hour::window)
                .reduce(none(stored), Window::plus);
    }
}
