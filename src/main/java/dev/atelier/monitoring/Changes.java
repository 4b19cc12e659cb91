package dev.atelier.monitoring;

import dev.atelier.identity.AuditLog;
import dev.atelier.identity.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What else happened to a model around a time: aliases, versions, references. */
@ApplicationScoped
class Changes {

    /** So long before something began its cause is looked for. */
    static final Duration BEFORE = Duration.ofHours(48);

    private static final Duration AFTER = Duration.ofHours(2);
    private static final int MOST = 20;

    /** Acts that can change what a model is asked or answers, in words. */
    private static final Map<String, String> ACTS =
            Map.of(
                    "model-alias.move", "An alias was moved",
                    "model-alias.promote", "A version was promoted",
                    "model-alias.override", "A version was promoted past its gates",
                    "model-alias.rollback", "An alias was moved back",
                    "model-alias.remove", "An alias was taken away",
                    "model-version.register", "A version was registered",
                    "model-version.delete", "A version was deleted",
                    "monitoring.reference", "Another reference was put in use",
                    "incident.accept", "A change was accepted",
                    "model.rename", "The model was renamed");

    /**
     * @param early whether it came shortly before, so that it may be the cause
     */
    public record Change(Instant at, String what, String detail, String by, boolean early) {}

    private final AuditLog log;

    Changes(AuditLog log) {
        this.log = log;
    }

    /** The newest first. */
    List<Change> around(String model, Instant since) {
        var found = new ArrayList<Change>();
        for (var event :
                log.page(
                        new AuditLog.Filter(
                                null,
                                null,
                                Resource.model(model),
                                "done",
                                since.minus(BEFORE),
                                since.plus(AFTER),
                                null),
                        10 * MOST)) {
            var what = ACTS.get(event.action());
            if (what != null && found.size() < MOST) {
                // The hour in which it began may have begun before it did.
                boolean early =
                        event.at().isAfter(since.minus(AFTER))
                                && event.at().isBefore(since.plus(Duration.ofHours(1)));
                found.add(new Change(event.at(), what, event.summary(), event.actor(), early));
            }
        }
        return found;
    }
}
