package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.time.Duration;

/** {@code debug:wait}. */
@Singleton
class DebugWait extends BuiltIn {

    private static final Duration MOST = Duration.ofMinutes(10);

    DebugWait() {
        super(
                "debug:wait",
                "Waits, for ten minutes at most.",
                """
                {"type": "object", "properties": {
                  "minutes": {"type": "number", "minimum": 0, "title": "Minutes"},
                  "seconds": {"type": "number", "minimum": 0, "title": "Seconds"},
                  "milliseconds": {"type": "number", "minimum": 0, "title": "Milliseconds"}}}
                """,
                "",
                new Example(
                        "Wait for a moment",
                        """
                        - action: debug:wait
                          input:
                            milliseconds: 50
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, InterruptedException {
        var input = context.input();
        var wait =
                Duration.ofMillis(
                        Math.round(
                                input.path("minutes").asDouble() * 60_000
                                        + input.path("seconds").asDouble() * 1_000
                                        + input.path("milliseconds").asDouble()));
        if (wait.compareTo(MOST) > 0) {
            throw new ActionFailed("It waits for ten minutes at most, not for %s.".formatted(wait));
        }
        context.log("Waiting for %s ms".formatted(wait.toMillis()));
        if (!context.dryRun()) {
            Thread.sleep(wait);
        }
    }
}
