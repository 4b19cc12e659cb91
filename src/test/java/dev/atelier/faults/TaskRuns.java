package dev.atelier.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.faults.Workload.Told;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Tasks of a golden path that writes a file, makes a repository with it and registers it. */
final class TaskRuns {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEMPLATE =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata: {name: faults-path, title: A repository with a file}
            spec:
              type: faults
              owner: group:default/faults
              parameters:
                - title: The repository
                  required: [name]
                  properties: {name: {type: string}}
              steps:
                - id: write
                  action: catalog:write
                  input:
                    entity:
                      apiVersion: backstage.io/v1alpha1
                      kind: Component
                      metadata: {name: "${{ parameters.name }}"}
                      spec: {type: service, lifecycle: experimental, owner: "group:default/faults"}
                - id: publish
                  action: publish:atelier
                  input: {repoUrl: "atelier?owner=faults&repo=${{ parameters.name }}"}
                - id: register
                  action: catalog:register
                  input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}
            """;

    /** A task that was asked for. */
    record Wish(String repository, Told told) {}

    final Queue<Wish> wishes = new ConcurrentLinkedQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();

    /** A folder of entities with the template. */
    static Path template(Path folder) throws IOException {
        Files.writeString(Files.createDirectories(folder).resolve("template.yaml"), TEMPLATE);
        return folder;
    }

    static void awaitTemplate(PortalProcess portal) throws IOException {
        var until = System.nanoTime() + 60_000_000_000L;
        while (portal.status("/api/catalog/entities/by-name/template/default/faults-path") != 200) {
            assertThat(System.nanoTime()).as("the template is read").isLessThan(until);
            PortalProcess.pause(100);
        }
    }

    void start(PortalProcess portal) {
        var name = "faults-" + numbers.incrementAndGet();
        var told = Told.UNKNOWN;
        try {
            told =
                    Workload.told(
                            portal.send(
                                    HttpRequest.newBuilder(
                                                    portal.address("/api/scaffolder/v2/tasks"))
                                            .timeout(Duration.ofSeconds(30))
                                            .header("Content-Type", "application/json")
                                            .POST(
                                                    HttpRequest.BodyPublishers.ofString(
                                                            JSON.writeValueAsString(
                                                                    Map.of(
                                                                            "templateRef",
                                                                            "template:default/faults-path",
                                                                            "values",
                                                                            Map.of(
                                                                                    "name",
                                                                                    name))))),
                                    BodyHandlers.ofString()));
        } catch (IOException e) {
            PortalProcess.pause(20);
        }
        wishes.add(new Wish(name, told));
    }

    /** How many have come to an end, as the portal's database has it. */
    static long ended(Connection connection) throws SQLException {
        return Long.parseLong(
                Invariants.strings(
                                connection,
                                "select count(*) from task where state not in ('open', 'processing')")
                        .getFirst());
    }

    /** I10: every task that was taken is done, by itself and in time. */
    void allAreDone(Invariants.Connections database) throws IOException, SQLException {
        var until = System.nanoTime() + 120_000_000_000L;
        List<String> left;
        do {
            try (var connection = database.open()) {
                left =
                        Invariants.strings(
                                connection,
                                """
                                select spec->'parameters'->>'name' || ': ' || state || ' '
                                       || coalesce(fault, '')
                                from task where state <> 'completed'
                                """);
            }
            if (!left.isEmpty()) {
                PortalProcess.pause(200);
            }
        } while (!left.isEmpty() && System.nanoTime() < until);
        assertThat(left).as("I10: tasks that are not done").isEmpty();
    }

    /** I10: each made one repository with one commit and one entity, and none came of nothing. */
    void eachIsDoneOnce(Connection connection) throws SQLException {
        var tasks =
                new HashSet<>(
                        Invariants.strings(
                                connection, "select spec->'parameters'->>'name' from task"));
        assertThat(
                        Invariants.strings(
                                connection, "select name from repository where team = 'faults'"))
                .as("I10: repositories")
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(tasks);
        assertThat(
                        Invariants.strings(
                                connection,
                                """
                                select name from repository r
                                where (select count(*) from repository_move m
                                       where m.repository = r.id and m.state = 'done') <> 1
                                   or (select count(*) from task_made m
                                       where m.ref = lower('repository:default/' || r.team || '/' || r.name)) <> 1
                                """))
                .as("I10: repositories with other than one commit of one task")
                .isEmpty();
        for (var wish : wishes) {
            switch (wish.told) {
                case OK -> assertThat(tasks).as("I10: taken and lost").contains(wish.repository);
                case FAILED ->
                        assertThat(tasks)
                                .as("I10: denied and there")
                                .doesNotContain(wish.repository);
                case UNKNOWN -> {}
            }
        }
    }

    /** I10: what they registered is in the catalog. */
    void areInTheCatalog(PortalProcess portal) throws IOException {
        for (var wish : wishes) {
            if (wish.told == Told.OK) {
                assertThat(
                                portal.status(
                                        "/api/catalog/entities/by-name/component/default/"
                                                + wish.repository))
                        .as("I10: the catalog's entry of " + wish.repository)
                        .isEqualTo(200);
            }
        }
    }

    long count(Told told) {
        return wishes.stream().filter(wish -> wish.told == told).count();
    }
}
