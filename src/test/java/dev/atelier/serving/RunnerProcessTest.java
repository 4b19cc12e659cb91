package dev.atelier.serving;

import static dev.atelier.serving.RunnerPoolTest.infer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.atelier.inference.Frame;
import dev.atelier.inference.Message;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.confinement.SandboxLevel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A runner's process")
@Timeout(60)
class RunnerProcessTest {

    @TempDir Path folder;

    private RunnerProcess script(String script) throws Exception {
        return RunnerProcess.start(List.of("/bin/sh", "-c", script), Map.of(), folder, 1 << 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // noise, a flood of text, a frame of two gigabytes, a negative one, half a frame
                "head -c 100000 /dev/urandom; sleep 60",
                "yes",
                "printf '\\177\\377\\377\\377'; head -c 100 /dev/zero; sleep 60",
                "printf '\\377\\377\\377\\377'; head -c 100 /dev/zero; sleep 60",
                "head -c 20 /dev/zero"
            })
    void that_says_what_is_no_frame_is_ended(String script) throws Exception {
        var process = script(script);

        assertThatThrownBy(() -> process.awaitReady(Duration.ofSeconds(20)))
                .isInstanceOf(RunnerProcess.Died.class);

        await().until(() -> !process.alive());
    }

    @Test
    void that_never_answers_is_ended_at_the_limit() throws Exception {
        var process = script("sleep 60");

        assertThatThrownBy(
                        () ->
                                process.call(
                                        Frame.Kind.STATS, new Message(new byte[0], -1), 100, 200))
                .isInstanceOf(RunnerProcess.Late.class);

        await().until(() -> !process.alive());
    }

    @Test
    void that_answers_what_was_not_asked_changes_nothing() throws Exception {
        // An answer (kind 5) of status 200 to call 9, which nobody makes.
        var process =
                script(
                        "printf '\\0\\0\\0\\0\\0\\005\\0\\310\\0\\0\\0\\0\\0\\0\\0\\011\\377\\377\\377\\377';"
                                + " head -c 36 /dev/zero; sleep 60");

        assertThatThrownBy(
                        () ->
                                process.call(
                                        Frame.Kind.STATS, new Message(new byte[0], -1), 300, 600))
                .isInstanceOf(RunnerProcess.Late.class);
    }

    @Test
    void ends_with_its_input() throws Exception {
        var installation = RunnerInstallation.in(folder);
        var sandbox = new Sandbox(installation, SandboxLevel.LANDLOCK, 1 << 20);
        folder.resolve("model").toFile().mkdirs();
        folder.resolve("tmp").toFile().mkdirs();
        var builder = new ProcessBuilder(sandbox.command(folder)).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(sandbox.environment());
        var process = Child.start(builder);

        process.getOutputStream().close();

        assertThat(process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void is_started_for_trusted_models_only_where_no_sandbox_works() throws Exception {
        var shelf = new Shelf();
        var strict =
                new Limits(
                        2,
                        0,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(15),
                        8,
                        1 << 20,
                        1 << 20,
                        1,
                        1,
                        512L << 20,
                        false);
        try (var pool = Pools.start(folder, shelf, SandboxLevel.LIMITS, strict)) {
            var x = Tensor.floats("x", new long[] {1, 3}, 1, 2, 3);
            var model = Map.of("model.onnx", Models.doubling());

            var untrusted = infer(pool, shelf.bundle("untrusted", model, false), x);
            var trusted = infer(pool, shelf.bundle("trusted", model, true), x);

            assertThat(untrusted.status()).isEqualTo(503);
            assertThat(untrusted.error()).contains("No sandbox works", "bubblewrap");
            assertThat(trusted.status()).isEqualTo(200);
        }
    }
}
