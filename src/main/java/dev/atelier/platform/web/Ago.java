package dev.atelier.platform.web;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times as people say them. */
public final class Ago {

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM uuuu", Locale.ENGLISH);

    private Ago() {}

    public static String of(Instant then, Instant now) {
        var passed = Duration.between(then, now);
        if (passed.toSeconds() < 60) {
            return "just now";
        }
        if (passed.toMinutes() < 60) {
            return plural(passed.toMinutes(), "minute");
        }
        if (passed.toHours() < 24) {
            return plural(passed.toHours(), "hour");
        }
        if (passed.toDays() < 14) {
            return plural(passed.toDays(), "day");
        }
        return "on " + DAY.format(then.atZone(ZoneId.systemDefault()));
    }

    private static String plural(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s") + " ago";
    }
}
