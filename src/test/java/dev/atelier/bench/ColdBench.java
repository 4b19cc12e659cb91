package dev.atelier.bench;

import dev.atelier.Temporary;
import dev.atelier.faults.PortalProcess;
import dev.atelier.serving.Models;
import dev.atelier.serving.RunnerStart;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a first call costs: of a version that is ready but in no runner's memory, and the start of a
 * runner by itself.
 */
final class ColdBench {

    private static final int MODELS = 7;

    private ColdBench() {}

    static void runner() throws Exception {
        var folder = Temporary.folder("atelier-bench");
        var started = RunnerStart.measure(folder, 15);
        say("with the start-up cache, level " + started.level(), started.cached());
        say("without it", started.times());
    }

    private static void say(String how, List<RunnerStart.Times> starts) {
        System.out.printf("a runner's start %s, %d times%n", how, starts.size());
        say("  process start to ready for a model", starts, RunnerStart.Times::ready);
        say("  … to a perceptron loaded", starts, RunnerStart.Times::loaded);
        say("  … to its first answer", starts, RunnerStart.Times::answered);
    }

    private static void say(
            String what, List<RunnerStart.Times> starts, ToLongFunction<RunnerStart.Times> time) {
        say(what, starts.stream().mapToLong(time).toArray());
    }

    private static void say(String what, long... nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "%-60s median %5.0f ms, worst %5.0f ms%n",
                what, nanos[nanos.length / 2] / 1e6, nanos[nanos.length - 1] / 1e6);
    }

    /** First calls of models of 10 MB, each another model, with and without a waiting runner. */
    static void firstCalls() throws Exception {
        for (int waiting : new int[] {1, 0}) {
            var data = Temporary.folder("atelier-bench");
            try (var portal =
                    PortalProcess.Setup.on(data)
                            .environment("ATELIER_SERVING_WARM", Integer.toString(waiting))
                            .start()) {
                portal.awaitReady();
                var times = new long[MODELS];
                for (int i = 0; i < MODELS; i++) {
                    times[i] = firstCall(portal.address(""), "bench-cold-" + i, i);
                    awaitWaiting(portal, waiting);
                }
                say(
                        "first call of a model of 10 MB, %s waiting runner"
                                .formatted(waiting == 0 ? "no" : "one"),
                        times);
            }
        }
    }

    private static long firstCall(URI address, String name, int seed) throws Exception {
        Registry.register(address, name, Map.of("model.onnx", Models.wide(seed)));
        var request =
                Connection.request(
                        address,
                        "POST",
                        "/v2/models/" + name + "/infer",
                        "Content-Type: application/json\r\n",
                        "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}"
                                .getBytes());
        try (var connection = new Connection(address)) {
            long began = System.nanoTime();
            var answer = connection.ask(request);
            long took = System.nanoTime() - began;
            if (answer.status() != 200) {
                throw new IOException(answer.text());
            }
            return took;
        }
    }

    /**
     * The next first call finds what this one found: as many runners as models, and the waiting.
     */
    private static void awaitWaiting(PortalProcess portal, int waiting)
            throws InterruptedException {
        int before = -1;
        int now;
        // Until two looks agree, at least the loaded ones and those that wait.
        while ((now = portal.runners().size()) != before || now < 1 + waiting) {
            before = now;
            Thread.sleep(1500);
        }
    }
}
