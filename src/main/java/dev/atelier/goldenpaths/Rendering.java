package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.confinement.Program;
import dev.atelier.platform.confinement.ProgramFiles;
import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.confinement.Walls;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Renders expressions and files of golden paths in processes of their own: shut in, with a wall
 * clock and a small memory, on plain data. What breaks there breaks one rendering.
 */
@ApplicationScoped
public class Rendering {

    private static final Logger LOG = Logger.getLogger(Rendering.class);

    private static final String MAIN = "dev.atelier.rendering.Renderer";
    private static final String ESCAPES = "dev.atelier.confinement.Escapes";
    private static final String JAR = "rendering.jar";
    private static final String LIBRARY = "nunjucks.min.js";
    private static final String REQUESTS = "requests.js";
    private static final Map<String, String> CLASSES =
            Map.of(
                    "dev/atelier/rendering/", "dev/atelier/rendering/Renderer.class",
                    "dev/atelier/confinement/", "dev/atelier/confinement/Confinement.class",
                    "org/mozilla/", "org/mozilla/javascript/Context.class");
    private static final Map<String, String> FILES =
            Map.of(
                    "META-INF/resources/webjars/nunjucks/3.2.4/browser/nunjucks.min.js", LIBRARY,
                    "rendering/requests.js", REQUESTS);

    private static final Duration START = Duration.ofSeconds(30);

    /**
     * Several tasks that begin with a cold portal wait for each other, and fail when it is over.
     */
    private static final Duration PLACE = Duration.ofSeconds(90);

    /** A process that has done so much is replaced, so that nothing can pile up in it. */
    private static final int MOST_REQUESTS = 2_000;

    /** How values are written, and what is done with what cannot be rendered. */
    record Manner(boolean failed, boolean lenient, boolean cookiecutter) {
        static final Manner STRICT = new Manner(false, false, false);
    }

    /**
     * What became of a value.
     *
     * @param value missing where it is undefined
     * @param passed what could not be rendered and was left as it is; empty unless lenient
     */
    record Rendered(JsonNode value, List<String> passed) {}

    /**
     * A file or folder of a skeleton.
     *
     * @param name its path below the skeleton; a template itself
     * @param text null for what is copied as it is
     */
    record Text(String name, @Nullable String text) {}

    record Blocks(boolean trim, boolean lstrip, boolean cookiecutter) {}

    private static final class Worker {
        final RenderingProcess process;
        int asked;

        Worker(RenderingProcess process) {
            this.process = process;
        }
    }

    private final ObjectMapper json;
    private final GoldenPathsConfig config;
    private final Semaphore places;
    private final ConcurrentLinkedDeque<Worker> idle = new ConcurrentLinkedDeque<>();
    private @Nullable Walls walls;
    private volatile boolean stopped;

    Rendering(ObjectMapper json, GoldenPathsConfig config) {
        this.json = json;
        this.config = config;
        this.places = new Semaphore(config.renderers(), true);
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
        Worker worker;
        while ((worker = idle.poll()) != null) {
            worker.process.end();
        }
    }

    /** Starts a process unless one waits, so that the next request finds it warm. */
    void warm() {
        if (!idle.isEmpty() || !places.tryAcquire()) {
            return;
        }
        try {
            idle.push(start());
        } catch (IOException | RenderingProcess.Ended e) {
            LOG.infof("No rendering process could be started ahead: %s", e.getMessage());
        } finally {
            places.release();
        }
    }

    /**
     * Renders all texts in a value.
     *
     * @param context what expressions see
     * @throws WrongExpression with a pointer into the value
     */
    Rendered value(ObjectNode context, JsonNode value, Manner manner) throws WrongExpression {
        if (!mayHoldExpressions(value)) {
            return new Rendered(value, List.of());
        }
        var request = json.createObjectNode();
        request.put("kind", "value");
        request.set("context", context);
        request.set("value", value);
        request.put("failed", manner.failed);
        request.put("lenient", manner.lenient);
        request.put("cookiecutter", manner.cookiecutter);
        var answer = ask(request, config.renderingLimit());
        var passed = new ArrayList<String>();
        for (var one : answer.path("passed")) {
            passed.add(String.valueOf(wrong(one).getMessage()));
        }
        return new Rendered(
                answer.has("value") ? answer.get("value") : MissingNode.getInstance(), passed);
    }

    /**
     * Renders names and texts of files.
     *
     * @throws WrongExpression with the name of the file
     */
    List<Text> texts(ObjectNode context, List<Text> texts, Blocks blocks) throws WrongExpression {
        var request = json.createObjectNode();
        request.put("kind", "texts");
        request.set("context", context);
        request.put("trimBlocks", blocks.trim);
        request.put("lstripBlocks", blocks.lstrip);
        request.put("cookiecutter", blocks.cookiecutter);
        var list = request.putArray("texts");
        for (var text : texts) {
            var one = list.addObject().put("name", text.name);
            if (text.text != null) {
                one.put("text", text.text);
            }
        }
        var rendered = new ArrayList<Text>();
        for (var one : ask(request, config.filesRenderingLimit()).path("texts")) {
            rendered.add(
                    new Text(
                            one.path("name").asText(),
                            one.has("text") ? one.get("text").asText() : null));
        }
        return rendered;
    }

    private static boolean mayHoldExpressions(JsonNode value) {
        if (value.isTextual()) {
            var text = value.textValue();
            return text.isEmpty()
                    || text.contains("${{")
                    || text.contains("{%")
                    || text.contains("{#");
        }
        for (var child : value) {
            if (mayHoldExpressions(child)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode ask(ObjectNode request, Duration limit) throws WrongExpression {
        JsonNode answer;
        try {
            answer = json.readTree(ask(json.writeValueAsBytes(request), limit));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw new WrongExpression("", null, "the rendering process answered no JSON", 0, 0);
        }
        if (answer.has("error")) {
            throw wrong(answer.get("error"));
        }
        return answer;
    }

    private static WrongExpression wrong(JsonNode error) {
        return new WrongExpression(
                error.path("at").asText(),
                error.hasNonNull("expression") ? error.get("expression").asText() : null,
                error.path("reason").asText(),
                error.path("line").asInt(),
                error.path("column").asInt());
    }

    private byte[] ask(byte[] request, Duration limit) throws WrongExpression {
        try {
            if (!places.tryAcquire(PLACE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new Unavailable(
                        "All rendering processes are at work. Try again in a moment.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("Interrupted while waiting for a rendering process.");
        }
        try {
            return askOne(request, limit);
        } finally {
            places.release();
        }
    }

    private byte[] askOne(byte[] request, Duration limit) throws WrongExpression {
        Worker worker;
        try {
            worker = idle.poll();
            if (worker == null || !worker.process.alive()) {
                if (worker != null) {
                    worker.process.end();
                }
                worker = start();
            }
        } catch (IOException | RenderingProcess.Ended e) {
            throw new Unavailable("No rendering process can be started: " + e.getMessage());
        }
        try {
            var answer = worker.process.ask(request, limit);
            if (stopped) {
                worker.process.end();
            } else if (++worker.asked >= MOST_REQUESTS) {
                worker.process.end();
                // The next request does not wait for a new one.
                Thread.startVirtualThread(this::warm);
            } else {
                idle.push(worker);
            }
            return answer;
        } catch (RenderingProcess.Ended e) {
            LOG.warnf("A rendering process was ended: %s", e.reason());
            throw new WrongExpression(
                    "",
                    null,
                    e.late
                            ? "rendering took longer than %d ms and was stopped"
                                    .formatted(limit.toMillis())
                            : "rendering broke off: " + e.reason(),
                    0,
                    0);
        }
    }

    private Worker start() throws IOException, RenderingProcess.Ended {
        var walls = walls();
        var slot = Files.createTempDirectory(slots(), "slot");
        Files.createDirectories(slot.resolve("tmp"));
        var folder = installed();
        var command =
                walls.command(
                        slot,
                        List.of(),
                        List.of(),
                        MAIN,
                        List.of(
                                folder.resolve(LIBRARY).toString(),
                                folder.resolve(REQUESTS).toString()));
        var process =
                RenderingProcess.start(
                        command, Map.of(), slot, (int) config.renderingMost().asLongValue());
        process.awaitReady(START);
        return new Worker(process);
    }

    private synchronized Walls walls() {
        var known = walls;
        if (known == null) {
            try {
                Child.delete(slots());
                known =
                        Walls.best(
                                program(),
                                slots(),
                                List.of(SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK));
                walls = known;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return known;
    }

    private Program program() {
        var folder = installed();
        return new Program(
                ProgramFiles.java(),
                folder,
                folder.resolve(JAR),
                List.of(
                        "-Xmx192m",
                        "-XX:+UseSerialGC",
                        "-XX:-UsePerfData",
                        "-XX:-UseContainerSupport",
                        "-XX:ReservedCodeCacheSize=48m",
                        "-XX:CompressedClassSpaceSize=32m",
                        "-XX:+DisableAttachMechanism",
                        "-XX:+SuppressFatalErrorMessage",
                        // A warning on standard output would come between the answers.
                        "-Xlog:disable",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Drendering.most=" + config.renderingMost().asLongValue()),
                Map.of(),
                ESCAPES);
    }

    private static Path installed() {
        return ProgramFiles.in(folder(), JAR, CLASSES, FILES);
    }

    private static Path folder() {
        return DataFolder.part("rendering").toAbsolutePath();
    }

    private static Path slots() throws IOException {
        return Files.createDirectories(folder().resolve("slots")).toRealPath();
    }
}
