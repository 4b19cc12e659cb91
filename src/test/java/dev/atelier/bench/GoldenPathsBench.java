package dev.atelier.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.Temporary;
import dev.atelier.faults.PortalProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Runs of golden paths, started and watched through the API as programs do it. */
final class GoldenPathsBench {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FILES = 100;
    private static final int RUNS = 7;
    private static final int AT_ONCE = 50;
    private static final int LINES = 100_000;
    private static final int LINES_A_TURN = 100;

    private static final String SIX =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata: {name: bench-six, title: Six steps}
            spec:
              type: bench
              owner: group:default/bench
              parameters:
                - title: The project
                  required: [name]
                  properties:
                    name: {type: string}
              steps:
                - id: fetch
                  action: fetch:template
                  input: {url: ./skeleton, values: {name: "${{ parameters.name }}", parts: [a, b, c]}}
                - id: rename
                  action: fs:rename
                  input: {files: [{from: module-0.py, to: main.py}]}
                - id: write
                  action: catalog:write
                  input:
                    entity:
                      apiVersion: backstage.io/v1alpha1
                      kind: Component
                      metadata: {name: "${{ parameters.name }}"}
                      spec: {type: service, lifecycle: experimental, owner: "user:default/bench"}
                - id: publish
                  action: publish:atelier
                  input: {repoUrl: "atelier?owner=bench&repo=${{ parameters.name }}"}
                - id: register
                  action: catalog:register
                  input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}
                - id: say
                  action: debug:log
                  input: {message: "${{ steps.register.output.entityRef }}"}
            """;

    private static final String LOG =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata: {name: bench-log, title: A long log}
            spec:
              type: bench
              owner: group:default/bench
              parameters:
                - title: Lines
                  properties:
                    turns: {type: array, items: {type: integer}}
                    text: {type: string}
              steps:
                - id: say
                  each: ${{ parameters.turns }}
                  action: debug:log
                  input: {message: "${{ parameters.text }}"}
            """;

    private static final String WAIT =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata: {name: bench-wait, title: A step that takes a while}
            spec:
              type: bench
              owner: group:default/bench
              steps:
                - {id: first, action: debug:log, input: {message: before}}
                - {id: wait, action: debug:wait, input: {seconds: 3}}
            """;

    private GoldenPathsBench() {}

    static void main() throws Exception {
        var data = Temporary.folder("atelier-bench");
        var setup =
                PortalProcess.Setup.on(data)
                        .home(Path.of("").toAbsolutePath())
                        .environment("ATELIER_CATALOG", templates(data).toString());
        try (var portal = setup.start()) {
            portal.awaitReady();
            StartBench.settle(portal);
            var address = portal.address("");
            awaitTemplates(address);
            sixSteps(address);
            preview(address);
            manyAtOnce(address);
            longLog(portal);
            killed(portal, setup);
        }
    }

    private static Path templates(Path data) throws IOException {
        var all = Files.createDirectories(data.resolve("entities"));
        var skeleton = Files.createDirectories(all.resolve("six/skeleton"));
        Files.writeString(all.resolve("six/template.yaml"), SIX);
        var filling = "# What it says here stays as it is, as most of a file does.\n".repeat(12);
        for (int i = 0; i < FILES; i++) {
            Files.writeString(
                    skeleton.resolve("module-%d.py".formatted(i)),
                    """
                    \"""Part %d of ${{ values.name }}.\"""
                    %s
                    {%%- for part in values.parts %%}
                    ${{ part }}_${{ values.name | replace("-", "_") }} = "${{ loop.index }}"
                    {%%- endfor %%}
                    """
                            .formatted(i, filling));
        }
        for (var one : List.of(LOG, WAIT)) {
            var name = one.equals(LOG) ? "log" : "wait";
            Files.writeString(
                    Files.createDirectories(all.resolve(name)).resolve("template.yaml"), one);
        }
        return all;
    }

    private static JsonNode ask(
            Connection connection, URI portal, String method, String path, JsonNode body)
            throws IOException {
        var answer =
                connection.ask(
                        Connection.request(
                                portal,
                                method,
                                path,
                                "Content-Type: application/json\r\nAccept: application/json\r\n",
                                body.isMissingNode() ? new byte[0] : JSON.writeValueAsBytes(body)));
        if (answer.status() >= 300) {
            throw new IOException(
                    "%s %s: %d %s".formatted(method, path, answer.status(), answer.text()));
        }
        return JSON.readTree(answer.body());
    }

    private static JsonNode get(Connection connection, URI portal, String path) throws IOException {
        return ask(connection, portal, "GET", path, JSON.missingNode());
    }

    private static void awaitTemplates(URI portal) throws Exception {
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        try (var connection = new Connection(portal)) {
            for (var name : List.of("bench-six", "bench-log", "bench-wait")) {
                while (connection.get("/golden-paths/default/" + name) != 200) {
                    if (System.nanoTime() > until) {
                        throw new IOException("the golden path " + name + " does not appear");
                    }
                    TimeUnit.MILLISECONDS.sleep(100);
                }
            }
        }
    }

    private static String start(
            Connection connection, URI portal, String template, ObjectNode values)
            throws IOException {
        var wish = JSON.createObjectNode().put("templateRef", "template:default/" + template);
        wish.set("values", values);
        return ask(connection, portal, "POST", "/api/scaffolder/v2/tasks", wish)
                .path("id")
                .asText();
    }

    /** Waits for the end; a task that fails ends the benchmark. */
    private static void await(Connection connection, URI portal, String task) throws Exception {
        while (true) {
            var status =
                    get(connection, portal, "/api/scaffolder/v2/tasks/" + task)
                            .path("status")
                            .asText();
            if (status.equals("completed")) {
                return;
            }
            if (status.equals("failed") || status.equals("cancelled")) {
                throw new IOException(
                        "task %s %s: %s"
                                .formatted(
                                        task,
                                        status,
                                        get(
                                                connection,
                                                portal,
                                                "/api/scaffolder/v2/tasks/" + task + "/events")));
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static ObjectNode named(String name) {
        return JSON.createObjectNode().put("name", name);
    }

    private static void sixSteps(URI portal) throws Exception {
        try (var connection = new Connection(portal)) {
            long began = System.nanoTime();
            await(connection, portal, start(connection, portal, "bench-six", named("bench-first")));
            System.out.printf(
                    "6 steps, %d files: the first run %.2f s (starts a rendering process)%n",
                    FILES, (System.nanoTime() - began) / 1e9);
            var times = new long[RUNS];
            for (int i = 0; i < RUNS; i++) {
                long at = System.nanoTime();
                await(
                        connection,
                        portal,
                        start(connection, portal, "bench-six", named("bench-" + i)));
                times[i] = System.nanoTime() - at;
            }
            Arrays.sort(times);
            System.out.printf(
                    "6 steps, %d files: median of %d runs %.2f s, worst %.2f s%n",
                    FILES, RUNS, times[RUNS / 2] / 1e9, times[RUNS - 1] / 1e9);
        }
    }

    /** A dry run of a template with expressions alone: what an editor asks at each change. */
    private static void preview(URI portal) throws Exception {
        var trial = JSON.createObjectNode();
        trial.set(
                "template",
                JSON.readTree(
                        """
                        {"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template",
                         "metadata": {"name": "trial"},
                         "spec": {"parameters": [{"properties": {"name": {"type": "string"}}}],
                           "steps": [{"id": "say", "action": "debug:log", "input": {"message":
                             "${{ parameters.name | upper }} of ${{ user.ref }}"}}],
                           "output": {"links": [{"title": "${{ parameters.name }}",
                             "url": "https://example.com/${{ parameters.name | replace('a', 'b') }}"}]}}}
                        """));
        trial.set("values", named("penguins"));
        var request =
                Connection.request(
                        portal,
                        "POST",
                        "/api/scaffolder/v2/dry-run",
                        "Content-Type: application/json\r\n",
                        JSON.writeValueAsBytes(trial));
        ClosedLoop.Callers callers =
                () -> {
                    var connection = new Connection(portal);
                    return () -> connection.status(request) == 200;
                };
        System.out.println(ClosedLoop.Figures.HEADINGS);
        ClosedLoop.measure(1, Bench.TIME, callers);
        System.out.println(
                ClosedLoop.measure(1, Bench.TIME, callers)
                        .line("preview: dry run of expressions", 1));
    }

    private static void manyAtOnce(URI portal) throws Exception {
        var pages = List.of("/", "/catalog?kind=model", "/golden-paths", "/models/penguin-species");
        ClosedLoop.get(portal, 1, Bench.TIME, i -> pages.get(i % pages.size()));
        var running = new AtomicBoolean(true);
        var times = new ArrayList<Long>();
        try (var pool = Executors.newSingleThreadExecutor();
                var connection = new Connection(portal)) {
            long began = System.nanoTime();
            var tasks = new ArrayList<String>();
            for (int i = 0; i < AT_ONCE; i++) {
                tasks.add(start(connection, portal, "bench-six", named("bench-many-" + i)));
            }
            var asking =
                    pool.submit(
                            () -> {
                                try (var own = new Connection(portal)) {
                                    for (int i = 0; running.get(); i++) {
                                        long at = System.nanoTime();
                                        var path = pages.get(i % pages.size());
                                        if (own.get(path) != 200) {
                                            throw new IOException(path);
                                        }
                                        times.add(System.nanoTime() - at);
                                        // A person reads what they asked for.
                                        TimeUnit.MILLISECONDS.sleep(20);
                                    }
                                }
                                return null;
                            });
            try {
                for (var task : tasks) {
                    await(connection, portal, task);
                }
            } finally {
                running.set(false);
                asking.get();
            }
            var sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
            System.out.printf(
                    "%d tasks at once: done in %.1f s; meanwhile %d pages, p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
                    AT_ONCE,
                    (System.nanoTime() - began) / 1e9,
                    sorted.length,
                    sorted[sorted.length / 2] / 1e6,
                    sorted[(int) (sorted.length * 0.99)] / 1e6,
                    sorted[sorted.length - 1] / 1e6);
        }
    }

    private static void longLog(PortalProcess portal) throws Exception {
        var address = portal.address("");
        var values = JSON.createObjectNode();
        var turns = values.putArray("turns");
        IntStream.range(0, LINES / LINES_A_TURN).forEach(turns::add);
        values.put(
                "text",
                IntStream.range(0, LINES_A_TURN)
                        .mapToObj(i -> "line %d of a log that nobody reads to its end".formatted(i))
                        .collect(Collectors.joining("\n")));
        long before = Processes.status(portal.pid(), "VmRSS:") / 1024;
        try (var connection = new Connection(address)) {
            long began = System.nanoTime();
            var task = start(connection, address, "bench-log", values);
            await(connection, address, task);
            double wrote = (System.nanoTime() - began) / 1e9;
            began = System.nanoTime();
            var text =
                    connection.ask(
                            Connection.request(
                                    address, "GET", "/tasks/" + task + "/log", "", new byte[0]));
            double read = (System.nanoTime() - began) / 1e9;
            long lines =
                    new String(text.body(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.contains("nobody reads"))
                            .count();
            began = System.nanoTime();
            int status = connection.get("/tasks/" + task);
            System.out.printf(
                    "log of %,d lines: written in %.1f s; %,d read in %.1f s, %.0f MB; its page %.0f ms (%d); RSS of the portal %d MB before, %d MB at its most since the start%n",
                    LINES,
                    wrote,
                    lines,
                    read,
                    text.body().length / 1e6,
                    (System.nanoTime() - began) / 1e6,
                    status,
                    before,
                    Processes.status(portal.pid(), "VmHWM:") / 1024);
        }
    }

    private static void killed(PortalProcess portal, PortalProcess.Setup setup) throws Exception {
        String task;
        try (var connection = new Connection(portal.address(""))) {
            task = start(connection, portal.address(""), "bench-wait", JSON.createObjectNode());
            while (!get(connection, portal.address(""), "/api/scaffolder/v2/tasks/" + task)
                    .path("state")
                    .path("steps")
                    .path(1)
                    .path("status")
                    .asText()
                    .equals("processing")) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
        portal.kill();
        long began = System.nanoTime();
        try (var again = setup.start()) {
            again.awaitReady();
            double ready = (System.nanoTime() - began) / 1e9;
            try (var connection = new Connection(again.address(""))) {
                await(connection, again.address(""), task);
            }
            System.out.printf(
                    "killed in the middle of a step of 3 s: ready after %.1f s, the task done after %.1f s%n",
                    ready, (System.nanoTime() - began) / 1e9);
        }
    }
}
