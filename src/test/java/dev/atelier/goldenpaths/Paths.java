package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.platform.database.Sql;
import io.quarkus.arc.Arc;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Golden paths for tests, put into the catalog as a feature would, and run to their end. */
public final class Paths {

    /**
     * How a task ended.
     *
     * @param fault null when it completed
     * @param outputs of its steps; null for those that gave none
     */
    public record Ended(
            UUID id,
            @Nullable String fault,
            @Nullable JsonNode output,
            List<@Nullable JsonNode> outputs,
            List<String> log) {

        /** The output of a step. */
        public JsonNode of(int step) {
            return Objects.requireNonNull(outputs.get(step));
        }
    }

    private static final YAMLMapper YAML = new YAMLMapper();

    private Paths() {}

    /** A golden path that comes with the portal, as soon as the catalog has it. */
    static EntityRef offered(String name) {
        var path = new EntityRef("template", "default", name);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> bean(Entities.class).find(path).isPresent());
        return path;
    }

    /** Runs a golden path as somebody, who may. */
    public static Ended run(RequestSpecification asks, EntityRef path, Map<String, ?> values) {
        String id =
                asks.contentType("application/json")
                        .body(Map.of("templateRef", path.toString(), "values", values))
                        .post("/api/scaffolder/v2/tasks")
                        .then()
                        .statusCode(201)
                        .extract()
                        .path("id");
        return ended(UUID.fromString(id));
    }

    /** Runs a task again as another portal does whose holder was killed in the last step. */
    public static Ended afterKill(UUID id) {
        var sql = bean(Sql.class);
        sql.update(
                """
                update task set state = 'processing', ended_at = null, lease = gen_random_uuid(),
                    leased_until = clock_timestamp() - interval '1 second', output = null,
                    fault = null, fault_step = null
                where id = ?
                """,
                id);
        sql.update(
                """
                update task_step set state =
                    case position when (select max(position) from task_step where task = ?)
                    then 'processing' else 'waiting' end
                where task = ?
                """,
                id,
                id);
        return ended(id);
    }

    /** A task, once it has ended. */
    static Ended ended(UUID id) {
        var tasks = bean(Tasks.class);
        var task =
                Awaitility.await()
                        .atMost(Duration.ofSeconds(120))
                        .until(() -> tasks.find(id).orElseThrow(), one -> one.state().ended());
        return new Ended(
                id,
                task.fault(),
                task.output(),
                tasks.steps(id).stream().map(TaskStep::output).collect(Collectors.toList()),
                bean(TaskLog.class).after(id, 0, 10_000).stream().map(TaskEvent::message).toList());
    }

    private static <T> T bean(Class<T> type) {
        return Arc.container().instance(type).get();
    }

    /**
     * @param spec YAML of {@code spec}
     */
    public static EntityRef publish(String spec) {
        return publish("path-" + UUID.randomUUID().toString().substring(0, 8), spec);
    }

    /** The same under a name, in place of what was there. */
    static EntityRef publish(String name, String spec) {
        var document = document(name, spec);
        var refused =
                bean(Entities.class)
                        .upsert("golden-path-tests", List.of(new EntityDocument(document)));
        if (!refused.isEmpty()) {
            throw new IllegalArgumentException(refused.toString());
        }
        return new EntityRef("template", "default", name);
    }

    static ObjectNode document(String name, String spec) {
        try {
            return (ObjectNode)
                    YAML.readTree(
                            """
                            apiVersion: scaffolder.backstage.io/v1beta3
                            kind: Template
                            metadata:
                              name: %s
                              title: Path of a test
                            spec:
                              type: test
                              owner: group:default/nobody
                            """
                                            .formatted(name)
                                    + spec.indent(2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
