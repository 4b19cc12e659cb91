package dev.atelier.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * The catalog over HTTP: how long files of entities take to be visible, and questions about them.
 * Alone, on a portal that holds them: {@code CatalogBench http://localhost:8080}.
 */
final class CatalogBench {

    private static final String[] TYPES = {"service", "website", "library", "model-server"};
    private static final String[] LIFECYCLES = {"production", "experimental", "deprecated"};
    private static final String BY_NAME =
            "/api/catalog/entities/by-query?limit=20&orderField=metadata.name,asc";

    private CatalogBench() {}

    public static void main(String... args) throws Exception {
        for (int connections : new int[] {1, 8}) {
            ask(URI.create(args[0]), connections, Map.of());
        }
    }

    /**
     * Asks all questions.
     *
     * @param before figures of the same questions on a smaller catalog, to state the growth
     */
    static Map<String, ClosedLoop.Figures> ask(
            URI portal, int connections, Map<String, ClosedLoop.Figures> before) throws Exception {
        System.out.println(
                ClosedLoop.Figures.HEADINGS + (before.isEmpty() ? "" : "   p50 ×   p99 ×"));
        var all = new LinkedHashMap<String, ClosedLoop.Figures>();
        for (var question : questions().entrySet()) {
            var figures = ClosedLoop.get(portal, connections, Bench.TIME, question.getValue());
            all.put(question.getKey(), figures);
            var smaller = before.get(question.getKey());
            System.out.println(
                    figures.line(question.getKey(), connections)
                            + (smaller == null
                                    ? ""
                                    : "  %6.1f  %6.1f"
                                            .formatted(
                                                    (double) figures.p50() / smaller.p50(),
                                                    (double) figures.p99() / smaller.p99())));
        }
        return all;
    }

    private static Map<String, IntFunction<String>> questions() {
        var questions = new LinkedHashMap<String, IntFunction<String>>();
        questions.put(
                "by-query, kind and type, by name, 20",
                i -> BY_NAME + "&filter=kind=component,spec.type=" + TYPES[i % TYPES.length]);
        questions.put("by-query, all, by name, 20", _ -> BY_NAME);
        questions.put(
                "by-query, tag and owner, by name, 20",
                i ->
                        "%s&filter=metadata.tags=tag-%d,relations.ownedby=group:default/team-%d"
                                .formatted(BY_NAME, i % 50, i % 40));
        questions.put(
                "by-query, all, no order, full text on name",
                i ->
                        "/api/catalog/entities/by-query?limit=20&totalItems=exclude"
                                + "&fullTextFilterFields=metadata.name&fullTextFilterTerm=entity-"
                                + i % 977);
        questions.put(
                "by-query, full text, all fields, counted",
                i -> BY_NAME + "&fullTextFilterTerm=number+" + i % 977);
        questions.put(
                "facets kind, spec.type, metadata.tags",
                _ -> "/api/catalog/entity-facets?facet=kind&facet=spec.type&facet=metadata.tags");
        questions.put(
                "facets of one owner's entities",
                i ->
                        "/api/catalog/entity-facets?facet=spec.type&facet=metadata.tags"
                                + "&filter=relations.ownedby=group:default/team-"
                                + i % 40);
        questions.put(
                "by-name",
                i -> "/api/catalog/entities/by-name/component/default/entity-" + i % 1000);
        questions.put("page /catalog", _ -> "/catalog?kind=component");
        questions.put(
                "page /catalog, a tag and a type",
                i -> "/catalog?tag=tag-%d&type=service".formatted(i % 50));
        questions.put("page /catalog, search of two words", i -> "/catalog?q=number+" + i % 977);
        questions.put("page of an entity", i -> "/catalog/default/component/entity-" + i % 1000);
        questions.put("page of an owner of many", i -> "/catalog/default/group/team-" + i % 40);
        questions.put("page of problems", _ -> "/catalog/problems");
        questions.put("home", _ -> "/");
        questions.put("search box", i -> "/palette?q=entity-" + i % 977);
        return questions;
    }

    /** Writes files of entities into a watched folder and waits until all are visible. */
    static void ingest(URI portal, Path folder, int count)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("teams.yaml"), teams());
        int perFile = 500;
        for (int file = 0; file * perFile < count; file++) {
            var text = new StringBuilder();
            for (int i = file * perFile; i < Math.min(count, (file + 1) * perFile); i++) {
                text.append(document(i));
            }
            Files.writeString(folder.resolve("bench-%05d.yaml".formatted(file)), text);
        }
        var began = System.nanoTime();
        long seen;
        try (var connection = new Connection(portal)) {
            do {
                TimeUnit.MILLISECONDS.sleep(count / 200);
                var answer =
                        connection.ask(
                                Connection.request(
                                        portal,
                                        "GET",
                                        "/api/catalog/entities/by-query?limit=0"
                                                + "&filter=metadata.annotations.bench.example/run",
                                        "",
                                        new byte[0]));
                seen = Long.parseLong(answer.text().replaceAll(".*\"totalItems\":(\\d+).*", "$1"));
            } while (seen < count);
        }
        System.out.printf(
                "%,d entities visible %.1f s after their files were written%n",
                count, (System.nanoTime() - began) / 1e9);
    }

    private static String teams() {
        var text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            text.append(
                    """
                    ---
                    apiVersion: backstage.io/v1alpha1
                    kind: Group
                    metadata: {name: team-%d, title: Team number %d}
                    spec: {type: team, children: []}
                    """
                            .formatted(i, i));
        }
        return text.toString();
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
}
