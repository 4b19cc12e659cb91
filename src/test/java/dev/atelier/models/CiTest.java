package dev.atelier.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.atelier.Installed;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.yaml.snakeyaml.Yaml;

/** Runs the steps that docs/ci.md gives, as the CI systems run them. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A CI job")
class CiTest {

    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Whose job it is, and what its system takes for "waits". */
    enum Job {
        PLAIN(75),
        GITHUB(0),
        GITLAB(75);

        private final int waiting;

        Job(int waiting) {
            this.waiting = waiting;
        }

        List<String> command() throws IOException {
            return switch (this) {
                case PLAIN -> List.of("sh", "-c", block("sh", "#promote"));
                case GITHUB ->
                        List.of(
                                "bash",
                                "--noprofile",
                                "--norc",
                                "-eo",
                                "pipefail",
                                "-c",
                                at(
                                        block("yaml", "name: promote"),
                                        "jobs",
                                        "promote",
                                        "steps",
                                        "0",
                                        "run"));
                case GITLAB ->
                        List.of(
                                "sh",
                                "-e",
                                "-c",
                                at(block("yaml", "promote:"), "promote", "script", "0"));
            };
        }
    }

    private record Said(int status, String text) {}

    @TestHTTPResource("/")
    URI portal;

    @TempDir Path folder;
    private String model;
    private String team;
    private Person ines;
    private Person robot;

    /** A block of code in the document, by its language and beginning. */
    private static String block(String language, String beginning) throws IOException {
        var blocks =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                        .matcher(Files.readString(Path.of("docs/ci.md")));
        while (blocks.find()) {
            if (blocks.group(1).startsWith(beginning)) {
                return blocks.group(1);
            }
        }
        throw new IllegalStateException("docs/ci.md has no block that begins so: " + beginning);
    }

    private static String at(String yaml, String... path) {
        Object node = new Yaml().load(yaml);
        for (var name : path) {
            node =
                    node instanceof List<?> list
                            ? list.get(Integer.parseInt(name))
                            : ((Map<?, ?>) node).get(name);
        }
        return (String) node;
    }

    @BeforeEach
    void a_model_and_a_program() {
        Installed.require(found("curl"), "curl is not installed");
        var n = COUNT.incrementAndGet();
        model = "ci-" + n;
        team = "group:default/ci-" + n;
        ines = Person.named("ines").with("ml-engineer").in(team);
        robot = Person.program("robot").with("ml-engineer").in(team);
        for (int i = 0; i < 2; i++) {
            ines.asks()
                    .multiPart("file", "model.onnx", Onnx.identity(model + i))
                    .multiPart("parameters", "{\"owner\":\"" + team + "\"}")
                    .post("/api/v1/models/{m}/versions", model)
                    .then()
                    .statusCode(201);
        }
    }

    private static boolean found(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void gates(Map<String, Object> rules) {
        var all = new HashMap<String, Object>(rules);
        all.put("aliases", List.of("champion"));
        ines.asks()
                .contentType("application/json")
                .body(all)
                .queryParam("team", team)
                .put("/api/v1/gates")
                .then()
                .statusCode(200);
    }

    private Said run(List<String> command, int version, String token) throws Exception {
        var builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment()
                .putAll(
                        Map.of(
                                "ATELIER_URL",
                                portal.toString().replaceAll("/$", ""),
                                "ATELIER_TOKEN",
                                token,
                                "MODEL",
                                model,
                                "VERSION",
                                Integer.toString(version),
                                "ALIAS",
                                "champion",
                                "NOTE",
                                "Run 4711"));
        var process = builder.start();
        var text = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return new Said(process.exitValue(), text);
    }

    @ParameterizedTest
    @EnumSource
    void promotes(Job job) throws Exception {
        gates(Map.of());

        var said = run(job.command(), 1, robot.token());

        assertThat(said.text).contains("\"result\":\"promoted\"");
        assertThat(said.status).isZero();
        assertThat(run(job.command(), 1, robot.token()).status).isZero();
        ines.asks().get("/api/v1/models/{m}/aliases", model).then().body("champion", equalTo(1));
    }

    @ParameterizedTest
    @EnumSource
    void waits_for_a_person_and_asks_once(Job job) throws Exception {
        gates(Map.of("approval", true));

        assertThat(run(job.command(), 1, robot.token()).status).isEqualTo(job.waiting);
        assertThat(run(job.command(), 1, robot.token()).status).isEqualTo(job.waiting);

        var approver = Person.named("ben").with("ml-engineer").in(team);
        var page = Jsoup.parse(approver.asks().accept("text/html").get("/promotions").asString());
        assertThat(page.select("h3").eachText())
                .filteredOn(text -> text.startsWith(model))
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void fails_when_a_gate_is_closed_and_says_which(Job job) throws Exception {
        gates(Map.of("card", List.of("license")));

        var said = run(job.command(), 1, robot.token());

        assertThat(said.status).isEqualTo(1);
        assertThat(said.text).contains("Card complete").contains("register the files again");
    }

    @ParameterizedTest
    @EnumSource
    void tells_a_wrong_token_a_missing_version_and_no_portal_from_a_closed_gate(Job job)
            throws Exception {
        assertThat(run(job.command(), 1, "atl_nonsense").status).isEqualTo(2);
        assertThat(run(job.command(), 7, robot.token()).status).isEqualTo(2);
        portal = URI.create("http://127.0.0.1:1/");
        assertThat(run(job.command(), 1, robot.token()).status).isEqualTo(2);
    }

    @Test
    void rolls_back() throws Exception {
        gates(Map.of());
        assertThat(run(Job.PLAIN.command(), 1, robot.token()).status).isZero();
        assertThat(run(Job.PLAIN.command(), 2, robot.token()).status).isZero();
        gates(Map.of("card", List.of("license")));

        var said = run(List.of("sh", "-e", "-c", block("sh", "#rollback")), 2, robot.token());

        assertThat(said.text).contains("\"champion\":1");
        assertThat(said.status).isZero();
        assertThat(
                        run(List.of("sh", "-e", "-c", block("sh", "#rollback")), 2, robot.token())
                                .status)
                .isNotZero();
    }
}
