package dev.atelier.serving;

import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Which version a name means.
 *
 * <p>An answer is used for less than a second, then asked for again, so that a moved alias holds on
 * every replica within that time. While the database is away the last answer goes on: predictions
 * need no database.
 */
@ApplicationScoped
class Servables {

    private static final Logger LOG = Logger.getLogger(Servables.class);
    private static final long FRESH = TimeUnit.MILLISECONDS.toNanos(700);
    private static final long OLD = TimeUnit.MINUTES.toNanos(10);
    private static final int KEPT = 10_000;

    private static final class Known {
        final Servable servable;
        final AtomicBoolean refreshing = new AtomicBoolean();
        volatile long checked;
        final long since;

        Known(Servable servable) {
            this.servable = servable;
            this.checked = System.nanoTime();
            this.since = checked;
        }
    }

    private record Name(String model, @Nullable String version) {}

    private final Versions versions;
    private final Map<Name, Known> known = new ConcurrentHashMap<>();

    Servables(Versions versions) {
        this.versions = versions;
    }

    /**
     * The version of this number or alias; without one the champion, else the newest that is ready.
     *
     * @throws dev.atelier.platform.problems.NotFound when there is none
     * @throws Conflict when it cannot be served, with the reason
     */
    Servable find(String model, @Nullable String version) {
        var name = new Name(model, version);
        var last = known.get(name);
        long now = System.nanoTime();
        if (last != null && now - last.checked < FRESH) {
            return last.servable;
        }
        // One asks, the others take what was true a moment ago.
        if (last != null && !last.refreshing.compareAndSet(false, true)) {
            return last.servable;
        }
        try {
            var found =
                    servable(
                            version == null
                                    ? versions.ready(model)
                                    : versions.ready(model, version));
            if (known.size() > KEPT) {
                known.clear();
            }
            // Kept as it was, so that all that hangs on the object stays.
            known.put(
                    name,
                    new Known(last != null && last.servable.equals(found) ? last.servable : found));
            return found;
        } catch (Problem e) {
            known.remove(name);
            throw e;
        } catch (RuntimeException e) {
            if (last == null || now - last.since > OLD) {
                throw e;
            }
            LOG.debugf("Calls to %s go on without the database: %s", model, e.getMessage());
            last.checked = System.nanoTime();
            last.refreshing.set(false);
            return last.servable;
        }
    }

    static Servable servable(ModelVersion version) {
        var main = version.mainFile();
        if (main == null || !version.servable()) {
            throw new Conflict(
                    "Version %d of \"%s\" cannot be served: %s"
                            .formatted(
                                    version.number(),
                                    version.model(),
                                    version.unservable() == null
                                            ? "it has no ONNX file."
                                            : version.unservable()));
        }
        var files = new HashMap<String, Servable.File>();
        version.files()
                .forEach(
                        file ->
                                files.put(
                                        file.path(),
                                        new Servable.File(file.sha256(), file.size())));
        return new Servable(
                version.model(),
                Integer.toString(version.number()),
                version.digest(),
                files,
                main,
                version.trusted(),
                version.batch());
    }
}
