package dev.atelier.goldenpaths;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;

/** Tasks that write two files and then do one thing with them. */
@ApplicationScoped
class RemoteTasks {

    private static final String API = "/api/scaffolder/v2/tasks";

    private static final String FILES =
            """
            steps:
              - action: catalog:write
                input:
                  filePath: README.md
                  entity: {apiVersion: v1, kind: Component, metadata: {name: penguins}}
              - action: catalog:write
                input:
                  filePath: src/train.py
                  entity: {apiVersion: v1, kind: Component, metadata: {name: train}}
            """;

    private final Tasks tasks;
    private final TaskLog log;

    RemoteTasks(Tasks tasks, TaskLog log) {
        this.tasks = tasks;
        this.log = log;
    }

    /**
     * @param input of the action, YAML
     */
    Task run(String action, String input) {
        return run(action, input, Map.of());
    }

    Task run(String action, String input, Map<String, String> secrets) {
        return runSpec(
                FILES + "  - id: act\n    action: " + action + "\n    input:\n" + input.indent(6),
                secrets);
    }

    Task runSpec(String spec, Map<String, String> secrets) {
        var template = Paths.publish(spec);
        var id =
                given().contentType("application/json")
                        .body(
                                Map.of(
                                        "templateRef",
                                        template.toString(),
                                        "values",
                                        Map.of(),
                                        "secrets",
                                        secrets))
                        .post(API)
                        .then()
                        .statusCode(201)
                        .extract()
                        .<String>path("id");
        return ended(UUID.fromString(id));
    }

    /** Tries it again from the step that failed. */
    Task again(Task task) {
        given().contentType("application/json")
                .body("{}")
                .post(API + "/{id}/retry", task.id())
                .then()
                .statusCode(201);
        return ended(task.id());
    }

    private Task ended(UUID id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> tasks.find(id).orElseThrow(), task -> task.state().ended());
    }

    /** Of the step that does the one thing. */
    JsonNode output(Task task) {
        return Objects.requireNonNull(tasks.steps(task.id()).getLast().output());
    }

    List<String> lines(Task task) {
        return log.after(task.id(), 0, 10_000).stream().map(TaskEvent::message).toList();
    }
}
