package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.DataRule;
import dev.atelier.monitoring.statistics.DriftRule;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Verdict;
import dev.atelier.monitoring.statistics.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Judges the hours of one site, one after the other: hours are put together until there are rows
 * enough, or a day is over. Where windows begin and end follows from the hours alone, so judging
 * them again after late rows is the same.
 */
final class Judgement {

    /** Hours are put together for so long at most. */
    static final Duration LONGEST = Duration.ofDays(1);

    private static final Duration HOUR = Duration.ofHours(1);

    /** The last windows decide too, as the rule says. */
    private static final int REMEMBERED = 2;

    /** So many rows end a window also when some columns have not enough values. */
    private static final int MANY = 4 * DriftRule.LEAST_ROWS;

    private final String site;
    private final long reference;
    private final List<Reference> columns;
    private final Instant complete;
    private final Consumer<Score> taker;
    private final Deque<Score> before = new ArrayDeque<>();
    private @Nullable Window open;
    private Instant start = Instant.EPOCH;
    private Instant end = Instant.EPOCH;

    /**
     * @param columns that windows are compared with
     * @param before scores of the windows before, the newest first
     * @param complete hours that end later still run
     */
    Judgement(
            String site,
            long reference,
            List<Reference> columns,
            List<Score> before,
            Instant complete,
            Consumer<Score> taker) {
        this.site = site;
        this.reference = reference;
        this.columns = columns;
        this.complete = complete;
        this.taker = taker;
        before.stream().limit(REMEMBERED).forEach(this.before::addLast);
    }

    /** The next hour. Several of one hour add up. */
    void add(Instant hour, Window window) {
        if (open != null && !hour.equals(end.minus(HOUR))) {
            if (sufficient(open) || !hour.isBefore(start.plus(LONGEST))) {
                close();
            }
        }
        if (open == null) {
            open = window;
            start = hour;
        } else {
            open = open.plus(window);
        }
        end = hour.plus(HOUR);
    }

    /**
     * No more hours are there.
     *
     * @return when to look again; null when all is judged for good
     */
    @Nullable Instant end() {
        var pending = open;
        if (pending == null) {
            return null;
        }
        if (sufficient(pending)) {
            var runs = end.isAfter(complete);
            var again = end;
            close();
            return runs ? again : null;
        }
        if (!start.plus(LONGEST).isAfter(complete)) {
            close();
            return null;
        }
        return start.plus(LONGEST);
    }

    /** Where the window begins that {@link #end()} asked to look at again. */
    Instant start() {
        return start;
    }

    /**
     * A column of which most values cannot be used does not keep the others waiting: that it is so
     * is what is to be said.
     */
    private static boolean sufficient(Window window) {
        return window.rows() >= MANY
                || window.rows() >= DriftRule.LEAST_ROWS
                        && window.columns().stream()
                                .allMatch(
                                        one ->
                                                one.usable() >= DriftRule.LEAST_ROWS
                                                        || 2 * one.usable() < one.all());
    }

    private void close() {
        var window = open;
        if (window == null) {
            return;
        }
        var score = score(window);
        taker.accept(score);
        before.addFirst(score);
        if (before.size() > REMEMBERED) {
            before.removeLast();
        }
        open = null;
    }

    private Score score(Window window) {
        var drift = DriftRule.judge(cases(window, true));
        var data =
                DataRule.judge(cases(window, false), drift.stream().map(Verdict::state).toList());
        var psi = new float[columns.size()];
        var faults = new float[columns.size()];
        for (int i = 0; i < psi.length; i++) {
            var found = drift.get(i).comparison();
            psi[i] = found == null ? Float.NaN : (float) found.psi();
            faults[i] = (float) data.get(i).growth();
        }
        return new Score(
                site,
                reference,
                start,
                end,
                window.rows(),
                drift.stream().map(Verdict::state).toList(),
                data.stream().map(DataRule.Finding::state).toList(),
                psi,
                faults);
    }

    private List<DriftRule.Case> cases(Window window, boolean drift) {
        var cases = new ArrayList<DriftRule.Case>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            int at = i;
            List<State> states =
                    before.stream().map(one -> (drift ? one.drift() : one.data()).get(at)).toList();
            cases.add(new DriftRule.Case(columns.get(i), window.columns().get(i), states));
        }
        return cases;
    }
}
