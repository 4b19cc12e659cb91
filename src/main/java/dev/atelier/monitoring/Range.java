package dev.atelier.monitoring;

import java.time.Duration;
import java.util.Locale;

/** The spans of time that charts cover, with the length of one point. */
enum Range {
    HOUR("1h", "Last hour", Duration.ofHours(1), Duration.ofMinutes(1)),
    DAY("24h", "Last 24 hours", Duration.ofDays(1), Duration.ofMinutes(15)),
    WEEK("7d", "Last 7 days", Duration.ofDays(7), Duration.ofHours(2)),
    MONTH("30d", "Last 30 days", Duration.ofDays(30), Duration.ofHours(12));

    final String code;
    final String title;
    final Duration length;
    final Duration step;

    Range(String code, String title, Duration length, Duration step) {
        this.code = code;
        this.title = title;
        this.length = length;
        this.step = step;
    }

    /** The range of an address; the day where there is none such. */
    static Range of(String code) {
        for (var range : values()) {
            if (range.code.equals(code)) {
                return range;
            }
        }
        return DAY;
    }

    String steps() {
        return step.toHours() > 0
                ? "every %d hours".formatted(step.toHours())
                : step.toMinutes() == 1
                        ? "every minute"
                        : "every %d minutes".formatted(step.toMinutes());
    }

    @Override
    public String toString() {
        return title.toLowerCase(Locale.ROOT);
    }
}
