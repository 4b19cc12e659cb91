package dev.atelier.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs {@code ./atelier} on machines that lack something: an empty PATH and JDKs of straw. */
@DisplayName("The launcher")
class LauncherTest {

    /** What every machine has. */
    private static final List<String> TOOLS =
            List.of(
                    "readlink",
                    "dirname",
                    "sed",
                    "head",
                    "cat",
                    "find",
                    "sort",
                    "xargs",
                    "sha256sum",
                    "cut",
                    "mkdir",
                    "grep",
                    "tail");

    @TempDir Path folder;
    private Path clone;
    private Path path;

    private record Said(int status, String out, String err) {}

    @BeforeEach
    void aCloneOnAnEmptyMachine() throws IOException {
        clone = Files.createDirectories(folder.resolve("clone"));
        Files.copy(Path.of("atelier"), clone.resolve("atelier"));
        Files.writeString(clone.resolve("pom.xml"), "<project/>");
        Files.createDirectories(clone.resolve("src/main"));
        Files.createDirectories(clone.resolve("templates"));
        path = Files.createDirectories(folder.resolve("bin"));
        for (var tool : TOOLS) {
            for (var place : List.of("/usr/bin", "/bin")) {
                var program = Path.of(place, tool);
                if (Files.exists(program) && Files.notExists(path.resolve(tool))) {
                    Files.createSymbolicLink(path.resolve(tool), program);
                }
            }
        }
    }

    private Said run(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("/bin/bash", clone.resolve("atelier").toString()));
        command.addAll(List.of(arguments));
        var out = folder.resolve("out").toFile();
        var err = folder.resolve("err").toFile();
        var builder = new ProcessBuilder(command).redirectOutput(out).redirectError(err);
        builder.environment().clear();
        builder.environment()
                .putAll(
                        Map.of(
                                "PATH", path.toString(),
                                "HOME", folder.toString(),
                                "ATELIER_JDKS", ""));
        builder.environment().putAll(environment);
        int status = builder.start().waitFor();
        return new Said(status, Files.readString(out.toPath()), Files.readString(err.toPath()));
    }

    private Path jdk(int version, boolean withReleaseFile) throws IOException {
        var home = folder.resolve("jdk-" + version);
        program(home.resolve("bin/javac"), "");
        program(
                home.resolve("bin/java"),
                "echo 'openjdk version \"%d.0.2\" 2026-01-20' >&2".formatted(version));
        if (withReleaseFile) {
            Files.writeString(
                    home.resolve("release"), "JAVA_VERSION=\"%d.0.2\"\n".formatted(version));
        }
        return home;
    }

    private static void program(Path file, String line) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/bash\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @ParameterizedTest
    @CsvSource({"run", "doctor", "build", "test", "faults", "bench"})
    void says_what_to_install_where_there_is_no_jdk(String command) throws Exception {
        var said = run(Map.of(), command);

        assertThat(said.status).isEqualTo(1);
        assertThat(said.err)
                .startsWith("atelier: no JDK 25 or newer in JAVA_HOME, on the PATH")
                .contains("Install one, for example Eclipse Temurin 25")
                .doesNotContain("The newest here");
        assertThat(said.out).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void names_the_jdk_that_is_too_old(boolean withReleaseFile) throws Exception {
        var old = jdk(17, withReleaseFile);

        var said = run(Map.of("JAVA_HOME", old.toString()), "run");

        assertThat(said.status).isEqualTo(1);
        assertThat(said.err).contains("The newest here is JDK 17 in " + old);
    }

    @Test
    void takes_a_new_jdk_though_java_home_names_an_old_one_and_then_misses_maven()
            throws Exception {
        var said =
                run(
                        Map.of(
                                "JAVA_HOME",
                                jdk(17, true).toString(),
                                "ATELIER_JDKS",
                                jdk(21, true) + ":" + jdk(25, false)),
                        "run");

        assertThat(said.status).isEqualTo(1);
        assertThat(said.err).startsWith("atelier: no Maven on the PATH.").contains("MVNW_REPOURL");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run --port many         | --port needs a number, not 'many'",
                "run --port=-1           | --port needs a number, not '-1'",
                "run --port 0            | a port is between 1 and 65535",
                "run --port 70000        | a port is between 1 and 65535",
                "run --data              | --data needs a value",
                "run --catalog           | --catalog needs a value",
                "run --catalog nowhere   | there is no folder",
                "run --jdbc-url mysql://x | --jdbc-url starts with jdbc:postgresql:",
                "run --fly=high          | no option '--fly'",
                "run --fly               | run does not know '--fly'",
                "fly                     | no command 'fly'",
            })
    void says_what_is_wrong_with_what_it_was_asked(String arguments, String message)
            throws Exception {
        var said = run(Map.of(), arguments.strip().split(" "));

        assertThat(said.status).as(said.err).isEqualTo(2);
        assertThat(said.err).contains("atelier: " + message);
    }

    @Test
    void lists_its_commands() throws Exception {
        for (var arguments : new String[][] {{}, {"help"}, {"--help"}}) {
            var said = run(Map.of(), arguments);
            assertThat(said.status).isZero();
            assertThat(said.out).contains("run ", "doctor", "faults", "--jdbc-url");
        }
    }
}
