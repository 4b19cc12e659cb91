package dev.atelier.repositories;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Temporary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The ordinary {@code git} client in a folder of its own, without settings of this machine. */
public final class GitClient {

    /** What the client said, and how it ended. */
    public record Said(int code, String text) {
        public Said well() {
            assertThat(code).as(text).isZero();
            return this;
        }

        public Said refused() {
            assertThat(code).as(text).isNotZero();
            return this;
        }
    }

    private final Path folder;

    private GitClient(Path folder) {
        this.folder = folder;
    }

    public static GitClient fresh() {
        return new GitClient(Temporary.folder("git-client"));
    }

    /** In a folder that is there, a bare repository say. */
    public static GitClient at(Path folder) {
        return new GitClient(folder);
    }

    public GitClient in(String below) {
        return new GitClient(folder.resolve(below));
    }

    public Path path(String below) {
        return folder.resolve(below);
    }

    public GitClient file(String path, String text) {
        return file(path, text.getBytes(StandardCharsets.UTF_8));
    }

    public GitClient file(String path, byte[] bytes) {
        try {
            Files.createDirectories(folder.resolve(path).getParent());
            Files.write(folder.resolve(path), bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public GitClient committed(String message) {
        run("add", "--all").well();
        run("commit", "--quiet", "--allow-empty", "-m", message).well();
        return this;
    }

    public Said run(String... words) {
        return ended(begin(words));
    }

    /** Without waiting for its end. */
    public Process begin(String... words) {
        var command = new ArrayList<>(List.of("git", "-c", "user.name=Ines", "-c"));
        command.addAll(
                List.of("user.email=ines@example.org", "-c", "init.defaultBranch=main", "-c"));
        command.addAll(List.of("core.autocrlf=false", "-c", "advice.detachedHead=false"));
        command.addAll(List.of(words));
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectErrorStream(true);
        var environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("GIT_"));
        environment.put("GIT_CONFIG_NOSYSTEM", "1");
        environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("LC_ALL", "C.UTF-8");
        try {
            var process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Said ended(Process process) {
        try {
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Said(process.waitFor(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** One line of output. */
    public String line(String... words) {
        return run(words).well().text().strip();
    }
}
