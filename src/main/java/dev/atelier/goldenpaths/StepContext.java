package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.Proposal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** One action at work in a step of a run. */
final class StepContext implements ActionContext {

    /** Carries {@link Journal.Stopped} through an action, which knows nothing of it. */
    static final class StoppedWithin extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Journal.Stopped stopped;

        StoppedWithin(Journal.Stopped stopped) {
            super(stopped);
            this.stopped = stopped;
        }
    }

    private final Run.Tools tools;
    private final Run.Subject subject;
    private final Workspace workspace;
    private final Journal journal;
    private final Masks masks;
    private final String step;
    private final String id;
    private final ObjectNode input;
    private final ObjectNode output;

    /**
     * @param step as the template names it
     * @param id the same with the number of the iteration, where it runs several times
     */
    StepContext(
            Run.Tools tools,
            Run.Subject subject,
            Workspace workspace,
            Journal journal,
            Masks masks,
            String step,
            String id,
            ObjectNode input,
            ObjectNode output) {
        this.tools = tools;
        this.subject = subject;
        this.workspace = workspace;
        this.journal = journal;
        this.masks = masks;
        this.step = step;
        this.id = id;
        this.input = input;
        this.output = output;
    }

    @Override
    public ObjectNode input() {
        return input;
    }

    @Override
    public Workspace workspace() {
        return workspace;
    }

    @Override
    public void log(String message) {
        journal.log(step, null, masks.hide(message));
    }

    @Override
    public void warn(String message) {
        journal.log(step, "warn", masks.hide(message));
    }

    @Override
    public void output(String name, JsonNode value) {
        output.set(name, masks.hide(value));
    }

    @Override
    public UUID taskId() {
        return subject.id();
    }

    @Override
    public String stepId() {
        return id;
    }

    @Override
    public String user() {
        return subject.user();
    }

    @Override
    public @Nullable String base() {
        return subject.base();
    }

    @Override
    public JsonNode taskSpec() {
        return subject.spec();
    }

    @Override
    public boolean dryRun() {
        return subject.dry();
    }

    @Override
    public JsonNode checkpoint(String key, Callable<JsonNode> act)
            throws ActionFailed, IOException, InterruptedException {
        var kept = journal.checkpoint(id, key);
        if (kept.isPresent()) {
            log("Done before, not done again: " + key);
            return kept.get();
        }
        JsonNode done;
        try {
            done = act.call();
        } catch (ActionFailed | IOException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        try {
            journal.keep(id, key, done.isMissingNode() ? tools.json().nullNode() : done);
        } catch (Journal.Stopped e) {
            throw new StoppedWithin(e);
        }
        return done;
    }

    @Override
    public void made(
            String ref,
            @Nullable String commit,
            @Nullable Path files,
            Proposal.@Nullable Opened request)
            throws ActionFailed, IOException {
        if (subject.dry()) {
            return;
        }
        try {
            journal.made(
                    ref,
                    commit,
                    files == null ? null : new Workspace(files, Long.MAX_VALUE).archive(),
                    request);
        } catch (Journal.Stopped e) {
            throw new StoppedWithin(e);
        }
    }

    @Override
    public Optional<Update> update() {
        return subject.update();
    }

    @Override
    public Rendering rendering() {
        return tools.rendering();
    }
}
