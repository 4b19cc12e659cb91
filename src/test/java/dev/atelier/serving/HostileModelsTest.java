package dev.atelier.serving;

import static dev.atelier.serving.RunnerPoolTest.infer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Frame;
import dev.atelier.inference.Message;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.SandboxLevel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a model does, its caller learns it in time and nobody else notices. In the walls that a
 * machine without any packages has; {@code -Datelier.test.walls=BUBBLEWRAP} for the others.
 */
@DisplayName("A hostile model")
class HostileModelsTest {

    /** The limit of a call, the portal's patience beyond it, and what a busy test machine takes. */
    private static final Duration IN_TIME = Duration.ofMillis(2000 + 1000 + 1500);

    private static final SandboxLevel WALLS =
            SandboxLevel.valueOf(System.getProperty("atelier.test.walls", "LANDLOCK"));

    @TempDir static Path folder;
    private static final Shelf SHELF = new Shelf();
    private static RunnerPool pool;
    private static Servable good;

    @BeforeAll
    static void start() throws Exception {
        pool = Pools.start(folder, SHELF, WALLS);
        good = SHELF.model("good", Models.doubling());
        assertThat(ask(good).status()).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private static Answer ask(Servable servable) {
        return infer(pool, servable, Tensor.floats("x", new long[] {1, 3}, 1, 2, 3));
    }

    /** Runs the call while another model is asked all the time; every one of those must be good. */
    private static Answer whileOthersAreServed(Supplier<Answer> call) throws Exception {
        var over = new CompletableFuture<Answer>();
        var served = new AtomicInteger();
        long slowest = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(() -> over.complete(call.get()));
            do {
                var answer = ask(good);
                assertThat(answer.status()).as(answer::error).isEqualTo(200);
                slowest = Math.max(slowest, answer.totalNanos());
                served.incrementAndGet();
            } while (!over.isDone());
        }
        assertThat(served.get()).isPositive();
        assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofSeconds(1));
        return over.get();
    }

    private static void toldInTime(Answer answer, int status, String... words) {
        assertThat(answer.status()).as(answer::error).isEqualTo(status);
        assertThat(answer.error()).contains(words);
        assertThat(Duration.ofNanos(answer.totalNanos())).isLessThan(IN_TIME);
    }

    @Test
    void that_loops_for_ever_is_stopped_at_its_limit() throws Exception {
        var servable = SHELF.model("loop", Models.loop());
        infer(pool, servable, Tensor.longs("trips", new long[] {}, 3));

        var answer =
                whileOthersAreServed(
                        () ->
                                infer(
                                        pool,
                                        servable,
                                        Tensor.longs("trips", new long[] {}, Long.MAX_VALUE)));

        toldInTime(answer, 504, "stopped after its time limit");
        assertThat(
                        infer(pool, servable, Tensor.longs("trips", new long[] {}, 3))
                                .response()
                                .output("y")
                                .numbers())
                .containsExactly(3);
    }

    @Test
    void that_cannot_be_stopped_loses_its_process() throws Exception {
        var servable = SHELF.model("heavy", Models.heavy());
        assertThat(pooled(servable, 1001).status()).isEqualTo(200);
        var before = pid(servable);

        var answer = whileOthersAreServed(() -> pooled(servable, 3000));

        toldInTime(answer, 504, "did not stop at its time limit");
        assertThat(pooled(servable, 1001).status()).isEqualTo(200);
        assertThat(pid(servable)).isNotEqualTo(before);
    }

    private static Answer pooled(Servable servable, int side) {
        return infer(pool, servable, Tensor.longs("shape", new long[] {4}, 1, 1, side, side));
    }

    @Test
    void that_wants_80_gigabytes_is_told_its_ceiling() throws Exception {
        var servable = SHELF.model("fill", Models.fill());
        infer(pool, servable, Tensor.longs("shape", new long[] {1}, 2));

        var answer =
                whileOthersAreServed(
                        () ->
                                infer(
                                        pool,
                                        servable,
                                        Tensor.longs("shape", new long[] {1}, 20_000_000_000L)));

        toldInTime(answer, 500, "memory");
    }

    @Test
    void that_answers_too_much_is_told_the_limit() throws Exception {
        var servable = SHELF.model("huge", Models.huge());
        infer(pool, servable, Tensor.longs("shape", new long[] {1}, 2));

        var answer =
                whileOthersAreServed(
                        () ->
                                infer(
                                        pool,
                                        servable,
                                        Tensor.longs("shape", new long[] {1}, 20_000_000)));

        toldInTime(answer, 500, "larger than the limit of 16777216 bytes");
    }

    @Test
    void that_is_truncated_or_noise_cannot_be_loaded() throws Exception {
        var whole = Models.perceptron();
        var noise = new byte[5000];
        new Random(42).nextBytes(noise);

        for (var bytes : new byte[][] {Arrays.copyOf(whole, whole.length / 2), noise, {}}) {
            var servable = SHELF.model("broken-" + bytes.length, bytes);
            toldInTime(whileOthersAreServed(() -> ask(servable)), 500, "cannot be loaded");
        }
    }

    @Test
    void reads_no_file_outside_its_bundle() throws Exception {
        Files.write(folder.resolve("secret.bin"), new byte[16]);
        Files.write(Path.of("/tmp/atelier-secret.bin"), new byte[16]);
        for (var location :
                new String[] {
                    "../../../secret.bin", "../secret.bin", "/tmp/atelier-secret.bin", "gone.bin"
                }) {
            var servable =
                    SHELF.model("external-" + location.hashCode(), Models.external(location));

            var answer = infer(pool, servable, Tensor.floats("x", new long[] {4}, 1, 2, 3, 4));

            toldInTime(answer, 500, "cannot be loaded");
        }
        Files.delete(Path.of("/tmp/atelier-secret.bin"));
    }

    @Test
    void may_read_the_files_of_its_bundle() {
        var weights = Tensor.floats("", new long[] {4}, 10, 20, 30, 40).data();
        var bytes = new byte[16];
        weights.get(bytes);
        var servable =
                SHELF.bundle(
                        "beside",
                        Map.of("model.onnx", Models.external("weights.bin"), "weights.bin", bytes),
                        false);

        var answer = infer(pool, servable, Tensor.floats("x", new long[] {4}, 1, 2, 3, 4));

        assertThat(answer.response().output("y").numbers()).containsExactly(11, 22, 33, 44);
    }

    @Test
    void of_fifty_thousand_nodes_costs_nobody_but_its_caller() throws Exception {
        var servable = SHELF.model("chain", Models.chain(50_000));

        var answer =
                whileOthersAreServed(
                        () -> infer(pool, servable, Tensor.floats("x", new long[] {1}, 0)));

        assertThat(answer.status()).as(answer::error).isIn(200, 500, 504);
    }

    @Test
    void whose_stored_bytes_changed_is_not_loaded() {
        var servable = SHELF.model("damaged", Models.perceptron());
        SHELF.damage(servable.files().get("model.onnx").sha256());

        var answer = infer(pool, servable, Tensor.floats("features", new long[] {1, 30}));

        toldInTime(answer, 500, "damaged");
    }

    @Test
    void whose_process_is_killed_is_called_again_and_answers() throws Exception {
        var servable = SHELF.model("killed", Models.loop());
        infer(pool, servable, Tensor.longs("trips", new long[] {}, 3));
        var before = pid(servable);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // Long enough to be under way when the process ends.
            var call =
                    threads.submit(
                            () ->
                                    infer(
                                            pool,
                                            servable,
                                            Tensor.longs("trips", new long[] {}, 200_000)));
            await().until(() -> underWay(servable) == 1);
            ProcessHandle.of(before).orElseThrow().destroyForcibly();

            assertThat(call.get().status()).as(call.get()::error).isEqualTo(200);
        }
        assertThat(pid(servable)).isNotEqualTo(before);
    }

    @Test
    void whose_process_is_stopped_is_given_another() throws Exception {
        var servable = SHELF.model("stopped", Models.doubling());
        ask(servable);
        var before = pid(servable);
        new ProcessBuilder("kill", "-STOP", Long.toString(before)).start().waitFor();

        var answer = whileOthersAreServed(() -> ask(servable));

        toldInTime(answer, 504, "did not stop at its time limit");
        assertThat(ask(servable).status()).isEqualTo(200);
        // The next one answers before the system has taken this one away.
        await().until(() -> ProcessHandle.of(before).map(p -> !p.isAlive()).orElse(true));
    }

    @Test
    void whose_process_is_stopped_takes_no_thread_of_the_portal_with_large_requests()
            throws Exception {
        var servable = SHELF.model("flooded", Models.identity(Onnx.FLOAT, "N", 3));
        ask(servable);
        var before = pid(servable);
        new ProcessBuilder("kill", "-STOP", Long.toString(before)).start().waitFor();
        var large = new float[900_000];

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var flood =
                    IntStream.range(0, 8)
                            .mapToObj(
                                    _ ->
                                            threads.submit(
                                                    () ->
                                                            infer(
                                                                    pool,
                                                                    servable,
                                                                    Tensor.floats(
                                                                            "x",
                                                                            new long[] {300_000, 3},
                                                                            large))))
                            .toList();
            whileOthersAreServed(() -> ask(servable));
            for (var call : flood) {
                assertThat(call.get().status()).as(call.get()::error).isIn(200, 504);
                assertThat(Duration.ofNanos(call.get().totalNanos())).isLessThan(IN_TIME);
            }
        }
        await().atMost(IN_TIME)
                .until(() -> ProcessHandle.of(before).map(p -> !p.isAlive()).orElse(true));
    }

    @Test
    void that_crashes_again_and_again_is_put_on_hold_with_the_reason() {
        var servable = SHELF.model("crashing", Models.doubling());
        for (int i = 0; i < 3; i++) {
            ask(servable);
            var pid = pid(servable);
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            await().until(() -> status(servable).pid() == null);
        }

        var answer = ask(servable);

        toldInTime(answer, 503, "on hold", "3 times within a minute", "signal 9");
        assertThat(answer.retryAfter()).isBetween(1, 30);
        assertThat(status(servable).state()).isEqualTo("on hold");
    }

    @Test
    void gets_no_request_that_its_signature_refuses() {
        for (var wrong :
                Map.of(
                                "[1, 2, \"three\"]",
                                "input \"x\", value 2: expected a number for FP32, came the string \"three\"",
                                "[1, 2]",
                                "input \"x\": shape [1, 3] says 3 values, data holds 2",
                                "[1, 2, 3, 4]",
                                "input \"x\": shape [1, 3] says 3 values, data holds more",
                                "[[1, 2], [3]]",
                                "input \"x\": data does not have the shape [1, 3]: an array of 2 instead of 3 in dimension 1 after value 2",
                                "[1, null, 3]",
                                "input \"x\", value 1: expected a number for FP32, came null",
                                "[1, 2, 1e99]",
                                "input \"x\", value 2: 1e99 does not fit FP32",
                                "7",
                                "input \"x\": data must be an array, came 7")
                        .entrySet()) {
            var answer =
                    infer(
                            pool,
                            good,
                            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":%s}]}"
                                    .formatted(wrong.getKey()));

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error()).isEqualTo(wrong.getValue());
        }
    }

    @Test
    void takes_no_memory_for_a_shape_that_lies() {
        for (var shape : new String[] {"[1000000000, 3]", "[4611686018427387904, 3]"}) {
            var answer =
                    infer(
                            pool,
                            good,
                            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":%s,\"data\":[1]}]}"
                                    .formatted(shape));

            toldInTime(answer, 400, "input \"x\": shape");
        }
    }

    @Test
    void understands_not_a_number_both_ways() {
        var answer =
                infer(
                        pool,
                        good,
                        """
                        {"inputs": [{"data": [NaN, -Infinity, "Infinity"], "shape": [1, 3],
                                     "datatype": "FP32", "name": "x"}]}
                        """);

        assertThat(answer.text()).contains("\"data\":[\"NaN\",\"-Infinity\",\"Infinity\"]");
    }

    @Test
    void is_answered_for_by_the_portal_when_its_bytes_are_no_frames() {
        var request = Tensor.numbers("x", DataType.FP64, new long[] {1, 3}, 1, 2, 3);

        toldInTime(infer(pool, good, request), 400, "expected FP32 [-1, 3], came FP64 [1, 3]");
        toldInTime(infer(pool, good, "{\"inputs\": ["), 400, "not valid JSON");
        toldInTime(infer(pool, good, ""), 400, "must be a JSON object");
        toldInTime(
                pool.call(
                        good,
                        Frame.Kind.INFER,
                        new Message("{\"inputs\":[]}trailing".getBytes(StandardCharsets.UTF_8), 13),
                        Duration.ofSeconds(2)),
                400,
                "belong to no tensor");
    }

    private static RunnerStatus status(Servable servable) {
        return pool.status().stream()
                .filter(status -> status.name().equals(servable.name()))
                .findFirst()
                .orElseThrow();
    }

    private static long underWay(Servable servable) {
        return status(servable).underWay();
    }

    /** Of the process that runs the model: bubblewrap has two of its own before it. */
    private static Long pid(Servable servable) {
        var pid = status(servable).pid();
        return ProcessHandle.of(pid)
                .flatMap(process -> process.descendants().reduce((_, last) -> last))
                .map(ProcessHandle::pid)
                .orElse(pid);
    }
}
