package dev.atelier.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
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
}
