package dev.atelier.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The sandbox")
class SandboxTest {

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(
            value = SandboxLevel.class,
            names = {"BUBBLEWRAP", "LANDLOCK"})
    void lets_nothing_out(SandboxLevel level) {
        var sandbox = new Sandbox(RunnerInstallation.in(folder), level, 1 << 20);

        var trial = sandbox.trial(folder);

        assertThat(trial.trouble()).isEmpty();
        assertThat(trial.escaped()).isEmpty();
        assertThat(trial.attempts()).hasSize(13);
    }

    @Test
    void says_so_where_the_walls_are_thin() {
        var sandbox = new Sandbox(RunnerInstallation.in(folder), SandboxLevel.LIMITS, 1 << 20);

        var trial = sandbox.trial(folder);

        assertThat(trial.escaped()).contains("read-portal-file", "read-password-file");
        assertThat(trial.holds()).isFalse();
    }

    @Test
    void takes_the_first_level_that_holds() {
        var best =
                Sandbox.best(
                        RunnerInstallation.in(folder),
                        1 << 20,
                        folder,
                        List.of(SandboxLevel.LANDLOCK, SandboxLevel.LIMITS));

        assertThat(best.level()).isEqualTo(SandboxLevel.LANDLOCK);
        assertThat(best.trials()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(SandboxLevel.class)
    void starts_runners_from_what_a_rehearsal_recorded(SandboxLevel level) throws Exception {
        var installation = RunnerInstallation.in(folder);
        var sandbox = new Sandbox(installation, level, Pools.LIMITS.maxRequest());
        var shelf = new Shelf();

        sandbox.rehearse(folder);

        assertThat(installation.startUpCache()).isNotEmptyFile();
        try (var pool = new RunnerPool(Pools.LIMITS, sandbox, folder, shelf)) {
            var answer =
                    RunnerPoolTest.infer(
                            pool,
                            shelf.model("doubling", Models.doubling()),
                            Tensor.floats("x", new long[] {1, 3}, new float[] {1, 2, 3}));
            assertThat(answer.error()).isEmpty();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(mapped(pool.status().getFirst().pid())).contains("runner.aot");
        }
    }

    /** The files that a process and those it started have in their memory. */
    private static String mapped(Long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .map(process -> Path.of("/proc/" + process.pid() + "/maps"))
                .map(
                        maps -> {
                            try {
                                return Files.readString(maps);
                            } catch (IOException e) {
                                return "";
                            }
                        })
                .collect(Collectors.joining());
    }
}
