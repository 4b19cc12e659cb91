package dev.atelier.platform.faults;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Named points in the code at which a test makes something go wrong.
 *
 * <p>{@code -Datelier.failpoints=blob.renamed=halt@3,blob.forced=sleep:200}: a name, an action
 * ({@code halt}: the process ends at once as by {@code kill -9}; {@code throw}; {@code sleep:ms}),
 * and optionally the hit that triggers it, counted from 1; without a number every hit does.
 */
@ApplicationScoped
public class Failpoints {

    /** What {@code throw} throws. */
    public static final class Fault extends RuntimeException {
        Fault(String name) {
            super("Failpoint " + name);
        }
    }

    sealed interface Action {
        record Halt() implements Action {}

        record Throw() implements Action {}

        record Sleep(long millis) implements Action {}
    }

    private record Point(Action action, long onHit, AtomicLong hits) {}

    private static final Logger LOG = Logger.getLogger(Failpoints.class);
    private static final String PROPERTY = "atelier.failpoints";
    private static final Map<String, Point> POINTS = new ConcurrentHashMap<>();

    static {
        arm(System.getProperty(PROPERTY, ""));
    }

    void refuseInProduction(@Observes StartupEvent start) {
        var profiles = ConfigUtils.getProfiles();
        if (!POINTS.isEmpty() && !profiles.contains("test") && !profiles.contains("faults")) {
            throw new IllegalStateException(
                    "-D" + PROPERTY + " is for tests only: start with the profile 'faults'.");
        }
    }

    /** Does nothing unless a test has armed the point. */
    public static void hit(String name) {
        if (POINTS.isEmpty()) {
            return;
        }
        var point = POINTS.get(name);
        if (point == null) {
            return;
        }
        var hit = point.hits.incrementAndGet();
        if (point.onHit != 0 && point.onHit != hit) {
            return;
        }
        switch (point.action) {
            case Action.Halt() -> {
                LOG.warnf("Failpoint %s halts the process", name);
                Runtime.getRuntime().halt(137);
            }
            case Action.Throw() -> throw new Fault(name);
            case Action.Sleep(var millis) -> LockSupport.parkNanos(millis * 1_000_000);
        }
    }

    /** Replaces all armed points; an empty text disarms them. For tests in this process. */
    public static void arm(String points) {
        POINTS.clear();
        for (var text : points.split(",")) {
            if (text.isBlank()) {
                continue;
            }
            var sides = text.strip().split("=", 2);
            if (sides.length != 2) {
                throw new IllegalArgumentException("A failpoint is name=action[@n], not: " + text);
            }
            var at = sides[1].split("@", 2);
            var onHit = at.length == 2 ? Long.parseLong(at[1]) : 0;
            POINTS.put(sides[0], new Point(action(at[0]), onHit, new AtomicLong()));
        }
    }

    private static Action action(String text) {
        if (text.equals("halt")) {
            return new Action.Halt();
        }
        if (text.equals("throw")) {
            return new Action.Throw();
        }
        if (text.startsWith("sleep:")) {
            return new Action.Sleep(Long.parseLong(text.substring("sleep:".length())));
        }
        throw new IllegalArgumentException("halt, throw or sleep:ms, not: " + text);
    }
}
