package dev.atelier.repositories;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.zip.Deflater;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** With the git client of this machine, over HTTP, as people use it. */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A repository that the portal hosts")
class GitTest {

    private static final String TEAM = "group:default/vision";

    @TestHTTPResource("/")
    URI portal;

    @Inject Repositories repositories;
    @Inject Storage storage;
    @Inject Sql sql;

    private final GitClient client = GitClient.fresh();

    static String named(String beginning) {
        return beginning + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    private GitRepository repository() {
        var name = named("code");
        given().contentType("application/json")
                .body("{\"owner\": \"%s\", \"name\": \"%s\"}".formatted(TEAM, name))
                .post("/api/v1/repositories")
                .then()
                .statusCode(201);
        return repositories.get("vision", name);
    }

    private String url(GitRepository repository, String token) {
        return "http://anyone:%s@localhost:%d%s"
                .formatted(token, portal.getPort(), repository.gitAddress());
    }

    private String url(GitRepository repository) {
        return url(repository, Administrator.TOKEN);
    }

    /** A clone with a first commit that was pushed. */
    private GitClient begun(GitRepository repository) {
        client.run("clone", "--quiet", url(repository), "work").well();
        var work = client.in("work");
        work.file("README.md", "# Churn\n").committed("Begin");
        work.run("push", "--quiet", "origin", "HEAD").well();
        return work;
    }

    private Set<String> objects(GitRepository repository) {
        try (var all = Files.walk(storage.folder(repository.id()).resolve("objects"))) {
            return new TreeSet<>(all.filter(Files::isRegularFile).map(Path::toString).toList());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<Path> incoming(GitRepository repository) throws IOException {
        var folder = storage.folder(repository.id()).resolveSibling("incoming");
        if (Files.notExists(folder)) {
            return List.of();
        }
        try (var all = Files.list(folder)) {
            return all.toList();
        }
    }

    private List<String> audited(GitRepository repository, String action, String outcome) {
        return sql.list(
                """
                select actor || ' ' || detail::text from audit_event
                where resource = ? and action = ? and outcome = ? order by id
                """,
                row -> row.getString(1),
                repository.ref(),
                action,
                outcome);
    }

    @Test
    void is_cloned_pushed_to_and_fetched_from() {
        var repository = repository();
        var work = begun(repository);
        client.run("clone", "--quiet", url(repository), "other").well();
        assertThat(client.path("other/README.md")).hasContent("# Churn");
        work.file("src/app.py", "print('hi')\n").committed("Add the program");
        work.run("tag", "-a", "v1", "-m", "First").well();
        work.run("push", "--quiet", "--follow-tags", "origin", "HEAD", "HEAD:refs/heads/topic/a")
                .well();

        var other = client.in("other");
        other.run("pull", "--quiet").well();

        assertThat(client.path("other/src/app.py")).hasContent("print('hi')");
        assertThat(other.line("rev-parse", "origin/topic/a"))
                .isEqualTo(work.line("rev-parse", "HEAD"));
        assertThat(other.line("describe")).isEqualTo("v1");
        other.run("fsck", "--strict").well();
        assertThat(audited(repository, "repository.push", "done"))
                .hasSize(2)
                .last()
                .asString()
                .contains(
                        "refs/heads/main", work.line("rev-parse", "HEAD"), "refs/tags/v1 nothing");
    }

    @Test
    void speaks_versions_0_1_and_2() {
        var repository = repository();
        var head = begun(repository).line("rev-parse", "HEAD");

        for (var version : List.of("0", "1", "2")) {
            var process =
                    client.run(
                            "-c",
                            "protocol.version=" + version,
                            "ls-remote",
                            url(repository),
                            "HEAD");
            assertThat(process.well().text()).isEqualTo(head + "\tHEAD\n");
            client.run(
                            "-c",
                            "protocol.version=" + version,
                            "clone",
                            "--quiet",
                            url(repository),
                            "v" + version)
                    .well();
            assertThat(client.in("v" + version).line("rev-parse", "HEAD")).isEqualTo(head);
        }
        given().header("Git-Protocol", "version=2")
                .get(repository.gitAddress() + "/info/refs?service=git-upload-pack")
                .then()
                .statusCode(200)
                .contentType("application/x-git-upload-pack-advertisement")
                .header("Cache-Control", org.hamcrest.Matchers.containsString("no-cache"))
                .body(org.hamcrest.Matchers.containsString("version 2"));
    }

    @Test
    void is_cloned_shallow_and_deepened() {
        var repository = repository();
        var work = begun(repository);
        for (int i = 0; i < 5; i++) {
            work.file("file.txt", "line " + i).committed("Change " + i);
        }
        work.run("push", "--quiet", "origin", "HEAD").well();

        client.run("clone", "--quiet", "--depth", "2", url(repository), "shallow").well();

        var shallow = client.in("shallow");
        assertThat(shallow.line("rev-list", "--count", "HEAD")).isEqualTo("2");
        shallow.file("more.txt", "more").committed("From a shallow one");
        shallow.run("push", "--quiet", "origin", "HEAD").well();
        shallow.run("fetch", "--quiet", "--unshallow").well();
        assertThat(shallow.line("rev-list", "--count", "HEAD")).isEqualTo("7");
    }

    @Test
    void asks_for_a_token_and_takes_no_wrong_one() {
        var repository = repository();
        begun(repository);

        given().noFilters()
                .get(repository.gitAddress() + "/info/refs?service=git-upload-pack")
                .then()
                .statusCode(401)
                .header("WWW-Authenticate", org.hamcrest.Matchers.startsWith("Basic "));
        var plain = "http://localhost:%d%s".formatted(portal.getPort(), repository.gitAddress());
        assertThat(client.run("clone", plain, "none").refused().text())
                .contains("could not read Username");
        assertThat(client.run("clone", url(repository, "wrong"), "none").refused().text())
                .contains("Authentication failed");
    }

    @Test
    void lets_those_push_whose_team_it_is_and_those_read_who_may_see_it() {
        var repository = repository();
        begun(repository);
        var inside = Person.named("ines").in(TEAM).with("developer");
        var outside = Person.named("otto").with("developer");
        var viewer = Person.named("vera").in(TEAM).with("viewer");

        client.run("clone", "--quiet", url(repository, inside.token()), "inside").well();
        client.run("clone", "--quiet", url(repository, outside.token()), "outside").well();
        client.run("clone", "--quiet", url(repository, viewer.token()), "viewer").well();

        client.in("inside")
                .file("a", "1")
                .committed("Inside")
                .run("push", "-q", "origin", "HEAD")
                .well();
        for (var other : List.of("outside", "viewer")) {
            var said =
                    client.in(other).file("b", "1").committed("No").run("push", "origin", "HEAD");
            assertThat(said.refused().text()).contains("403");
        }
        assertThat(audited(repository, "repository:write", "refused"))
                .anyMatch(row -> row.startsWith(outside.ref()));
    }

    @Test
    void is_not_there_for_those_it_is_hidden_from() {
        var repository = repository();
        begun(repository);
        var outside = Person.named("otto").with("developer");
        sql.update(
                "insert into resource_policy (resource, visibility, changed_by) values (?,"
                        + " 'restricted', 'test')",
                repository.ref());
        Awaitility.await()
                .until(
                        () ->
                                outside.asks()
                                                .get(
                                                        repository.gitAddress()
                                                                + "/info/refs?service=git-upload-pack")
                                                .statusCode()
                                        == 404);

        var missing = repository.gitAddress().replace(repository.name(), "no-such");
        assertThat(
                        outside.asks()
                                .get(repository.gitAddress() + "/info/refs?service=git-upload-pack")
                                .asString()
                                .replace(repository.name(), "X"))
                .isEqualTo(
                        outside.asks()
                                .get(missing + "/info/refs?service=git-upload-pack")
                                .asString()
                                .replace("no-such", "X"));
        assertThat(client.run("clone", url(repository, outside.token()), "x").refused().text())
                .contains("not found");
        var member = Person.named("mia").in(TEAM).with("developer");
        client.run("clone", "--quiet", url(repository, member.token()), "y").well();
    }

    @Test
    void takes_one_of_two_pushes_to_a_branch_and_tells_the_other_to_fetch() throws Exception {
        var repository = repository();
        var work = begun(repository);
        for (int i = 0; i < 4; i++) {
            client.run("clone", "--quiet", url(repository), "racer" + i).well();
            client.in("racer" + i).file("racer" + i, "x").committed("Racer " + i);
        }

        var all =
                java.util.stream.IntStream.range(0, 4)
                        .mapToObj(
                                i ->
                                        client.in("racer" + i)
                                                .begin("push", "origin", "HEAD:refs/heads/main"))
                        .toList()
                        .stream()
                        .map(GitClient::ended)
                        .toList();

        assertThat(all).filteredOn(said -> said.code() == 0).hasSize(1);
        assertThat(all)
                .filteredOn(said -> said.code() != 0)
                .hasSize(3)
                .allMatch(said -> said.text().matches("(?s).*(non-fast.forward|fetch first).*"));
        work.run("fetch", "--quiet").well();
        assertThat(work.line("rev-list", "--count", "origin/main")).isEqualTo("2");
        assertThat(incoming(repository)).isEmpty();
        // Losers left no object behind.
        assertThat(audited(repository, "repository.push", "done")).hasSize(2);
    }

    @Test
    void tells_whoever_pushes_on_an_old_state_to_fetch() {
        var repository = repository();
        var work = begun(repository);
        client.run("clone", "--quiet", url(repository), "late").well();
        work.file("a", "1").committed("First").run("push", "-q", "origin", "HEAD").well();

        var said = client.in("late").file("b", "1").committed("Late").run("push", "origin", "HEAD");

        assertThat(said.refused().text()).contains("[rejected]", "fetch first");
    }

    @Test
    void keeps_nothing_of_a_push_that_is_cut_off_half_way() throws Exception {
        var repository = repository();
        var work = begun(repository);
        var random = new byte[6 << 20];
        new Random(7).nextBytes(random);
        work.file("big.bin", random).committed("Big");
        var before = objects(repository);
        var head = work.line("rev-parse", "origin/main");
        var wanted = work.line("rev-parse", "HEAD");

        try (var socket = new java.net.Socket("localhost", portal.getPort())) {
            var out = socket.getOutputStream();
            var command =
                    "%s %s refs/heads/main\0 report-status side-band-64k".formatted(head, wanted);
            var first =
                    "%04x%s0000"
                            .formatted(command.length() + 4, command)
                            .getBytes(StandardCharsets.UTF_8);
            out.write(
                    ("""
                    POST %s/git-receive-pack HTTP/1.1\r
                    Host: localhost:%d\r
                    Authorization: Bearer %s\r
                    Content-Type: application/x-git-receive-pack-request\r
                    Content-Length: 6291456\r
                    \r
                    """)
                            .formatted(
                                    repository.gitAddress(), portal.getPort(), Administrator.TOKEN)
                            .getBytes(StandardCharsets.UTF_8));
            out.write(first);
            // A true beginning of a pack: one object, of which half comes.
            out.write(HexFormat.of().parseHex("5041434b0000000200000001"));
            out.write(HexFormat.of().parseHex("b0808010"));
            out.write(deflated(random, 4 << 20), 0, 1 << 20);
            out.flush();
            // It goes to the disk as it comes: nothing waits in memory for its end.
            Awaitility.await().until(() -> arrived(repository) > 900_000);
            socket.setSoLinger(true, 0);
        }

        Awaitility.await().untilAsserted(() -> assertThat(incoming(repository)).isEmpty());
        assertThat(objects(repository)).isEqualTo(before);
        assertThat(repositories.find(repository.id())).isPresent();
        work.run("fetch", "--quiet").well();
        assertThat(work.line("rev-parse", "origin/main")).isEqualTo(head);
        work.run("push", "--quiet", "origin", "HEAD").well();
    }

    private long arrived(GitRepository repository) throws IOException {
        long size = 0;
        for (var folder : incoming(repository)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    size += Files.size(file);
                }
            }
        }
        return size;
    }

    @Test
    void takes_a_hundred_megabytes_at_once_and_gives_them_back() throws IOException {
        var repository = repository();
        client.run("clone", "--quiet", url(repository), "work").well();
        var work = client.in("work");
        var random = new byte[50 << 20];
        for (int i = 0; i < 2; i++) {
            new Random(i).nextBytes(random);
            work.file("weights" + i + ".bin", random);
        }
        work.committed("Weights");

        work.run("-c", "core.compression=0", "push", "--quiet", "origin", "HEAD").well();

        client.run("clone", "--quiet", url(repository), "back").well();
        assertThat(client.path("back/weights1.bin")).hasBinaryContent(random);
        assertThat(incoming(repository)).isEmpty();
        given().get(repository.address() + "/raw?path=weights1.bin")
                .then()
                .statusCode(200)
                .header("Content-Length", Integer.toString(random.length));
    }

    private static byte[] deflated(byte[] bytes, int length) {
        var deflater = new Deflater();
        deflater.setInput(bytes, 0, length);
        deflater.finish();
        var out = new byte[length * 2];
        var size = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, size);
    }

    @Test
    void keeps_nothing_of_a_push_whose_refs_are_all_refused() throws Exception {
        var repository = repository();
        var work = begun(repository);
        work.file("a", "1").committed("One");
        var before = objects(repository);

        for (var ref : List.of("refs/heads/-option", "refs/changes/1", "refs/pull/1/head")) {
            var said = work.run("push", "origin", "HEAD:" + ref);
            assertThat(said.refused().text()).contains("[remote rejected]");
        }
        work.run("checkout", "--quiet", "--orphan", "other").well();
        work.file("b", "2").committed("Another beginning");
        var said = work.run("push", "--force", "origin", "HEAD:main");

        assertThat(said.refused().text()).contains("main is the default branch");
        assertThat(work.run("push", "origin", ":main").refused().text())
                .contains("main is the default branch");
        assertThat(objects(repository)).isEqualTo(before);
        assertThat(incoming(repository)).isEmpty();
        work.run("push", "--quiet", "--force", "origin", "HEAD:refs/heads/side").well();
        work.file("c", "3")
                .run("commit", "--quiet", "--amend", "--allow-empty", "-m", "Else")
                .well();
        work.run("push", "--quiet", "--force", "origin", "HEAD:refs/heads/side").well();
        work.run("push", "--quiet", "origin", ":refs/heads/side").well();
    }

    @Test
    void refuses_trees_that_would_write_where_they_must_not() {
        var repository = repository();
        var work = begun(repository);
        var before = objects(repository);
        var blob = work.line("hash-object", "-w", "README.md");

        for (var name :
                List.of(
                        ".git",
                        ".GIT",
                        ".Git.",
                        "git~1",
                        "..",
                        ".",
                        ".g\u200cit",
                        ".git::$INDEX_ALLOCATION",
                        "a\\..\\b",
                        ".git\\hooks")) {
            var tree = hostileTree(work, name, blob);
            var commit = work.line("commit-tree", "-m", "Hostile", "-p", "HEAD", tree);
            var said = work.run("push", "origin", commit + ":refs/heads/hostile");
            assertThat(said.refused().text())
                    .as(name)
                    .containsAnyOf("unpacker error", "unpack error", "unpack failed");
        }
        assertThat(objects(repository)).isEqualTo(before);
    }

    /** Written by hand, since git makes none. */
    private static String hostileTree(GitClient work, String name, String blob) {
        var out = new java.io.ByteArrayOutputStream();
        out.writeBytes("100644 ".getBytes(StandardCharsets.UTF_8));
        out.writeBytes(name.getBytes(StandardCharsets.UTF_8));
        out.write(0);
        out.writeBytes(HexFormat.of().parseHex(blob));
        work.file("../tree", out.toByteArray());
        return work.line("hash-object", "-t", "tree", "-w", "--literally", "../tree");
    }

    @Test
    void runs_no_hook() throws IOException {
        var repository = repository();
        var hooks = storage.folder(repository.id()).resolve("hooks");
        var ran = client.path("ran");
        for (var hook : List.of("pre-receive", "update", "post-receive", "post-update")) {
            var file = Files.writeString(hooks.resolve(hook), "#!/bin/sh\ntouch " + ran + "\n");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }

        begun(repository);

        assertThat(ran).doesNotExist();
    }

    @Test
    void speaks_no_dumb_protocol_and_gives_no_file_of_its_own() {
        var repository = repository();
        for (var path : List.of("HEAD", "config", "objects/info/packs", "../" + repository.id())) {
            given().urlEncodingEnabled(false)
                    .get(repository.gitAddress() + "/" + path)
                    .then()
                    .statusCode(404);
        }
        given().get(repository.gitAddress() + "/info/refs").then().statusCode(400);
    }

    @Test
    void makes_the_branch_that_is_pushed_first_its_default() {
        var repository = repository();
        client.run("init", "--quiet", "-b", "trunk", "work").well();
        var work = client.in("work");
        work.file("a", "1").committed("One");

        work.run("push", "--quiet", url(repository), "trunk").well();

        assertThat(repositories.find(repository.id()).orElseThrow().defaultBranch())
                .isEqualTo("trunk");
        client.run("clone", "--quiet", url(repository), "clone").well();
        assertThat(client.path("clone/a")).hasContent("1");
    }
}
