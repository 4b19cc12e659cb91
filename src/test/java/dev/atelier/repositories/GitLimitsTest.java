package dev.atelier.repositories;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(GitLimitsTest.Small.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A push that brings too much")
class GitLimitsTest {

    public static class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "atelier.repositories.max-pack", "3M",
                    "atelier.repositories.max-object", "1M",
                    "atelier.repositories.max-objects", "60",
                    "atelier.repositories.max-refs", "4");
        }
    }

    @TestHTTPResource("/")
    URI portal;

    @Inject Repositories repositories;
    @Inject Storage storage;

    private final GitClient client = GitClient.fresh();

    private GitRepository repository() {
        var name = GitTest.named("limits");
        given().contentType("application/json")
                .body("{\"owner\": \"group:default/vision\", \"name\": \"%s\"}".formatted(name))
                .post("/api/v1/repositories")
                .then()
                .statusCode(201);
        return repositories.get("vision", name);
    }

    private GitClient work(GitRepository repository) {
        client.run(
                        "clone",
                        "--quiet",
                        "http://x:%s@localhost:%d%s"
                                .formatted(
                                        Administrator.TOKEN,
                                        portal.getPort(),
                                        repository.gitAddress()),
                        "work")
                .well();
        return client.in("work").file("README.md", "x").committed("Begin");
    }

    private Set<String> files(GitRepository repository) throws IOException {
        var all = new TreeSet<String>();
        for (var folder :
                Set.of(
                        storage.folder(repository.id()).resolve("objects"),
                        storage.folder(repository.id()).resolveSibling("incoming"))) {
            try (var files = Files.walk(folder)) {
                files.filter(Files::isRegularFile).map(Path::toString).forEach(all::add);
            }
        }
        return all;
    }

    private static byte[] random(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void is_refused_with_the_limit_and_leaves_nothing() throws IOException {
        var repository = repository();
        var work = work(repository);
        work.run("push", "--quiet", "origin", "HEAD").well();
        var before = files(repository);

        work.file("big", random(1_100_000)).committed("A large file");
        assertThat(work.run("push", "origin", "HEAD").refused().text())
                .contains("Object too large", "1,048,576");

        work.run("reset", "--quiet", "--hard", "HEAD~1").well();
        for (int i = 0; i < 5; i++) {
            work.file("part" + i, random(900_000 + i));
        }
        work.committed("A large push");
        assertThat(work.run("push", "origin", "HEAD").refused().text())
                .containsAnyOf("Pack exceeds the limit", "Packfile is truncated");

        work.run("reset", "--quiet", "--hard", "HEAD~1").well();
        for (int i = 0; i < 70; i++) {
            work.file("f" + i, "content " + i);
        }
        work.committed("Many files");
        assertThat(work.run("push", "origin", "HEAD").refused().text())
                .contains("at most 60 objects");

        assertThat(files(repository)).isEqualTo(before);
        work.run("reset", "--quiet", "--hard", "HEAD~1").well();
        work.file("small", "1").committed("A small one").run("push", "-q", "origin", "HEAD").well();
    }

    @Test
    void is_refused_when_there_are_too_many_branches() {
        var repository = repository();
        var work = work(repository);
        work.run("push", "--quiet", "origin", "HEAD", "HEAD:refs/heads/b", "HEAD:refs/tags/c")
                .well();

        var said = work.run("push", "origin", "HEAD:refs/heads/d", "HEAD:refs/heads/e");

        assertThat(said.refused().text()).contains("at most 4 branches and tags");
        assertThat(work.line("ls-remote", "--heads", "--tags", "origin").lines()).hasSize(4);
        assertThat(
                        work.run("push", "--atomic", "origin", "HEAD:refs/heads/f", ":refs/heads/b")
                                .refused()
                                .text())
                .contains("[remote rejected]");
        assertThat(work.line("ls-remote", "--heads", "--tags", "origin").lines()).hasSize(4);
    }

    /** Room would be made for as many as it claims to have, before the first is read. */
    @Test
    void is_refused_when_it_only_claims_to() {
        var repository = repository();
        var body = new ByteArrayOutputStream();
        var command = "0".repeat(40) + " " + "1".repeat(40) + " refs/heads/main\0 report-status";
        body.writeBytes(
                "%04x%s0000"
                        .formatted(command.length() + 4, command)
                        .getBytes(StandardCharsets.UTF_8));
        body.writeBytes(HexFormat.of().parseHex("5041434b000000027fffffff"));

        given().contentType("application/x-git-receive-pack-request")
                .body(body.toByteArray())
                .post(repository.gitAddress() + "/git-receive-pack")
                .then()
                .statusCode(200)
                .body(org.hamcrest.Matchers.containsString("at most 60 objects"));
    }
}
