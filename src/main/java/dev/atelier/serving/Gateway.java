package dev.atelier.serving;

import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Signature;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The way from the portal to the sandbox runners. Every call ends in an {@link Answer} within its
 * limit; nothing a model does comes out as an exception.
 */
@ApplicationScoped
public class Gateway {

    private record Running(RunnerPool pool, Sandbox sandbox) {}

    private final ServingConfig config;
    private final Servables servables;
    private final Blobs blobs;
    private final Traffic traffic;
    private final List<CallListener> listeners;
    private final AtomicReference<@Nullable CompletableFuture<Running>> running =
            new AtomicReference<>();

    Gateway(
            ServingConfig config,
            Servables servables,
            Blobs blobs,
            Traffic traffic,
            @All List<CallListener> listeners) {
        this.config = config;
        this.servables = servables;
        this.blobs = blobs;
        this.traffic = traffic;
        this.listeners = listeners;
    }

    void started(@Observes @Priority(5000) StartupEvent event) {
        if (config.eager()) {
            var _ = begin();
        }
    }

    void stopping(@Observes ShutdownEvent event) {
        var begun = running.get();
        if (begun != null) {
            begun.thenAccept(
                    all -> {
                        all.sandbox.stop();
                        all.pool.close();
                    });
        }
    }

    /** Tries the sandbox out beside whatever else happens; the first call waits for it. */
    private CompletableFuture<Running> begin() {
        var begun = running.get();
        if (begun != null) {
            return begun;
        }
        var mine = new CompletableFuture<Running>();
        if (!running.compareAndSet(null, mine)) {
            return begin();
        }
        Thread.ofPlatform()
                .daemon()
                .name("sandbox-trial")
                .start(
                        () -> {
                            try {
                                var started = start();
                                mine.complete(started);
                                if (config.startUpCache()) {
                                    started.sandbox.rehearse(
                                            DataFolder.part("runner").toRealPath());
                                }
                            } catch (IOException | RuntimeException e) {
                                running.set(null);
                                mine.completeExceptionally(e);
                            }
                        });
        return mine;
    }

    private Running start() throws IOException {
        var folder = DataFolder.part("runner").toRealPath();
        var limits = config.limits();
        var sandbox =
                Sandbox.best(
                        RunnerInstallation.in(folder),
                        limits.maxRequest(),
                        folder,
                        switch (config.sandbox()) {
                            case AUTO -> List.of(SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK);
                            case BUBBLEWRAP -> List.of(SandboxLevel.BUBBLEWRAP);
                            case LANDLOCK -> List.of(SandboxLevel.LANDLOCK);
                            case LIMITS -> List.of();
                        });
        var pool = new RunnerPool(limits, sandbox, folder, blobs::open);
        traffic.watch(pool, sandbox.level());
        return new Running(pool, sandbox);
    }

    private Running running() {
        try {
            return begin().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("Interrupted while the sandbox was being started.");
        } catch (TimeoutException e) {
            throw new Unavailable("The sandbox is still being started. Try again in a moment.");
        } catch (ExecutionException e) {
            throw new Unavailable("The sandbox cannot be started: " + e.getCause());
        }
    }

    /** Whether calls would be taken now, without waiting for the sandbox. */
    public boolean ready() {
        var begun = running.get();
        return begun != null && begun.isDone() && !begun.isCompletedExceptionally();
    }

    /** How well runners are shut in; empty while that is being tried out. */
    public Optional<SandboxLevel> level() {
        var begun = running.get();
        return begun != null && ready()
                ? Optional.of(begun.join().sandbox.level())
                : Optional.empty();
    }

    /** One sentence for each attempt of the self-test to get out, for administrators. */
    public List<String> trials() {
        return running().sandbox.trials().stream()
                .map(
                        trial ->
                                "%s: %s"
                                        .formatted(
                                                trial.level(),
                                                trial.holds()
                                                        ? "holds, %d attempts to get out failed"
                                                                .formatted(trial.attempts().size())
                                                        : trial.trouble().isEmpty()
                                                                ? "does not hold against "
                                                                        + trial.escaped()
                                                                : "does not work: "
                                                                        + trial.trouble()))
                .toList();
    }

    /** The versions that have or had a runner here. */
    public List<RunnerStatus> runners() {
        return ready() ? running().pool.status() : List.of();
    }

    /**
     * The version that a name means.
     *
     * @param version number or alias; null for the champion, else the newest that is ready
     * @throws dev.atelier.platform.problems.NotFound when there is none
     * @throws dev.atelier.platform.problems.Conflict when it cannot be served, with the reason
     */
    public Servable find(String model, @Nullable String version) {
        return servables.find(model, version);
    }

    /**
     * @throws dev.atelier.platform.problems.Conflict when it cannot be served, with the reason
     */
    public Servable servable(ModelVersion version) {
        return Servables.servable(version);
    }

    /** Calls a model with a request of the protocol as it came, which only the runner reads. */
    public Answer infer(Servable servable, Message request, Duration limit) {
        var answer = running().pool.call(servable, Frame.Kind.INFER, request, limit);
        traffic.count(servable, answer);
        for (var listener : listeners) {
            listener.answered(servable, request, answer);
        }
        return answer;
    }

    public Answer infer(Servable servable, Message request) {
        return infer(servable, request, config.limit());
    }

    /**
     * Calls a model without counting it as traffic: explanations ask thousands of rows that nobody
     * sent.
     */
    public Answer probe(Servable servable, InferRequest request) {
        return running()
                .pool
                .call(servable, Frame.Kind.INFER, RequestCodec.encode(request), config.limit());
    }

    /** Calls a model with tensors; the answer's outputs come binary. */
    public Answer infer(Servable servable, InferRequest request) {
        return infer(servable, RequestCodec.encode(request), config.limit());
    }

    /**
     * Turns a value of a text, image or audio field into tensors, inside the runner.
     *
     * @param value UTF-8 text, the bytes of a PNG, JPEG, GIF or BMP picture, or of a WAV file
     */
    public Preparation prepare(Servable servable, ModelInterface.Field field, byte[] value) {
        return Preparation.of(
                running()
                        .pool
                        .call(
                                servable,
                                Frame.Kind.PREPARE,
                                Preparation.request(field, value),
                                config.limit()));
    }

    /**
     * What the model takes and gives, as its session says; loads it if need be.
     *
     * @return the signature, or the answer that says why there is none
     */
    public Metadata metadata(Servable servable) {
        try {
            return new Metadata(running().pool.signature(servable), null);
        } catch (RunnerPool.Refusal refusal) {
            return new Metadata(null, refusal.answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("Interrupted while the model was being loaded.");
        }
    }

    /** One of the two is there. */
    public record Metadata(@Nullable Signature signature, @Nullable Answer failure) {}

    /** Ends the version's runner; the next call starts another. */
    public void unload(Servable servable) {
        if (ready()) {
            running().pool.unload(servable);
        }
    }
}
