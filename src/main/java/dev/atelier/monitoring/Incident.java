package dev.atelier.monitoring;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A trouble of one version, of one kind, at one or several sites, from its beginning to its end.
 *
 * @param cause the likely one, in words
 * @param since the beginning of the first bad window
 * @param mutedUntil nobody is told of it before, unless it grows worse
 */
public record Incident(
        long id,
        String model,
        int version,
        IncidentKind kind,
        Severity severity,
        boolean open,
        String title,
        String cause,
        Instant since,
        Instant openedAt,
        @Nullable Instant closedAt,
        @Nullable String acknowledgedBy,
        @Nullable Instant acknowledgedAt,
        @Nullable String assignee,
        @Nullable Instant mutedUntil,
        List<Site> sites) {

    /** How bad it is, in Alertmanager's words. */
    public enum Severity {
        WARNING("warn"),
        CRITICAL("fail");

        private final String mark;

        Severity(String mark) {
            this.mark = mark;
        }

        /** In addresses, answers and labels of alerts. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Its state of the style sheet. */
        public String mark() {
            return mark;
        }
    }

    /**
     * A site that it is about.
     *
     * @param reference that its windows were counted by; null when that is gone
     * @param columns that were bad in the last bad window
     * @param worst stability index of the worst, or by how much the share of faults has grown
     * @param seen the end of the last window that was looked at
     * @param until when it was over there; null while it is not
     */
    public record Site(
            String site,
            @Nullable Long reference,
            List<String> columns,
            float worst,
            Instant since,
            Instant seen,
            @Nullable Instant until) {}

    public String address() {
        return "/incidents/" + id;
    }

    public boolean muted() {
        return mutedUntil != null && mutedUntil.isAfter(Instant.now());
    }

    /** Its state of the style sheet. */
    public String mark() {
        return open ? muted() ? "watch" : severity.mark : "ok";
    }

    /** Its state in a word or two. */
    public String word() {
        return open ? muted() ? "Muted" : acknowledgedBy == null ? "Open" : "In hand" : "Closed";
    }

    List<Site> affected() {
        return sites.stream().filter(one -> one.until == null).toList();
    }
}
