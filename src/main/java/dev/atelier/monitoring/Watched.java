package dev.atelier.monitoring;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityShell;
import dev.atelier.platform.problems.NotFound;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a page below the tab looks at: a version, in a range that ends now.
 *
 * @param address of the tab
 * @param version null where the model has none
 * @param from begin of an hour
 */
public record Watched(
        Entity entity,
        EntityShell shell,
        String model,
        String address,
        List<Integer> versions,
        @Nullable Integer version,
        Range range,
        Instant from,
        Instant until,
        @Nullable StoredReference reference) {

    /** From here on a point is a day. */
    private static final Duration LONG = Duration.ofDays(2);

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("EEE HH:mm", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    public List<ObservabilityPages.Choice> ranges() {
        return Arrays.stream(Range.values())
                .map(one -> new ObservabilityPages.Choice(one.code, one.title, one == range))
                .toList();
    }

    /** What every address below the tab ends with. */
    public String query() {
        return "?range=" + range.code + (version == null ? "" : "&version=" + version);
    }

    public String rangeCode() {
        return range.code;
    }

    public String title() {
        return range.title;
    }

    public boolean watching() {
        return reference != null;
    }

    boolean byDay() {
        return range.length.compareTo(LONG) > 0;
    }

    /** "hour" or "day": what a point of the charts is. */
    public String step() {
        return byDay() ? "day" : "hour";
    }

    /** The point that a moment belongs to; days are those of UTC. */
    Instant point(Instant at) {
        return at.truncatedTo(byDay() ? ChronoUnit.DAYS : ChronoUnit.HOURS);
    }

    /** All points, also those of which nothing is known. */
    List<Instant> points() {
        var points = new ArrayList<Instant>();
        var unit = byDay() ? ChronoUnit.DAYS : ChronoUnit.HOURS;
        for (var at = point(from); at.isBefore(until); at = at.plus(1, unit)) {
            points.add(at);
        }
        return points;
    }

    String name(Instant point) {
        return (byDay() ? DAY : CLOCK).format(point);
    }

    int number() {
        if (version == null) {
            throw new NotFound("%s has no version yet.".formatted(model));
        }
        return version;
    }

    StoredReference compared() {
        if (reference == null) {
            throw new NotFound("Version %d of %s has no reference yet.".formatted(number(), model));
        }
        return reference;
    }

    Labels.Part part() {
        return new Labels.Part(model, number(), null, null);
    }
}
