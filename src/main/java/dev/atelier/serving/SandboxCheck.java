package dev.atelier.serving;

import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How well models can be shut in on this machine, by the runner's own self-test. */
public final class SandboxCheck implements Check {

    @Override
    public String subject() {
        return "Sandbox";
    }

    @Override
    public int order() {
        return 60;
    }

    @Override
    public boolean isCostly() {
        return true;
    }

    @Override
    public List<Finding> examine(Installation installation) throws IOException {
        var folder = Files.createTempDirectory("atelier-doctor").toRealPath();
        try {
            var sandbox =
                    Sandbox.best(
                            RunnerInstallation.in(folder),
                            1 << 20,
                            folder,
                            List.of(SandboxLevel.BUBBLEWRAP, SandboxLevel.LANDLOCK));
            var level = sandbox.level();
            var findings = new ArrayList<Finding>();
            var text = "Level %s. %s".formatted(level.letter(), level.explanation());
            findings.add(
                    level.confines()
                            ? Finding.ok(text)
                            : Finding.warning(
                                    text,
                                    "Install bubblewrap, and allow user namespaces (sysctl"
                                            + " user.max_user_namespaces, or the container's"
                                            + " security options)."));
            for (var trial : sandbox.trials()) {
                if (!trial.holds()) {
                    findings.add(
                            Finding.note(
                                    "%s does not hold here: %s"
                                            .formatted(
                                                    trial.level(),
                                                    trial.trouble().isEmpty()
                                                            ? "escaped by " + trial.escaped()
                                                            : trial.trouble())));
                }
            }
            return findings;
        } finally {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
