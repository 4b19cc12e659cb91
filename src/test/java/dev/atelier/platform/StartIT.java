package dev.atelier.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.faults.PortalProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The packaged portal")
class StartIT {

    @TempDir Path folder;

    @Test
    void logs_one_json_object_a_line_and_describes_its_api() throws Exception {
        var setup =
                PortalProcess.Setup.on(folder.resolve("json"))
                        .environment("ATELIER_LOG_JSON", "true");
        try (var portal = setup.start()) {
            portal.awaitReady();
            portal.status("/no/such%0d%0a%7b%22level%22:%22FAKE%22%7d");
            var api =
                    portal.send(
                            HttpRequest.newBuilder(portal.address("/q/openapi?format=json")),
                            BodyHandlers.ofString());
            assertThat(new ObjectMapper().readTree(api.body()).path("paths").has("/api/v1/models"))
                    .isTrue();
        }
        var json = new ObjectMapper();
        var lines = Files.readAllLines(folder.resolve("json/portal.log"));
        assertThat(lines).isNotEmpty();
        for (var line : lines) {
            var entry = json.readTree(line);
            assertThat(entry.path("timestamp").asText()).as(line).isNotEmpty();
            assertThat(entry.path("level").asText()).as(line).isNotEqualTo("FAKE");
        }
    }

    @Test
    void says_what_is_wrong_and_ends_instead_of_starting_twice() {
        var setup = PortalProcess.Setup.on(folder.resolve("one"));
        try (var portal = setup.start()) {
            portal.awaitReady();
            var second = setup.start();
            assertThat(second.awaitEnd(Duration.ofSeconds(60))).isTrue();
            assertThat(second.exitValue()).isEqualTo(1);
            assertThat(second.endOfLog())
                    .contains("Another portal is using")
                    .doesNotContain("\tat ");

            var taken =
                    PortalProcess.Setup.on(folder.resolve("two"))
                            .with("-Dquarkus.http.port=" + portal.address("/").getPort())
                            .start();
            assertThat(taken.awaitEnd(Duration.ofSeconds(60))).isTrue();
            assertThat(taken.endOfLog())
                    .contains("is taken by another program")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void refuses_an_open_network_and_a_folder_that_is_a_file() throws IOException {
        var open =
                PortalProcess.Setup.on(folder.resolve("open"))
                        .environment("ATELIER_HOST", "0.0.0.0")
                        .start();
        assertThat(open.awaitEnd(Duration.ofSeconds(90))).isTrue();
        assertThat(open.exitValue()).isEqualTo(1);
        assertThat(open.endOfLog())
                .contains("Without TLS the portal listens on loopback only")
                .doesNotContain("\tat ");

        var file = Files.writeString(folder.resolve("file"), "");
        var wrong =
                PortalProcess.Setup.on(folder.resolve("three"))
                        .environment("ATELIER_DATA", file.toString())
                        .start();
        assertThat(wrong.awaitEnd(Duration.ofSeconds(60))).isTrue();
        assertThat(wrong.endOfLog()).contains("cannot be written").doesNotContain("\tat ");
    }

    @Test
    void has_a_launcher_that_refuses_nonsense_before_it_builds() throws Exception {
        assertThat(launch("run", "--port", "eighty"))
                .isEqualTo("2 atelier: --port needs a number, not 'eighty'");
        assertThat(launch("run", "--port", "70000"))
                .isEqualTo("2 atelier: a port is between 1 and 65535");
        assertThat(launch("run", "--jdbc-url", "mysql://x"))
                .startsWith("2 atelier: --jdbc-url starts with");
        assertThat(launch("run", "--catalog", "no-such-folder"))
                .startsWith("2 atelier: there is no folder");
        assertThat(launch("run", "--wrong")).startsWith("2 atelier: run does not know '--wrong'");
        assertThat(launch("fly")).contains("no command 'fly'");
    }

    private static String launch(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("./atelier"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes()).strip();
        return process.waitFor() + " " + said;
    }
}
