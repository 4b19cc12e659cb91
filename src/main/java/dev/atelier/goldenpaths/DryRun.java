package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.Proposal;
import dev.atelier.identity.Caller;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooMany;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Runs a template without changing anything: files are made in a folder that is thrown away, and
 * actions that reach further say what they would do.
 */
@ApplicationScoped
class DryRun {

    private static final int AT_ONCE = 4;

    /** A file that the template would bring, or that it made. */
    public record Content(
            @Nullable String path, @Nullable String base64Content, @Nullable Boolean executable) {}

    private final Run.Tools tools;
    private final Starting starting;
    private final Caller caller;
    private final GoldenPathsConfig config;
    private final Semaphore places = new Semaphore(AT_ONCE);

    DryRun(
            ObjectMapper json,
            Rendering rendering,
            Actions actions,
            Schemas schemas,
            Starting starting,
            Caller caller,
            GoldenPathsConfig config) {
        this.tools = new Run.Tools(json, rendering, actions, schemas);
        this.starting = starting;
        this.caller = caller;
        this.config = config;
    }

    /**
     * @param brought files beside the template, where it lies nowhere yet
     * @return {@code {log, directoryContents, output, steps}} as Backstage answers
     */
    ObjectNode run(
            Template template,
            ObjectNode answers,
            Map<String, String> secrets,
            List<Content> brought)
            throws Starting.WrongAnswers, IOException, InterruptedException {
        var full = starting.completed(template, answers);
        var faults = starting.faults(template, full);
        if (!faults.isEmpty()) {
            throw new Starting.WrongAnswers(faults);
        }
        if (!places.tryAcquire()) {
            throw new TooMany(
                    "Other dry runs are under way. Try again in a moment.", Duration.ofSeconds(2));
        }
        var id = UUID.randomUUID();
        var folder = DataFolder.part("tasks").resolve("dry-" + id);
        try {
            var spec = starting.spec(template, full);
            if (!brought.isEmpty()) {
                var beside = folder.resolve("template");
                bring(brought, new Workspace(beside, config.workspaceMost().asLongValue()));
                ((ObjectNode) spec.get("templateInfo"))
                        .put("baseUrl", "file:" + beside.resolve("template.yaml"));
            }
            return go(id, spec, secrets, folder);
        } finally {
            Workspace.remove(folder);
            places.release();
        }
    }

    private static void bring(List<Content> brought, Workspace beside) throws IOException {
        Files.createDirectories(beside.root());
        Files.writeString(beside.root().resolve("template.yaml"), "");
        for (var file : brought) {
            try {
                beside.write(
                        String.valueOf(file.path),
                        Base64.getDecoder()
                                .decode(file.base64Content == null ? "" : file.base64Content),
                        Boolean.TRUE.equals(file.executable));
            } catch (ActionFailed | IllegalArgumentException e) {
                throw new Invalid("directoryContents: %s: %s".formatted(file.path, e.getMessage()));
            }
        }
    }

    private ObjectNode go(UUID id, ObjectNode spec, Map<String, String> secrets, Path folder)
            throws IOException, InterruptedException {
        var workspace =
                new Workspace(folder.resolve("files"), config.workspaceMost().asLongValue());
        workspace.clear();
        var journal = new Memory(tools.json());
        var run =
                new Run(
                        tools,
                        new Run.Subject(
                                id,
                                spec,
                                caller.entityRef(),
                                secrets,
                                true,
                                config.lenientExpressions(),
                                Optional.empty()),
                        workspace,
                        journal);
        Run.Outcome outcome;
        try {
            outcome = run.go(journal.steps(Template.stepsOf(spec)));
        } catch (Journal.Stopped e) {
            throw new IllegalStateException(e);
        }
        var answer = tools.json().createObjectNode();
        answer.set("log", journal.log);
        var files = answer.putArray("directoryContents");
        for (var name : workspace.files()) {
            var path = workspace.root().resolve(name);
            files.addObject()
                    .put("path", name)
                    .put("executable", Workspace.isExecutable(path))
                    .put(
                            "base64Content",
                            Base64.getEncoder().encodeToString(Files.readAllBytes(path)));
        }
        answer.set(
                "output",
                outcome.output() == null ? tools.json().createObjectNode() : outcome.output());
        answer.set("steps", spec.get("steps"));
        if (outcome.fault() != null) {
            var error = answer.putObject("error");
            error.put("message", outcome.fault());
            error.put("stepId", outcome.step());
        }
        return answer;
    }

    /** Keeps what is told for the answer. */
    private static final class Memory implements Journal {
        private final ObjectMapper json;
        private final ArrayNode log;
        private final Map<String, JsonNode> kept = new HashMap<>();

        Memory(ObjectMapper json) {
            this.json = json;
            this.log = json.createArrayNode();
        }

        List<TaskStep> steps(List<Step> steps) {
            var list = new ArrayList<TaskStep>();
            for (var step : steps) {
                list.add(
                        new TaskStep(
                                list.size(),
                                step.id(),
                                step.name(),
                                step.action(),
                                TaskStep.State.WAITING,
                                null,
                                null,
                                null,
                                null));
            }
            return list;
        }

        @Override
        public Word word(int position) {
            return Word.NONE;
        }

        @Override
        public void waitFor(int position, ApprovalRule rule) {
            log(
                    null,
                    "step",
                    "Here it waits for the approval of %s."
                            .formatted(
                                    rule.by().isEmpty()
                                            ? "whoever runs the portal"
                                            : String.join(", ", rule.by())));
        }

        @Override
        public void started(int position, Step step) {
            // Nobody watches.
        }

        @Override
        public void ended(
                int position,
                Step step,
                TaskStep.State state,
                @Nullable ObjectNode output,
                @Nullable String reason) {
            var body = log.addObject().putObject("body");
            body.put("message", "%s: %s".formatted(step.name(), state.word()));
            body.put("stepId", step.id());
            body.put("status", state.id());
        }

        @Override
        public void log(@Nullable String step, @Nullable String level, String message) {
            var body = log.addObject().putObject("body");
            body.put("message", message);
            body.put("at", Instant.now().toString());
            if (step != null) {
                body.put("stepId", step);
            }
        }

        @Override
        public Optional<JsonNode> checkpoint(String step, String key) {
            return Optional.ofNullable(kept.get(step + "/" + key));
        }

        @Override
        public void made(
                String ref,
                @Nullable String commit,
                byte @Nullable [] files,
                Proposal.@Nullable Opened request) {
            // Nothing is made.
        }

        @Override
        public void keep(String step, String key, JsonNode value) {
            kept.put(step + "/" + key, value);
        }
    }
}
