package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the steps of a task: condition, iteration, input, action, output. What it does is
 * told to a {@link Journal}; what was done before, it does not do again.
 */
final class Run {

    private static final Logger LOG = Logger.getLogger(Run.class);

    /** Iterations of one step. */
    private static final int MOST_ITERATIONS = 1_000;

    /** What all runs use. */
    record Tools(ObjectMapper json, Rendering rendering, Actions actions, Schemas schemas) {}

    /**
     * What is run.
     *
     * @param spec as Backstage's {@code TaskSpec}
     * @param secrets never shown: masked in the log, and seen by inputs of steps alone
     * @param lenient leaves what cannot be rendered as it is
     */
    record Subject(
            UUID id,
            JsonNode spec,
            String user,
            Map<String, String> secrets,
            boolean dry,
            boolean lenient,
            Optional<ActionContext.Update> update) {
        @Nullable String base() {
            var base = spec.path("templateInfo").path("baseUrl");
            return base.isTextual() ? base.textValue() : null;
        }
    }

    /**
     * How it ended.
     *
     * @param fault null when it completed
     */
    record Outcome(@Nullable ObjectNode output, @Nullable String fault, @Nullable String step) {
        boolean completed() {
            return fault == null;
        }
    }

    private final Tools tools;
    private final Subject subject;
    private final Workspace workspace;
    private final Journal journal;
    private final Masks masks;
    private final ObjectNode context;
    private @Nullable String fault;
    private @Nullable String faultStep;

    Run(Tools tools, Subject subject, Workspace workspace, Journal journal) {
        this.tools = tools;
        this.subject = subject;
        this.workspace = workspace;
        this.journal = journal;
        this.masks = new Masks(subject.secrets.values());
        this.context = tools.json.createObjectNode();
        context.set("parameters", subject.spec.path("parameters"));
        context.putObject("steps");
        context.set("user", subject.spec.path("user"));
        var environment = context.putObject("environment");
        environment.putObject("parameters");
        var task = context.putObject("context").putObject("task").put("id", subject.id.toString());
        if (subject.spec.hasNonNull("date")) {
            task.set("date", subject.spec.get("date"));
        }
    }

    /**
     * @param known how far its steps are
     * @throws Journal.Stopped when it is not to go on
     */
    Outcome go(List<TaskStep> known) throws Journal.Stopped, InterruptedException, IOException {
        var steps = Template.stepsOf(subject.spec);
        try {
            allow(Approval.BEFORE_ALL, subject.spec.path("approval"));
        } catch (WrongExpression e) {
            return new Outcome(null, masks.hide(String.valueOf(e.getMessage())), null);
        } catch (ActionFailed e) {
            return new Outcome(null, masks.hide(e.reason()), null);
        }
        for (int position = 0; position < steps.size(); position++) {
            var step = steps.get(position);
            var before = known.get(position);
            if (before.state().ended()) {
                remember(step, before.state(), before.output(), before.reason());
                continue;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (fault != null && !step.asksForOutcome()) {
                skip(position, step, "an earlier step failed");
                continue;
            }
            one(position, step, before.state() == TaskStep.State.PROCESSING);
        }
        if (fault != null) {
            return new Outcome(null, fault, faultStep);
        }
        try {
            var output = rendered(subject.spec.path("output"), false);
            return new Outcome(
                    output instanceof ObjectNode object
                            ? shown(object)
                            : tools.json.createObjectNode(),
                    null,
                    null);
        } catch (WrongExpression e) {
            return new Outcome(null, "The output cannot be rendered. " + e.getMessage(), null);
        }
    }

    /** Links and texts whose condition holds; the condition itself goes. */
    private ObjectNode shown(ObjectNode output) {
        for (var name : List.of("links", "text")) {
            if (output.get(name) instanceof ArrayNode list) {
                var kept = tools.json.createArrayNode();
                for (var one : list) {
                    if (one instanceof ObjectNode object) {
                        var condition = object.remove("if");
                        if (condition == null || truthy(condition)) {
                            kept.add(object);
                        }
                    }
                }
                output.set(name, kept);
            }
        }
        return output;
    }

    private void one(int position, Step step, boolean brokenOff)
            throws Journal.Stopped, InterruptedException, IOException {
        var action = tools.actions.find(step.action()).orElse(null);
        ObjectNode output = tools.json.createObjectNode();
        try {
            if (!step.condition().isMissingNode()) {
                var condition = rendered(step.condition(), false);
                if (!truthy(condition)) {
                    skip(position, step, "its if condition was false");
                    return;
                }
            }
            allow(position, step.approval());
            journal.started(position, step);
            Failpoints.hit("task.step-begun");
            journal.log(
                    step.id(),
                    "step",
                    "Step %d: %s".formatted(position + 1, masks.hide(step.name())));
            if (action == null) {
                throw new ActionFailed(
                        "There is no action \"%s\" here.%s"
                                .formatted(step.action(), tools.actions.near(step.action())));
            }
            if (brokenOff && !action.repeatable()) {
                throw new ActionFailed(
                        "The portal ended in the middle of this step, and %s must not be done twice. Look what it has done, then try again."
                                .formatted(action.id()));
            }
            if (!action.missing().isEmpty()) {
                throw new ActionFailed(action.missing());
            }
            if (subject.update.isPresent() && !action.local() && !action.updates()) {
                output = left(step, action);
            } else if (step.each().isMissingNode()) {
                act(step, step.id(), action, output);
            } else {
                output = each(step, action);
            }
            Failpoints.hit("task.step-acted");
            journal.ended(position, step, TaskStep.State.COMPLETED, output, null);
            Failpoints.hit("task.step-ended");
            remember(step, TaskStep.State.COMPLETED, output, null);
        } catch (WrongExpression e) {
            failed(position, step, output, String.valueOf(e.getMessage()));
        } catch (ActionFailed e) {
            failed(position, step, output, e.reason());
        } catch (Problem e) {
            failed(position, step, output, e.detail());
        } catch (IOException e) {
            failed(position, step, output, "It could not read or write: " + e.getMessage());
        } catch (RuntimeException e) {
            if (DatabaseAway.causes(e) || e instanceof Sql.Failed) {
                throw e;
            }
            LOG.errorf(e, "Step %s of task %s failed", step.id(), subject.id);
            failed(
                    position,
                    step,
                    output,
                    "Something unexpected went wrong; the portal's log says what.");
        }
    }

    /**
     * Waits for the word of somebody else, when it takes one.
     *
     * @param rule as written; anything but an object takes none
     * @throws ActionFailed when it is not allowed
     */
    private void allow(int position, JsonNode rule)
            throws Journal.Stopped, ActionFailed, WrongExpression {
        if (!rule.isObject()) {
            return;
        }
        var word = journal.word(position);
        if (word.given()) {
            if (!word.approves()) {
                throw new ActionFailed(word.said());
            }
            return;
        }
        var written = rendered(rule, false);
        if (rule.has("if") && !truthy(written.path("if"))) {
            return;
        }
        var known = ApprovalRule.of(written);
        journal.waitFor(
                position, new ApprovalRule(known.by(), known.within(), masks.hide(known.shows())));
    }

    private void failed(int position, Step step, ObjectNode output, String reason)
            throws Journal.Stopped, IOException {
        var told = masks.hide(reason);
        journal.log(step.id(), "warn", told);
        try {
            journal.ended(position, step, TaskStep.State.FAILED, output, told);
        } catch (ActionFailed e) {
            throw new IOException(e.reason(), e);
        }
        remember(step, TaskStep.State.FAILED, output, told);
    }

    private void skip(int position, Step step, String why) throws Journal.Stopped, IOException {
        journal.log(step.id(), "step", "Skipping step %s because %s".formatted(step.id(), why));
        try {
            journal.ended(position, step, TaskStep.State.SKIPPED, null, why);
        } catch (ActionFailed e) {
            throw new IOException(e.reason(), e);
        }
    }

    private void remember(
            Step step, TaskStep.State state, @Nullable JsonNode output, @Nullable String reason) {
        if (output != null) {
            ((ObjectNode) context.get("steps")).putObject(step.id()).set("output", output);
        }
        if (state == TaskStep.State.FAILED && fault == null) {
            fault = reason == null ? "It failed." : reason;
            faultStep = step.id();
        }
    }

    /** What a step that is not done again gave when the thing was made. */
    private ObjectNode left(Step step, Action action) {
        var known = subject.spec.path("update").path("outputs").get(step.id());
        journal.log(
                step.id(),
                "step",
                "Not done in an update: %s. %s"
                        .formatted(
                                action.id(),
                                known == null
                                        ? "It has given nothing before."
                                        : "What it gave before is used."));
        return known instanceof ObjectNode object
                ? object.deepCopy()
                : tools.json.createObjectNode();
    }

    private ObjectNode each(Step step, Action action)
            throws WrongExpression,
                    ActionFailed,
                    Journal.Stopped,
                    InterruptedException,
                    IOException {
        var values = rendered(step.each(), false);
        var turns = new ArrayList<ObjectNode>();
        if (values.isArray()) {
            for (int i = 0; i < values.size(); i++) {
                turns.add(turn(tools.json.getNodeFactory().numberNode(i), values.get(i)));
            }
        } else if (values.isObject()) {
            values.properties()
                    .forEach(
                            one ->
                                    turns.add(
                                            turn(
                                                    tools.json
                                                            .getNodeFactory()
                                                            .textNode(one.getKey()),
                                                    one.getValue())));
        } else {
            throw new ActionFailed(
                    "each needs a list or an object, and is %s."
                            .formatted(
                                    values.isMissingNode()
                                            ? "undefined"
                                            : values.getNodeType()
                                                    .name()
                                                    .toLowerCase(Locale.ROOT)));
        }
        if (turns.size() > MOST_ITERATIONS) {
            throw new ActionFailed(
                    "each has %,d values; a step runs for at most %,d."
                            .formatted(turns.size(), MOST_ITERATIONS));
        }
        var all = tools.json.createObjectNode();
        int number = 0;
        for (var turn : turns) {
            context.set("each", turn);
            var output = tools.json.createObjectNode();
            try {
                act(step, step.id() + "[" + number++ + "]", action, output);
            } finally {
                context.remove("each");
            }
            for (var one : output.properties()) {
                all.withArray(one.getKey()).add(one.getValue());
            }
        }
        return all;
    }

    private ObjectNode turn(JsonNode key, JsonNode value) {
        var turn = tools.json.createObjectNode();
        turn.set("key", key);
        turn.set("value", value);
        return turn;
    }

    private void act(Step step, String id, Action action, ObjectNode output)
            throws WrongExpression,
                    ActionFailed,
                    Journal.Stopped,
                    InterruptedException,
                    IOException {
        var value =
                step.input().isObject()
                        ? rendered(step.input(), true)
                        : tools.json.createObjectNode();
        if (!(value instanceof ObjectNode input)) {
            throw new ActionFailed("The input is no object once it is rendered.");
        }
        var faults = tools.schemas.check(action.input(), input);
        if (!faults.isEmpty()) {
            var first = faults.getFirst();
            throw new ActionFailed(
                    "The input of %s is wrong%s: %s. See /golden-paths/actions/%s."
                            .formatted(
                                    action.id(),
                                    first.at().isEmpty() ? "" : " at " + first.at(),
                                    masks.hide(first.message()),
                                    action.id()));
        }
        if (subject.dry && !action.hasDryRun()) {
            journal.log(
                    id,
                    "step",
                    "Not done in a dry run: %s. Its output is made up from its schema."
                            .formatted(action.id()));
            output.setAll(Examples.of(tools.json.readTree(action.output())));
            return;
        }
        try {
            action.run(
                    new StepContext(
                            tools, subject, workspace, journal, masks, step.id(), id, input,
                            output));
        } catch (StepContext.StoppedWithin e) {
            throw e.stopped;
        }
    }

    private JsonNode rendered(JsonNode value, boolean withSecrets) throws WrongExpression {
        var seen = context;
        if (withSecrets) {
            seen = context.deepCopy();
            var given = seen.putObject("secrets");
            subject.secrets.forEach(given::put);
        }
        var rendered =
                tools.rendering.value(
                        seen, value, new Rendering.Manner(fault != null, subject.lenient, false));
        for (var passed : rendered.passed()) {
            journal.log(null, "warn", "Left as it is: " + masks.hide(passed));
        }
        return rendered.value();
    }

    /** As Backstage has it: nothing, false, 0, an empty text and an empty list are not. */
    static boolean truthy(JsonNode value) {
        return switch (value.getNodeType()) {
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> value.doubleValue() != 0;
            case STRING -> !value.textValue().isEmpty();
            case ARRAY -> !value.isEmpty();
            case MISSING, NULL -> false;
            default -> true;
        };
    }
}
