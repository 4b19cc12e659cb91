package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.monitoring.statistics.State;
import dev.atelier.monitoring.statistics.Tally;
import dev.atelier.monitoring.statistics.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * How often the usual rules raise an alarm where nothing has changed, and how soon they see what
 * has: a thousand models of 50 columns over a day of hourly windows, judged by the classes of the
 * portal.
 */
public final class AlarmBench {

    private static final int MODELS = 1_000;
    private static final int NUMERIC = 40;
    private static final int CATEGORICAL = 10;
    private static final int HOURS = 24;
    private static final int REFERENCE_ROWS = 2_000;
    private static final int[] ROWS = {300, 1_000, 3_000};

    /** In standard deviations. */
    private static final double SHIFT = 0.5;

    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    private AlarmBench() {}

    /** Draws rows of one model; the kind of a column follows from its number. */
    private record Source(SplittableRandom random) {

        double number(int column) {
            return switch (column % 4) {
                case 0 -> random.nextGaussian();
                case 1 -> Math.exp(random.nextGaussian() / 2);
                case 2 -> random.nextDouble();
                // Whole numbers that recur.
                default -> random.nextInt(30);
            };
        }

        String category(int column) {
            // The smaller of two: some are more frequent than others.
            int most = 2 + 3 * (column % 10);
            return "c" + Math.min(random.nextInt(most), random.nextInt(most));
        }
    }

    private static Profile profile(Source source) {
        var columns = new ArrayList<Reference>();
        for (int i = 0; i < NUMERIC; i++) {
            int column = i;
            var values = new double[REFERENCE_ROWS];
            Arrays.setAll(values, _ -> source.number(column));
            columns.add(Reference.numeric(name(i), values, 0, 0));
        }
        for (int i = NUMERIC; i < NUMERIC + CATEGORICAL; i++) {
            var counts = new HashMap<String, Long>();
            for (int row = 0; row < REFERENCE_ROWS; row++) {
                counts.merge(source.category(i), 1L, Long::sum);
            }
            columns.add(Reference.categorical(name(i), counts, 0, 0));
        }
        return new Profile(columns);
    }

    private static String name(int column) {
        return "c%02d".formatted(column);
    }

    /**
     * @param shift of the first column, a normal one
     */
    private static Window window(Profile profile, Source source, int rows, double shift) {
        var tallies = profile.columns().stream().map(one -> new Tally(one.binning())).toList();
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < NUMERIC; i++) {
                tallies.get(i).add(source.number(i) + (i == 0 ? shift : 0));
            }
            for (int i = NUMERIC; i < NUMERIC + CATEGORICAL; i++) {
                tallies.get(i).add(source.category(i));
            }
        }
        return new Window(profile.hash(), rows, tallies.stream().map(Tally::counts).toList());
    }

    public static void run() {
        var alarmed = new HashMap<IncidentKind, Integer>();
        int any = 0;
        int seen = 0;
        int opened = 0;
        int openedBySecond = 0;
        long windows = 0;
        for (int model = 0; model < MODELS; model++) {
            var source = new Source(new SplittableRandom(model));
            var profile = profile(source);
            int rows = ROWS[model % ROWS.length];
            var calm = judged(profile, source, rows, HOURS, 0);
            windows += calm.size();
            boolean one = false;
            for (var kind : IncidentKind.values()) {
                boolean began = times(calm, profile, kind) > 0;
                alarmed.merge(kind, began ? 1 : 0, Integer::sum);
                one |= began;
            }
            any += one ? 1 : 0;
            var shifted = judged(profile, source, rows, 2, SHIFT);
            seen += shifted.getFirst().drift().getFirst().changed() ? 1 : 0;
            opened += shifted.getFirst().drift().getFirst() == State.DRIFT ? 1 : 0;
            openedBySecond += times(shifted, profile, IncidentKind.DRIFT) > 0 ? 1 : 0;
        }
        System.out.printf(
                "false alarms: %d of %,d models in a day of %,d calm windows (%.2f %%): %s%n",
                any, MODELS, windows, 100.0 * any / MODELS, alarmed);
        System.out.printf(
                "a shift of half a standard deviation, in the first window: seen %.1f %%, incident %.1f %%; incident by the second: %.1f %%%n",
                100.0 * seen / MODELS, 100.0 * opened / MODELS, 100.0 * openedBySecond / MODELS);
    }

    private static List<Score> judged(
            Profile profile, Source source, int rows, int hours, double shift) {
        var scores = new ArrayList<Score>();
        var judgement =
                new Judgement(
                        "hub",
                        1,
                        profile.columns(),
                        List.of(),
                        BEGIN.plus(Duration.ofDays(9)),
                        scores::add);
        for (int hour = 0; hour < hours; hour++) {
            judgement.add(BEGIN.plus(Duration.ofHours(hour)), window(profile, source, rows, shift));
        }
        judgement.end();
        return scores;
    }

    private static int times(List<Score> scores, Profile profile, IncidentKind kind) {
        var reference =
                new StoredReference(
                        1,
                        profile.hash(),
                        profile,
                        // One of them stands for the model's answer.
                        Set.of(name(1)),
                        StoredReference.Source.ROWS,
                        REFERENCE_ROWS,
                        "bench",
                        BEGIN,
                        null,
                        null);
        return Standing.times(
                IncidentWatch.sightings(scores, reference, kind, Rules.USUAL),
                Rules.USUAL.inARow(),
                Rules.USUAL.quiet());
    }
}
