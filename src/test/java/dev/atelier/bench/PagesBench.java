package dev.atelier.bench;

import dev.atelier.serving.Models;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pages as a signed-in person asks for them, on the built-in catalog and one model more that has
 * many versions, calls and traffic.
 */
final class PagesBench {

    private static final int VERSIONS = 40;
    private static final int CALLS = 200;
    private static final String MANY = "bench-many-versions";
    private static final String BUILT_IN = "penguin-species";

    private PagesBench() {}

    /**
     * Times suffer from whatever else the machine does; processor time a call hardly does, so it is
     * stated too: of the portal and of its database.
     *
     * @param pid of the portal
     * @param data its data folder
     */
    static void run(URI portal, long pid, Path data) throws Exception {
        fill(portal);
        System.out.println(ClosedLoop.Figures.HEADINGS + "   portal, database: ms a call");
        for (int connections : new int[] {1, 8}) {
            for (var page : pages().entrySet()) {
                ClosedLoop.get(portal, connections, Bench.TIME.dividedBy(2), _ -> page.getValue());
                long began = Processes.processor(pid);
                long database = Processes.database(data);
                var figures =
                        ClosedLoop.measure(
                                connections, Bench.TIME, callers(portal, page.getValue()));
                System.out.printf(
                        "%s   %6.2f %6.2f%n",
                        figures.line(page.getKey(), connections),
                        (double) (Processes.processor(pid) - began) / figures.calls(),
                        (double) (Processes.database(data) - database) / figures.calls());
            }
        }
    }

    private static ClosedLoop.Callers callers(URI portal, String path) {
        return () -> {
            var connection = new Connection(portal);
            return () -> connection.get(path) == 200;
        };
    }

    private static Map<String, String> pages() {
        var pages = new LinkedHashMap<String, String>();
        pages.put("home", "/");
        pages.put("models, the list", "/catalog?kind=model");
        pages.put("model", "/models/" + BUILT_IN);
        pages.put("model: versions", "/models/" + BUILT_IN + "/versions");
        pages.put("model: a version", "/models/" + BUILT_IN + "/versions/1");
        pages.put("model: try it", "/models/" + BUILT_IN + "/try");
        pages.put("model: observability", "/models/" + BUILT_IN + "/observability");
        pages.put("model of %d versions".formatted(VERSIONS), "/models/" + MANY);
        pages.put("  its versions", "/models/" + MANY + "/versions");
        pages.put("  a version", "/models/" + MANY + "/versions/7");
        pages.put("  try it", "/models/" + MANY + "/try");
        pages.put("  observability, 7 days", "/models/" + MANY + "/observability?range=7d");
        pages.put("register a model", "/models/new");
        pages.put("problems of the catalog", "/catalog/problems");
        pages.put("documentation, one page", "/docs/operations");
        pages.put("what the search box shows", "/palette?q=model");
        return pages;
    }

    private static void fill(URI portal) throws IOException, InterruptedException {
        for (int i = 0; i < VERSIONS; i++) {
            Registry.register(
                    portal, MANY, Map.of("model.onnx", Models.perceptron(), "README.md", card(i)));
        }
        for (int i = 0; i < CALLS; i++) {
            Registry.tryIt(portal, i % 2 == 0 ? MANY : BUILT_IN);
        }
    }

    /** A card of a usual length with results, another for each version. */
    private static byte[] card(int version) {
        var text =
                new StringBuilder(
                        """
                        ---
                        license: apache-2.0
                        tags: [tabular, bench]
                        model-index:
                        - name: bench
                          results:
                          - task: {type: tabular-classification}
                            dataset: {name: made up for measuring, type: bench}
                            metrics:
                            - {type: accuracy, value: 0.%d}
                        ---
                        # A model to measure pages with

                        Version %d.

                        """
                                .formatted(500 + version, version));
        for (int i = 0; i < 12; i++) {
            text.append(
                    """
                    ## Section %d

                    A paragraph of the usual length, with *emphasis*, `code` and a
                    [link](https://example.com/%d), about what the model may be used for and what not.

                    - one thing
                    - another

                    | split | rows | accuracy |
                    |---|---|---|
                    | train | 800 | 0.97 |
                    | test | 200 | 0.93 |

                    """
                            .formatted(i, i));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
