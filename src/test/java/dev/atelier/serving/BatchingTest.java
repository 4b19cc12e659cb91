package dev.atelier.serving;

import static dev.atelier.serving.RunnerPoolTest.infer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.inference.Frame;
import dev.atelier.inference.Message;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.SandboxLevel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Calls that wait")
class BatchingTest {

    @TempDir Path folder;
    private final Shelf shelf = new Shelf();

    private static Limits limits(int loaded, int queue, int batch, int threads) {
        return new Limits(
                loaded,
                0,
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                queue,
                16 << 20,
                16 << 20,
                batch,
                threads,
                512L << 20,
                true);
    }

    private RunnerPool pool(Limits limits) throws Exception {
        return Pools.start(folder, shelf, SandboxLevel.LIMITS, limits);
    }

    @Test
    void become_one_run_and_each_gets_its_own_rows() throws Exception {
        try (var pool = pool(limits(2, 512, 64, 1));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var servable = shelf.model("perceptron", Models.perceptron());
            infer(pool, servable, features(1, 0));
            var alone =
                    IntStream.range(0, 200)
                            .mapToObj(i -> infer(pool, servable, features(1 + i % 3, i)).response())
                            .toList();

            List<Future<Answer>> together =
                    IntStream.range(0, 200)
                            .mapToObj(
                                    i ->
                                            threads.submit(
                                                    () ->
                                                            infer(
                                                                    pool,
                                                                    servable,
                                                                    features(1 + i % 3, i))))
                            .toList();

            for (int i = 0; i < 200; i++) {
                var output = together.get(i).get().response().output("probabilities");
                var expected = alone.get(i).output("probabilities");
                assertThat(output.shape()).isEqualTo(expected.shape());
                assertThat(output.numbers())
                        .containsExactly(
                                expected.numbers(), org.assertj.core.api.Assertions.within(1e-6));
            }
            var stats =
                    pool.call(
                                    servable,
                                    Frame.Kind.STATS,
                                    new Message(new byte[0], -1),
                                    Duration.ofSeconds(1))
                            .text();
            int calls = number(stats, "calls");
            int runs = number(stats, "runs");
            assertThat(calls).isEqualTo(401);
            assertThat(runs).isLessThan(calls);
        }
    }

    @Test
    void stay_alone_when_the_version_says_so() throws Exception {
        try (var pool = pool(limits(2, 512, 64, 1));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var servable = shelf.merging(shelf.model("alone", Models.perceptron()), 1);
            infer(pool, servable, features(1, 0));

            var calls =
                    IntStream.range(0, 100)
                            .mapToObj(
                                    i ->
                                            threads.submit(
                                                    () -> infer(pool, servable, features(1, i))))
                            .toList();
            for (var call : calls) {
                assertThat(call.get().status()).isEqualTo(200);
            }

            var stats =
                    pool.call(
                                    servable,
                                    Frame.Kind.STATS,
                                    new Message(new byte[0], -1),
                                    Duration.ofSeconds(1))
                            .text();
            assertThat(number(stats, "calls")).isEqualTo(101);
            assertThat(number(stats, "runs")).isEqualTo(101);
        }
    }

    private static int number(String json, String name) {
        return Integer.parseInt(json.replaceAll(".*\"" + name + "\":(\\d+).*", "$1"));
    }

    private static Tensor features(int rows, int seed) {
        var values = new float[rows * 30];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(seed + i);
        }
        return Tensor.floats("features", new long[] {rows, 30}, values);
    }

    @Test
    void beyond_the_queue_are_told_to_come_again() throws Exception {
        try (var pool = pool(limits(2, 4, 1, 1));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var servable = shelf.model("loop", Models.loop());
            infer(pool, servable, Tensor.longs("trips", new long[] {}, 1));

            var calls =
                    IntStream.range(0, 12)
                            .mapToObj(
                                    _ ->
                                            threads.submit(
                                                    () ->
                                                            infer(
                                                                    pool,
                                                                    servable,
                                                                    Tensor.longs(
                                                                            "trips",
                                                                            new long[] {},
                                                                            300_000))))
                            .toList();

            int refused = 0;
            for (var call : calls) {
                var answer = call.get();
                if (answer.status() == 429) {
                    refused++;
                    assertThat(answer.retryAfter()).isEqualTo(1);
                    assertThat(answer.error()).contains("limit");
                } else {
                    assertThat(answer.status()).as(answer::error).isIn(200, 504);
                }
            }
            assertThat(refused).isGreaterThanOrEqualTo(4);
        }
    }

    @Test
    void for_another_version_push_out_the_one_used_longest_ago() throws Exception {
        try (var pool = pool(limits(2, 8, 1, 1))) {
            var first = shelf.model("first", Models.doubling());
            var second = shelf.model("second", Models.doubling());
            var third = shelf.model("third", Models.doubling());
            var x = Tensor.floats("x", new long[] {1, 3}, 1, 2, 3);
            infer(pool, first, x);
            infer(pool, second, x);
            infer(pool, first, x);

            assertThat(infer(pool, third, x).status()).isEqualTo(200);

            assertThat(loaded(pool)).containsExactlyInAnyOrder("first", "third");
            assertThat(infer(pool, second, x).status()).isEqualTo(200);
            assertThat(loaded(pool)).containsExactlyInAnyOrder("second", "third");
        }
    }

    private static List<String> loaded(RunnerPool pool) {
        return pool.status().stream()
                .filter(status -> status.state().equals("loaded"))
                .map(RunnerStatus::name)
                .toList();
    }
}
