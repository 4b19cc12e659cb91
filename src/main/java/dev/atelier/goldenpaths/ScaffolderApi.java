package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Golden paths for programs, as Backstage's scaffolder answers. */
@Path("/api/scaffolder/v2")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Backstage scaffolder")
@Needs(Permission.CATALOG_READ)
public class ScaffolderApi {

    private static final int MOST = 500;
    private static final YAMLMapper YAML = new YAMLMapper();

    private final Templates templates;
    private final Tasks tasks;
    private final TaskLog log;
    private final LiveTasks live;
    private final Starting starting;
    private final Actions actions;
    private final DryRun dryRun;
    private final Caller caller;
    private final ObjectMapper json;

    ScaffolderApi(
            Templates templates,
            Tasks tasks,
            TaskLog log,
            LiveTasks live,
            Starting starting,
            Actions actions,
            DryRun dryRun,
            Caller caller,
            ObjectMapper json) {
        this.templates = templates;
        this.tasks = tasks;
        this.log = log;
        this.live = live;
        this.starting = starting;
        this.actions = actions;
        this.dryRun = dryRun;
        this.caller = caller;
        this.json = json;
    }

    @GET
    @Path("templates/{namespace}/{kind}/{name}/parameter-schema")
    @Operation(summary = "The questions of a golden path")
    public ObjectNode parameters(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        if (!kind.equalsIgnoreCase(Template.KIND)) {
            throw new NotFound("Only entities of kind Template are golden paths.");
        }
        var template = templates.get(new EntityRef(Template.KIND, namespace, name));
        var answer = json.createObjectNode();
        answer.put("title", template.title());
        answer.put("description", template.description());
        var steps = answer.putArray("steps");
        for (var page : template.pages()) {
            var step = steps.addObject();
            step.put("title", page.title());
            step.put("description", page.description());
            step.set("schema", page.schema());
        }
        return answer;
    }

    @GET
    @Path("actions")
    @Operation(summary = "All actions, with the schemas of their input and output")
    public JsonNode actions() throws JsonProcessingException {
        var list = json.createArrayNode();
        for (var action : actions.all()) {
            var one = list.addObject();
            one.put("id", action.id());
            one.put("description", action.description());
            var examples = one.putArray("examples");
            for (var example : action.examples()) {
                examples.addObject()
                        .put("description", example.description())
                        .put("example", "steps:\n" + example.steps().indent(2));
            }
            var schema = one.putObject("schema");
            schema.set("input", json.readTree(action.input()));
            schema.set("output", json.readTree(action.output()));
        }
        return list;
    }

    /** What starts a task. */
    public record Wish(
            @Nullable String templateRef,
            @Nullable ObjectNode values,
            @Nullable Map<String, String> secrets) {}

    @POST
    @Limited(Limit.REQUESTS)
    @Path("tasks")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Start a task")
    public Response start(@Nullable Wish wish) {
        if (wish == null || wish.templateRef == null) {
            throw new Invalid("Send a JSON object with templateRef and values.");
        }
        var template = templates.get(ref(wish.templateRef));
        try {
            var task =
                    starting.start(
                            template,
                            wish.values == null ? json.createObjectNode() : wish.values,
                            wish.secrets == null ? Map.of() : wish.secrets,
                            null);
            return Response.status(201).entity(Map.of("id", task.id().toString())).build();
        } catch (Starting.WrongAnswers e) {
            return Response.status(400).entity(Map.of("errors", errors(e.faults))).build();
        }
    }

    private static EntityRef ref(String text) {
        try {
            return EntityRef.parse(text, Template.KIND, "default");
        } catch (IllegalArgumentException e) {
            throw new Invalid(String.valueOf(e.getMessage()));
        }
    }

    private static List<Map<String, String>> errors(Map<String, String> faults) {
        return faults.entrySet().stream()
                .map(
                        one -> {
                            var error = new LinkedHashMap<String, String>();
                            var property = "instance" + one.getKey().replace('/', '.');
                            error.put("property", property);
                            error.put("message", one.getValue());
                            error.put("stack", property + " " + one.getValue());
                            return (Map<String, String>) error;
                        })
                .toList();
    }

    @GET
    @Path("tasks")
    @Operation(summary = "Tasks, the newest first")
    public ObjectNode tasks(
            @QueryParam("createdBy") @Nullable String createdBy,
            @QueryParam("status") @Nullable List<String> status,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("offset") @Nullable String offset) {
        var states = new ArrayList<Task.State>();
        for (var one : status == null ? List.<String>of() : status) {
            states.addAll(
                    Set.of(Task.State.values()).stream().filter(s -> s.id().equals(one)).toList());
            if (states.isEmpty()) {
                throw new Invalid(
                        "status is open, processing, completed, failed or cancelled, not \"%s\"."
                                .formatted(one));
            }
        }
        var found =
                tasks.list(
                        new Tasks.Question(
                                createdBy,
                                states,
                                null,
                                (int) Math.clamp(number("limit", limit, MOST), 1, MOST),
                                number("offset", offset, 0)));
        var answer = json.createObjectNode();
        var list = answer.putArray("tasks");
        found.tasks().forEach(task -> list.add(told(task)));
        answer.put("totalTasks", found.total());
        return answer;
    }

    private static long number(String name, @Nullable String text, long otherwise) {
        if (text == null || text.isEmpty()) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw new Invalid("%s is a number, not \"%s\".".formatted(name, text));
        }
        return Long.parseLong(text);
    }

    private ObjectNode told(Task task) {
        var one = json.createObjectNode();
        one.put("id", task.id().toString());
        one.set("spec", task.spec());
        one.put("status", task.state().id());
        one.put("createdAt", task.createdAt().toString());
        one.put("lastHeartbeatAt", task.seenAt() == null ? null : task.seenAt().toString());
        one.put("createdBy", task.createdBy());
        var steps = one.putObject("state").putArray("steps");
        for (var step : tasks.steps(task.id())) {
            steps.addObject().put("id", step.id()).put("status", step.state().id());
        }
        if (task.output() != null) {
            one.set("output", task.output());
        }
        return one;
    }

    @GET
    @Path("tasks/{id}")
    @Operation(summary = "One task")
    public ObjectNode task(@PathParam("id") String id) {
        return told(tasks.get(id));
    }

    @POST
    @Path("tasks/{id}/cancel")
    @Operation(summary = "Cancel a task; one that has ended answers 409")
    public Map<String, String> cancel(@PathParam("id") String id) {
        tasks.cancel(tasks.get(id));
        return Map.of("status", "cancelled");
    }

    /** What a retry may bring. */
    public record Again(@Nullable Map<String, String> secrets) {}

    @POST
    @Limited(Limit.REQUESTS)
    @Path("tasks/{id}/retry")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Go on with a failed task from the step that failed")
    public Response retry(@PathParam("id") String id, @Nullable Again again) {
        var task = tasks.get(id);
        caller.require(Permission.TEMPLATE_RUN, task.template().toString());
        tasks.retry(task, again == null || again.secrets == null ? Map.of() : again.secrets);
        return Response.status(201).entity(Map.of("id", task.id().toString())).build();
    }

    /**
     * Events after one, at once; an empty list when nothing comes for half a minute.
     *
     * @param after id of the last event that is known
     */
    @GET
    @Path("tasks/{id}/events")
    @Operation(summary = "Events of a task, waited for")
    public JsonNode events(@PathParam("id") String id, @QueryParam("after") @Nullable String after)
            throws InterruptedException {
        var task = tasks.get(id);
        long last = TaskStream.number(after);
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            var found = log.after(task.id(), last, MOST);
            boolean over = tasks.find(task.id()).map(t -> t.state().ended()).orElse(true);
            if (!found.isEmpty() || over || System.nanoTime() > until) {
                var list = json.createArrayNode();
                found.forEach(event -> list.add(ScaffolderStream.told(json, task.id(), event)));
                return list;
            }
            live.await(task.id());
        }
    }

    /** What a dry run is about. */
    public record Trial(
            @Nullable ObjectNode template,
            @Nullable ObjectNode values,
            @Nullable Map<String, String> secrets,
            @Nullable List<DryRun.Content> directoryContents) {}

    @POST
    @Limited(Limit.REQUESTS)
    @Path("dry-run")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Run a template without changing anything")
    public Response dryRun(@Nullable Trial trial) throws IOException, InterruptedException {
        if (trial == null || trial.template == null) {
            throw new Invalid("Send a JSON object with template and values.");
        }
        try {
            var template = Template.of(trial.template, null);
            return Response.ok(
                            dryRun.run(
                                    template,
                                    trial.values == null ? json.createObjectNode() : trial.values,
                                    trial.secrets == null ? Map.of() : trial.secrets,
                                    trial.directoryContents == null
                                            ? List.of()
                                            : trial.directoryContents))
                    .build();
        } catch (Template.Wrong e) {
            throw new Invalid(String.valueOf(e.getMessage()));
        } catch (Starting.WrongAnswers e) {
            return Response.status(400).entity(Map.of("errors", errors(e.faults))).build();
        }
    }

    @GET
    @Path("templating-extensions")
    @Operation(summary = "Filters and globals that expressions may use")
    public JsonNode extensions() throws JsonProcessingException {
        return YAML.readTree(
                """
                filters:
                  parseRepoUrl:
                    description: Parts of a repository's address, host?owner=o&repo=r
                  parseEntityRef:
                    description: Parts of a reference to an entity
                  pick:
                    description: A value by its path
                  projectSlug:
                    description: owner/repo of a repository's address
                globals:
                  functions:
                    always:
                      description: The step runs even after another failed
                    failure:
                      description: Whether a step failed
                  values: {}
                """);
    }
}
