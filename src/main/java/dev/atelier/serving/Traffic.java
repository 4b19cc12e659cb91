package dev.atelier.serving;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts what was served, beside the path of the calls. */
@ApplicationScoped
public class Traffic {

    private final MeterRegistry meters;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    Traffic(MeterRegistry meters) {
        this.meters = meters;
    }

    void watch(RunnerPool pool, SandboxLevel level) {
        meters.gauge("atelier_runners_loaded", pool, RunnerPool::loaded);
        meters.gauge("atelier_sandbox_level", level.ordinal());
    }

    void count(Servable servable, Answer answer) {
        var timer =
                timers.computeIfAbsent(
                        servable.name() + "\n" + servable.version() + "\n" + answer.status(),
                        _ ->
                                Timer.builder("atelier_inference_requests")
                                        .tag("model", servable.name())
                                        .tag("version", servable.version())
                                        .tag("code", Integer.toString(answer.status()))
                                        .register(meters));
        timer.record(answer.totalNanos(), TimeUnit.NANOSECONDS);
    }
}
