package dev.atelier.repositories;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;

import dev.atelier.TestDatabase;
import dev.atelier.identity.Person;
import dev.atelier.platform.database.Sql;
import io.quarkus.arc.Arc;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The page of a repository")
class RepositoryPagesTest {

    private static final String TEAM = "group:default/vision";
    private static final byte[] PNG =
            HexFormat.of()
                    .parseHex(
                            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
                                    + "1f15c4890000000a49444154789c63000100000500010d0a2db400"
                                    + "00000049454e44ae426082");

    @Inject Repositories repositories;
    @Inject Commits commits;
    @Inject Contents contents;
    @Inject Storage storage;
    @Inject Housekeeping housekeeping;
    @Inject Sql sql;

    /** As the portal itself, which no request bounds. */
    private static <T> T byItself(Supplier<T> work) {
        var context = Arc.container().requestContext();
        var asked = context.isActive();
        if (asked) {
            context.terminate();
        }
        try {
            return work.get();
        } finally {
            if (asked) {
                context.activate();
            }
        }
    }

    private GitRepository empty() {
        return byItself(
                () ->
                        repositories.create(
                                TEAM, GitTest.named("pages"), "Finds things", "user:default/ines"));
    }

    private Commit commit(
            GitRepository repository, String message, Map<String, FileContent> files) {
        return byItself(
                () ->
                        commits.commit(
                                repository,
                                CommitWish.adding(
                                        "main",
                                        message,
                                        new Author("Ines", "ines@example.org"),
                                        files)));
    }

    private GitRepository filled() {
        var repository = empty();
        commit(
                repository,
                "Begin",
                Map.of(
                        "README.md",
                        FileContent.of(
                                "# Churn\n\n"
                                        + "[code](src/app.py) ![p](img/p.png)\n\n"
                                        + "<script>x()</script>\n"),
                        "src/app.py",
                        FileContent.of("one\ntwo\n<b>three</b>\n"),
                        "img/p.png",
                        new FileContent(PNG, false),
                        "img/evil.svg",
                        FileContent.of("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
                        "data.bin",
                        new FileContent(new byte[] {0, 1, 2, (byte) 0xff}, false)));
        return repository;
    }

    private static Document page(RequestSpecification by, String address) {
        return Jsoup.parse(
                by.accept("text/html")
                        .urlEncodingEnabled(false)
                        .get(address)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString());
    }

    private static Document page(String address) {
        return page(given(), address);
    }

    @Test
    void shows_how_to_fill_it_while_it_is_empty() {
        var repository = empty();

        var page = page(repository.address());

        assertThat(page.select("#from-nothing").text())
                .contains("git clone http://", repository.gitAddress(), "git push -u origin HEAD");
        assertThat(page.select("a[href='/account#tokens']")).isNotEmpty();
        assertThat(page(repository.address() + "/commits").select("#from-nothing")).isNotEmpty();
        var viewer = Person.named("vera").with("viewer");
        assertThat(page(viewer.asks(), repository.address()).select("#from-nothing")).isEmpty();
    }

    @Test
    void lists_folders_before_files_and_draws_the_readme() {
        var repository = filled();

        var page = page(repository.address());

        assertThat(page.select(".files .ttl").eachText())
                .containsExactly("img/", "src/", "README.md", "data.bin");
        assertThat(page.select("#clone-command").text())
                .startsWith("git clone http://")
                .endsWith(repository.gitAddress());
        var prose = page.select(".prose");
        assertThat(prose.select("h2").text()).isEqualTo("Churn");
        assertThat(prose.select("a").attr("href"))
                .isEqualTo(repository.address() + "?path=src/app.py");
        assertThat(prose.select("img").attr("src"))
                .isEqualTo(repository.address() + "/picture?path=img/p.png");
        assertThat(prose.select("script")).isEmpty();
    }

    @Test
    void shows_a_file_with_numbers_and_gives_it_only_to_keep() {
        var repository = filled();

        var page = page(repository.address() + "?path=src/app.py");

        assertThat(page.select(".lines tr").eachText())
                .containsExactly("1 one", "2 two", "3 <b>three</b>");
        assertThat(page.select("#L3 .no").text()).isEqualTo("3");
        for (var path : java.util.List.of("src/app.py", "img/evil.svg")) {
            given().get(repository.address() + "/raw?path=" + path)
                    .then()
                    .statusCode(200)
                    .contentType("application/octet-stream")
                    .header("X-Content-Type-Options", "nosniff")
                    .header("Content-Disposition", startsWith("attachment;"));
        }
        assertThat(given().get(repository.address() + "/raw?path=data.bin").asByteArray())
                .containsExactly(0, 1, 2, 0xff);
    }

    @Test
    void draws_pictures_and_says_what_is_binary() {
        var repository = filled();

        assertThat(page(repository.address() + "?path=img/p.png").select("img.picture").attr("src"))
                .isEqualTo(repository.address() + "/picture?path=img/p.png");
        given().get(repository.address() + "/picture?path=img/p.png")
                .then()
                .statusCode(200)
                .contentType("image/png");
        given().get(repository.address() + "/picture?path=img/evil.svg").then().statusCode(404);
        assertThat(
                        page(repository.address() + "?path=img/evil.svg")
                                .select("svg[onload], img.picture"))
                .isEmpty();
        assertThat(page(repository.address() + "?path=data.bin").select("main").text())
                .contains("It is binary");
    }

    @Test
    void has_no_file_outside_of_itself() {
        var repository = filled();
        for (var path :
                java.util.List.of(
                        "../config",
                        "/etc/passwd",
                        "src/../README.md",
                        "src//app.py",
                        "nothing",
                        "src/")) {
            given().accept("text/html")
                    .get(repository.address() + "?path=" + path)
                    .then()
                    .statusCode(404);
            given().get(repository.address() + "/raw?path=" + path).then().statusCode(404);
        }
        for (var ref :
                java.util.List.of("nothing", "HEAD^{tree}", "../main", ":/Begin", "refs/../x")) {
            given().accept("text/html")
                    .queryParam("ref", ref)
                    .get(repository.address())
                    .then()
                    .statusCode(404);
        }
    }

    @Test
    void shows_what_a_commit_changed_line_by_line() {
        var repository = filled();
        var changed =
                byItself(
                        () ->
                                commits.commit(
                                        repository,
                                        new CommitWish(
                                                "main",
                                                null,
                                                "Change <two>\n\nSince it was one",
                                                new Author("Ines", "ines@example.org"),
                                                Map.of(
                                                        "src/app.py",
                                                        FileContent.of(
                                                                "one\nTWO\n<b>three</b>\nfour\n")),
                                                Set.of("data.bin"),
                                                false,
                                                null)));

        var page = page(repository.address() + "/commits/" + changed.id());

        assertThat(page.select("#said").text()).isEqualTo("Change <two>");
        assertThat(page.select("main").text())
                .contains("Since it was one", "2 files changed", "2 lines added, 1 removed");
        assertThat(page.select(".lines .del").eachText()).containsExactly("2 −two");
        assertThat(page.select(".lines .ins").eachText()).containsExactly("2 +TWO", "4 +four");
        assertThat(page.select(".lines .same").eachText())
                .containsExactly("1 1 one", "3 3 <b>three</b>");
        assertThat(page.select("h3").eachText()).containsExactly("data.bin", "src/app.py");
        var history = page(repository.address() + "/commits");
        assertThat(history.select("#rows .ttl").eachText())
                .containsExactly("Change <two>", "Begin");
        assertThat(
                        page(repository.address() + "/commits?path=README.md")
                                .select("#rows .ttl")
                                .eachText())
                .containsExactly("Begin");
        var first = history.select("#rows .ttl").last().attr("href");
        assertThat(page(first).select(".lines .ins")).isNotEmpty();
    }

    @Test
    void keeps_a_huge_change_small() {
        var repository = filled();
        var line = "x".repeat(3_000) + "\n";
        var files = new java.util.TreeMap<String, FileContent>();
        for (int i = 0; i < 130; i++) {
            files.put("many/%03d".formatted(i), FileContent.of("a\n".repeat(100)));
        }
        files.put("a-long-one", FileContent.of(line.repeat(20)));
        var commit = commit(repository, "Much", files);

        var answer =
                given().accept("text/html").get(repository.address() + "/commits/" + commit.id());

        assertThat(answer.statusCode()).isEqualTo(200);
        var page = Jsoup.parse(answer.asString());
        assertThat(page.select(".lines tr")).hasSizeLessThanOrEqualTo(3_000);
        assertThat(page.text()).contains("131 files changed", "31 more files are not shown");
        assertThat(answer.asString().length()).isLessThan(1_000_000);
    }

    @Test
    void lists_branches_and_tags_whatever_they_are_called() {
        var repository = filled();
        byItself(
                () ->
                        commits.commit(
                                repository,
                                CommitWish.adding(
                                        "feature/ünï&x=1",
                                        "On a branch",
                                        Author.PORTAL,
                                        Map.of("only-here", FileContent.of("x")))));

        var page = page(repository.address() + "/branches");

        assertThat(page.select(".ttl").eachText()).containsExactly("main", "feature/ünï&x=1");
        var branch = page(page.select(".ttl").last().attr("href"));
        assertThat(branch.select(".files .ttl").eachText()).contains("only-here");
        assertThat(branch.select("#ref option[selected]").text()).isEqualTo("feature/ünï&x=1");
    }

    @Test
    void is_made_described_and_deleted_with_its_name_typed() throws Exception {
        var name = GitTest.named("made");
        var ines = Person.named("ines").in(TEAM).with("data-scientist");
        ines.asks()
                .formParam("owner", TEAM)
                .formParam("name", name)
                .post("/repositories")
                .then()
                .statusCode(303)
                .header("Location", containsString("/repositories/vision/" + name));
        ines.asks()
                .formParam("owner", TEAM)
                .formParam("name", name.toUpperCase(java.util.Locale.ROOT))
                .post("/repositories")
                .then()
                .statusCode(422)
                .body(containsString("There is a repository"));
        ines.asks()
                .formParam("owner", TEAM)
                .formParam("name", "../up")
                .post("/repositories")
                .then()
                .statusCode(422);
        ines.asks()
                .formParam("owner", "group:default/speech")
                .formParam("name", name)
                .post("/repositories")
                .then()
                .statusCode(403);
        var repository = repositories.get("vision", name);
        commit(repository, "Begin", Map.of("a", FileContent.of("1")));
        ines.asks()
                .formParam("description", "Now <described>")
                .formParam("branch", "nothing")
                .post(repository.address() + "/settings")
                .then()
                .statusCode(422)
                .body(containsString("There is no branch"));
        assertThat(page(ines.asks(), repository.address()).select(".title-block p").text())
                .isEqualTo("Now <described>");
        assertThat(page("/repositories?q=described").select("#rows a").eachText())
                .contains("vision/" + name);
        var folder = storage.folder(repository.id());
        assertThat(folder).exists();

        ines.asks()
                .formParam("typed", name)
                .post(repository.address() + "/deletion")
                .then()
                .statusCode(422);
        ines.asks()
                .formParam("typed", "vision/" + name)
                .post(repository.address() + "/deletion")
                .then()
                .statusCode(303);

        given().accept("text/html").get(repository.address()).then().statusCode(404);
        byItself(
                () -> {
                    try {
                        housekeeping.tidy();
                        return true;
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
        assertThat(Files.exists(folder)).isFalse();
        assertThat(
                        sql.list(
                                "select action from audit_event where resource = ? and outcome ="
                                        + " 'done' order by id",
                                row -> row.getString(1),
                                repository.ref()))
                .containsExactly(
                        "repository.create",
                        "repository.commit",
                        "repository.describe",
                        "repository.delete");
    }

    @Test
    void is_changed_only_by_its_team_and_deleted_by_a_higher_role() {
        var repository = filled();
        var developer = Person.named("dev").in(TEAM).with("developer");
        var stranger = Person.named("otto").with("data-scientist");

        assertThat(page(developer.asks(), repository.address() + "/settings").select("#typed"))
                .isEmpty();
        developer
                .asks()
                .formParam("typed", repository.fullName())
                .post(repository.address() + "/deletion")
                .then()
                .statusCode(403);
        for (var act : java.util.List.of("/settings", "/deletion")) {
            stranger.asks()
                    .formParam("typed", repository.fullName())
                    .formParam("description", "mine")
                    .post(repository.address() + act)
                    .then()
                    .statusCode(403);
        }
        stranger.asks().get(repository.address() + "/settings").then().statusCode(403);
        stranger.asks().delete("/api/v1" + repository.address()).then().statusCode(403);
        assertThat(repositories.find(repository.id())).isPresent();
    }

    @Test
    void is_hidden_on_every_page_and_given_to_single_people() {
        var repository = filled();
        var otto = Person.named("otto").with("developer");
        given().redirects()
                .follow(false)
                .formParam("visibility", "restricted")
                .post(repository.address() + "/access/visibility")
                .then()
                .statusCode(303);
        Awaitility.await()
                .until(() -> otto.asks().get("/api/v1" + repository.address()).statusCode() == 404);
        for (var tab :
                java.util.List.of(
                        "",
                        "/commits",
                        "/commits/main",
                        "/branches",
                        "/raw?path=README.md",
                        "/picture?path=img/p.png",
                        "/access")) {
            otto.asks().accept("text/html").get(repository.address() + tab).then().statusCode(404);
        }
        Awaitility.await()
                .untilAsserted(
                        () ->
                                assertThat(
                                                otto.asks()
                                                        .get(
                                                                "/api/v1/repositories?q="
                                                                        + repository.name())
                                                        .asString())
                                        .isEqualTo("[]"));

        given().redirects()
                .follow(false)
                .formParam("holder", otto.name())
                .formParam("use", "push")
                .post(repository.address() + "/access/grants")
                .then()
                .statusCode(303);

        assertThat(page(otto.asks(), repository.address()).select("h1").text())
                .isEqualTo(repository.name());
        otto.asks()
                .get(repository.gitAddress() + "/info/refs?service=git-receive-pack")
                .then()
                .statusCode(200);
        assertThat(page(repository.address() + "/access").select("main").text())
                .contains("Push", otto.name());
    }

    @Test
    void is_asked_for_by_those_who_find_it() {
        var repository = filled();
        var otto = Person.named("otto").with("developer");

        var form = page(otto.asks(), "/access/new?on=" + repository.ref());
        assertThat(form.select("main").text()).contains(repository.fullName(), "Push to it");
        otto.asks()
                .formParam("on", repository.ref())
                .formParam("use", "push")
                .formParam("purpose", "I mend it")
                .post("/access")
                .then()
                .statusCode(303);

        assertThat(page(repository.address() + "/access").select("main").text())
                .contains("I mend it");
    }

    @Test
    void is_answered_as_json() {
        var repository = filled();
        given().get("/api/v1" + repository.address())
                .then()
                .statusCode(200)
                .body("name", org.hamcrest.Matchers.is(repository.name()))
                .body("defaultBranch", org.hamcrest.Matchers.is("main"))
                .body("cloneUrl", org.hamcrest.Matchers.endsWith(repository.gitAddress()));
        given().contentType("application/json")
                .body("{\"owner\": \"api:default/x\", \"name\": \"x\"}")
                .post("/api/v1/repositories")
                .then()
                .statusCode(400);
        given().delete("/api/v1" + repository.address()).then().statusCode(204);
        given().get("/api/v1" + repository.address()).then().statusCode(404);
    }
}
