package dev.atelier.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * Measures a running portal's catalog over HTTP: {@code CatalogBench http://localhost:8080}. With
 * {@code --write DIR N} it writes N entities into a folder first and waits until all are there.
 *
 * <p>Closed loop: each connection sends its next request when the last was answered. Client, portal
 * and database share the machine; figures include all three. Each question is warmed up for a third
 * of its time.
 */
public final class CatalogBench {

    private static final Duration TIME =
            Duration.ofSeconds(Integer.getInteger("bench.seconds", 10));
    private static final String[] TYPES = {"service", "website", "library", "model-server"};
    private static final String[] LIFECYCLES = {"production", "experimental", "deprecated"};

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;

    private CatalogBench(String base) {
        this.base = base;
    }

    public static void main(String... args) throws Exception {
        var bench = new CatalogBench(args[0]);
        if (args.length == 4 && args[1].equals("--write")) {
            bench.ingest(Path.of(args[2]), Integer.parseInt(args[3]));
        }
        System.out.printf(
                "%-52s %6s %8s %8s %8s %8s%n",
                "question", "conns", "req/s", "p50 ms", "p99 ms", "max ms");
        for (int connections : new int[] {1, 8}) {
            bench.measure(
                    "by-query, kind and type, by name, 20",
                    connections,
                    i ->
                            "/api/catalog/entities/by-query?limit=20&orderField=metadata.name,asc"
                                    + "&filter=kind=component,spec.type="
                                    + TYPES[i % TYPES.length]);
            bench.measure(
                    "by-query, all, by name, 20",
                    connections,
                    _ -> "/api/catalog/entities/by-query?limit=20&orderField=metadata.name,asc");
            bench.measure(
                    "by-query, tag and owner, by name, 20",
                    connections,
                    i ->
                            "/api/catalog/entities/by-query?limit=20&orderField=metadata.name,asc"
                                    + "&filter=metadata.tags=tag-"
                                    + i % 50
                                    + ",relations.ownedby=group:default/team-"
                                    + i % 40);
            bench.measure(
                    "by-query, all, no order, full text on name",
                    connections,
                    i ->
                            "/api/catalog/entities/by-query?limit=20&totalItems=exclude"
                                    + "&fullTextFilterFields=metadata.name&fullTextFilterTerm=entity-"
                                    + i % 977);
            bench.measure(
                    "facets kind, spec.type, metadata.tags",
                    connections,
                    _ ->
                            "/api/catalog/entity-facets?facet=kind&facet=spec.type&facet=metadata.tags");
            bench.measure(
                    "by-name",
                    connections,
                    i -> "/api/catalog/entities/by-name/component/default/entity-" + i % 1000);
            bench.measure("page /catalog", connections, _ -> "/catalog?kind=component");
            bench.measure(
                    "page of an entity",
                    connections,
                    i -> "/catalog/default/component/entity-" + i % 1000);
        }
    }

    private void ingest(Path folder, int count) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        int perFile = 500;
        for (int file = 0; file * perFile < count; file++) {
            var text = new StringBuilder();
            for (int i = file * perFile; i < Math.min(count, (file + 1) * perFile); i++) {
                text.append(document(i));
            }
            Files.writeString(folder.resolve("bench-%05d.yaml".formatted(file)), text);
        }
        var begin = System.nanoTime();
        long seen;
        do {
            Thread.sleep(50);
            var body =
                    get("/api/catalog/entities/by-query?limit=0&filter=metadata.annotations.bench.example/run")
                            .body();
            seen = Long.parseLong(body.replaceAll(".*\"totalItems\":(\\d+).*", "$1"));
        } while (seen < count);
        System.out.printf(
                "%,d entities visible %.1f s after their files were written%n",
                count, (System.nanoTime() - begin) / 1e9);
    }

    private static String document(int i) {
        return """
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: entity-%d
          title: Entity number %d
          description: The %d-th of many entities, with a sentence of the usual length about what it does.
          annotations:
            bench.example/run: "1"
            github.com/project-slug: example/entity-%d
            backstage.io/techdocs-ref: dir:.
          labels: {tier: "%d", region: eu}
          tags: [java, tag-%d]
          links:
            - {url: "https://example.com/entity-%d", title: Dashboard}
        spec:
          type: %s
          lifecycle: %s
          owner: team-%d
          system: system-%d
          providesApis: [api-%d]
          dependsOn: ["resource:db-%d"]
        """
                .formatted(
                        i,
                        i,
                        i,
                        i,
                        i % 4,
                        i % 50,
                        i,
                        TYPES[i % 4],
                        LIFECYCLES[i % 3],
                        i % 40,
                        i % 100,
                        i,
                        i);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(base + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void measure(String name, int connections, IntFunction<String> question)
            throws InterruptedException {
        run(connections, TIME.dividedBy(3), question);
        var times = run(connections, TIME, question);
        Arrays.sort(times);
        System.out.printf(
                "%-52s %6d %8.0f %8.2f %8.2f %8.2f%n",
                name,
                connections,
                times.length / (TIME.toMillis() / 1e3),
                times[times.length / 2] / 1e6,
                times[(int) (times.length * 0.99)] / 1e6,
                times[times.length - 1] / 1e6);
    }

    private long[] run(int connections, Duration time, IntFunction<String> question)
            throws InterruptedException {
        var next = new AtomicInteger();
        var results = new long[connections][];
        var threads = new Thread[connections];
        long end = System.nanoTime() + time.toNanos();
        for (int c = 0; c < connections; c++) {
            int at = c;
            threads[c] =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        var own =
                                                HttpClient.newBuilder()
                                                        .version(HttpClient.Version.HTTP_1_1)
                                                        .build();
                                        var times = new long[1 << 16];
                                        int n = 0;
                                        try {
                                            while (System.nanoTime() < end) {
                                                var request =
                                                        HttpRequest.newBuilder(
                                                                        URI.create(
                                                                                base
                                                                                        + question
                                                                                                .apply(
                                                                                                        next
                                                                                                                .getAndIncrement())))
                                                                .build();
                                                long begin = System.nanoTime();
                                                var answer =
                                                        own.send(
                                                                request,
                                                                HttpResponse.BodyHandlers
                                                                        .ofByteArray());
                                                if (answer.statusCode() != 200) {
                                                    throw new IllegalStateException(
                                                            answer.statusCode()
                                                                    + " for "
                                                                    + request.uri());
                                                }
                                                if (n == times.length) {
                                                    times = Arrays.copyOf(times, n * 2);
                                                }
                                                times[n++] = System.nanoTime() - begin;
                                            }
                                        } catch (IOException | InterruptedException e) {
                                            throw new IllegalStateException(e);
                                        }
                                        results[at] = Arrays.copyOf(times, n);
                                    });
        }
        for (var thread : threads) {
            thread.join();
        }
        return Arrays.stream(results).flatMapToLong(Arrays::stream).toArray();
    }
}
