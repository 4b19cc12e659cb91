package dev.atelier.goldenpaths;

import static dev.atelier.githosts.RecordedHosts.also;
import static dev.atelier.githosts.RecordedHosts.expect;
import static dev.atelier.githosts.RecordedHosts.verify;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.TestDatabase;
import dev.atelier.catalog.EntityRef;
import dev.atelier.githosts.GitHostsNearby;
import dev.atelier.githosts.RecordedHosts;
import dev.atelier.identity.Person;
import dev.atelier.repositories.GitClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@TestProfile(GitHostsNearby.class)
@DisplayName("What a golden path made on a Git host")
class RemoteUpdatesTest {

    /**
     * Where it is made, and what the host is asked for meanwhile.
     *
     * @param path owner and name
     */
    private record Host(String kind, String action, String url, String path, List<String> making) {
        String ref() {
            return "git:%s.com/%s".formatted(kind, path);
        }

        GitClient git() {
            return GitClient.at(RecordedHosts.repository(kind, path));
        }

        String read(String branch, String file) {
            return git().line("show", branch + ":" + file);
        }
    }

    private static final Host GITHUB =
            new Host(
                    "github",
                    "publish:github",
                    "github.com?owner=octo-org&repo=penguins",
                    "octo-org/penguins",
                    List.of(
                            "github/penguins-not-there",
                            "github/organization",
                            "github/create",
                            "github/protect-plain"));
    private static final Host GITLAB =
            new Host(
                    "gitlab",
                    "publish:gitlab",
                    "gitlab.com?owner=acme%2Fvision&repo=penguins",
                    "acme/vision/penguins",
                    List.of("gitlab/penguins-not-there", "gitlab/namespace", "gitlab/create-main"));
    private static final Host GITEA =
            new Host(
                    "gitea",
                    "publish:gitea",
                    "gitea.com?owner=acme&repo=penguins",
                    "acme/penguins",
                    List.of("gitea/penguins-not-there", "gitea/organization", "gitea/create"));

    private static final String SPEC =
            """
            parameters:
              - title: First
                properties:
                  name: {type: string, default: penguins}
            steps:
              - action: catalog:write
                input:
                  filePath: settings.yaml
                  entity:
                    apiVersion: v1
                    kind: Component
                    metadata:
                      name: ${{ parameters.name }}
                      first: one
                      second: two
                      third: %s
                      fourth: four
                      fifth: five
              - id: publish
                action: %s
                input: {repoUrl: "%s", defaultBranch: main, description: Tells penguins apart}
            """;

    @Inject Tasks tasks;
    @Inject TaskLog log;
    @Inject MadeThings things;

    private Host host = GITHUB;
    private EntityRef template;

    @BeforeEach
    void nothing_is_there() {
        for (var one : List.of(GITHUB, GITLAB, GITEA)) {
            RecordedHosts.forget(one.kind(), one.path());
        }
    }

    private Task made(Host where) {
        return made(where, Person.named("maker").with("developer"));
    }

    private Task made(Host where, Person maker) {
        host = where;
        expect(where.making().toArray(String[]::new));
        template = Paths.publish(spec("three"));
        var task =
                ended(
                        maker.asks()
                                .contentType("application/json")
                                .body(
                                        Map.of(
                                                "templateRef",
                                                template.toString(),
                                                "values",
                                                Map.of()))
                                .post("/api/scaffolder/v2/tasks")
                                .then()
                                .statusCode(201)
                                .extract()
                                .path("id"));
        assertThat(task.fault()).isNull();
        verify();
        return task;
    }

    private String spec(String third) {
        return SPEC.formatted(third, host.action(), host.url());
    }

    private void becomes(String third) {
        Paths.publish(template.name(), spec(third));
    }

    private Task ended(String id) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> tasks.find(UUID.fromString(id)).orElseThrow(),
                        task -> task.state().ended());
    }

    private Task updated() {
        var review =
                given().redirects()
                        .follow(false)
                        .formParam("ref", host.ref())
                        .post("/golden-paths/default/{name}/things", template.name())
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        assertThat(given().accept("text/html").get(review).asString())
                .contains("brings %s up to date".formatted(host.ref().substring(4)));
        var address =
                given().redirects()
                        .follow(false)
                        .post(review)
                        .then()
                        .statusCode(303)
                        .extract()
                        .header("Location");
        return ended(address.substring(address.lastIndexOf('/') + 1));
    }

    private Task again(Task task) {
        given().contentType("application/json")
                .body("{}")
                .post("/api/scaffolder/v2/tasks/{id}/retry", task.id())
                .then()
                .statusCode(201);
        return ended(task.id().toString());
    }

    private String things(Person who) {
        return who.asks()
                .accept("text/html")
                .get("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    private String things() {
        return given().accept("text/html")
                .get("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    /** What people do to it: a line of its file, and a file of their own. */
    private void changed(String from, String to) {
        var work = GitClient.fresh();
        work.run(
                        "clone",
                        "--quiet",
                        RecordedHosts.repository(host.kind(), host.path()).toString(),
                        "work")
                .well();
        var clone = work.in("work");
        clone.file("settings.yaml", host.read("main", "settings.yaml").replace(from, to) + "\n")
                .file("README.md", "Mine")
                .committed("By hand");
        clone.run("push", "--quiet", "origin", "main").well();
    }

    private String output(Task task, String name) {
        return tasks.steps(task.id()).get(1).output().path(name).asText();
    }

    @Test
    void knows_its_template_its_version_and_its_commit() {
        var task = made(GITHUB);

        var made = things.history(GITHUB.ref()).getFirst();
        assertThat(made.task()).isEqualTo(task.id());
        assertThat(made.commit()).isEqualTo(GITHUB.git().line("rev-parse", "main"));
        assertThat(things())
                .contains("github.com/octo-org/penguins", "up to date", made.version())
                .contains(RecordedHosts.address("github") + "/octo-org/penguins")
                .doesNotContain("Update<span");
    }

    @Test
    void is_brought_up_to_date_by_a_pull_request() {
        made(GITHUB);
        changed("first: one", "first: mine");
        becomes("drei");
        assertThat(things()).contains("behind", "Update<span");
        also("github/penguins-there", "github/update-pull");

        var task = updated();

        assertThat(task.fault()).isNull();
        verify();
        var branch = output(task, "branch");
        assertThat(GITHUB.read(branch, "settings.yaml"))
                .contains("first: mine", "third: drei", "name: penguins");
        assertThat(GITHUB.read(branch, "README.md")).isEqualTo("Mine");
        assertThat(GITHUB.read("main", "settings.yaml")).contains("third: three");
        assertThat(GITHUB.git().line("log", "--format=%s", branch).lines())
                .containsExactly(
                        "Bring “%s” up to date".formatted(task.title()),
                        "By hand",
                        "initial commit");
        assertThat(output(task, "pullRequestUrl"))
                .isEqualTo("https://github.com/octo-org/penguins/pull/1348");
        GITHUB.git().run("fsck", "--full", "--strict").well();

        also("github/update-open");
        assertThat(things())
                .contains("behind", "https://github.com/octo-org/penguins/pull/1348")
                .contains("an update waits to be merged");
        // Whoever looks next finds what was said some seconds ago.
        things();
        verify();
    }

    @Test
    void counts_as_up_to_date_once_its_request_is_merged_however_that_is_done() {
        made(GITHUB);
        becomes("drei");
        also("github/penguins-there", "github/update-pull");
        var task = updated();
        // Squashed: the commit of the branch is not in the default one.
        changed("third: three", "third: drei");
        also("github/update-merged");

        assertThat(things()).contains("up to date").doesNotContain("Update<span");

        verify();
        assertThat(things.history(GITHUB.ref()).getFirst().request().state())
                .isEqualTo(dev.atelier.githosts.Proposal.State.MERGED);
        // The next one begins at what this one brought, and does nothing twice.
        becomes("trois");
        also("github/penguins-there", "github/update-pull");
        var next = updated();
        assertThat(next.fault()).isNull();
        assertThat(next.id()).isNotEqualTo(task.id());
        assertThat(GITHUB.read(output(next, "branch"), "settings.yaml"))
                .contains("third: trois")
                .doesNotContain("<<<<<<<");
        verify();
    }

    @Test
    void is_behind_again_when_its_request_was_closed() {
        made(GITHUB);
        becomes("drei");
        also("github/penguins-there", "github/update-pull");
        updated();
        also("github/update-closed");

        assertThat(things()).contains("behind", "Update<span").doesNotContain("an update waits");
        verify();
    }

    @Test
    void says_that_its_host_did_not_answer() {
        made(GITHUB);
        becomes("drei");
        also("github/penguins-there", "github/update-pull");
        updated();
        also("github/update-unauthorized");

        assertThat(things())
                .contains("Whether updates were merged is not known of all repositories")
                .contains("github.com does not accept the portal", "an update waits to be merged");
    }

    @Test
    void keeps_both_where_people_changed_the_same_lines() {
        made(GITHUB);
        changed("third: three", "third: mine");
        becomes("drei");
        also("github/penguins-there", "github/update-pull");

        var task = updated();

        assertThat(task.fault()).isNull();
        verify();
        assertThat(GITHUB.read(output(task, "branch"), "settings.yaml"))
                .contains("<<<<<<<", "third: mine", "third: drei", ">>>>>>>");
        assertThat(log.after(task.id(), 0, 100))
                .filteredOn(event -> "warn".equals(event.level()))
                .extracting(TaskEvent::message)
                .anyMatch(line -> line.startsWith("settings.yaml: both sides changed it"));
    }

    @Test
    void needs_no_request_where_people_made_the_same_change() {
        made(GITHUB);
        changed("third: three", "third: drei");
        becomes("drei");
        also("github/penguins-there");

        var task = updated();

        assertThat(task.fault()).isNull();
        verify();
        assertThat(GITHUB.git().line("branch", "--format=%(refname:short)")).isEqualTo("main");
        assertThat(things()).contains("up to date").doesNotContain("Update<span");
    }

    @Test
    void is_a_merge_request_on_gitlab() {
        made(GITLAB);
        becomes("drei");
        also("gitlab/penguins-there", "gitlab/update-request");

        var task = updated();

        assertThat(task.fault()).isNull();
        verify();
        assertThat(GITLAB.read(output(task, "branch"), "settings.yaml")).contains("third: drei");
        also("gitlab/update-merged");
        assertThat(things()).contains("up to date");
        verify();
    }

    @Test
    void is_a_pull_request_on_gitea_and_opened_once() {
        made(GITEA);
        becomes("drei");
        also("gitea/penguins-there", "gitea/update-pull-fault");
        var task = updated();
        assertThat(task.fault()).contains("opening a pull request in acme/penguins");
        var pushed = GITEA.git().line("branch", "--format=%(refname:short) %(objectname)");
        also("gitea/update-pull-there", "gitea/update-by-branches");

        task = again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(GITEA.git().line("branch", "--format=%(refname:short) %(objectname)"))
                .isEqualTo(pushed);
        assertThat(output(task, "pullRequestUrl"))
                .isEqualTo("https://gitea.com/acme/penguins/pulls/5");
        also("gitea/update-merged");
        assertThat(things()).contains("up to date");
        verify();
    }

    @Test
    void goes_on_with_its_own_branch_when_the_answer_to_the_push_was_lost() {
        made(GITHUB);
        becomes("drei");
        also("github/penguins-there");
        RecordedHosts.loseAnswers(true);
        var task = updated();
        assertThat(task.fault()).contains("The connection to github.com broke");
        var branch = "golden-path-" + task.id().toString().substring(0, 8);
        var pushed = GITHUB.git().line("rev-parse", branch);
        RecordedHosts.loseAnswers(false);
        changed("first: one", "first: mine");
        also("github/update-pull");

        task = again(task);

        assertThat(task.fault()).isNull();
        verify();
        assertThat(GITHUB.git().line("rev-parse", branch)).isEqualTo(pushed);
    }

    @Test
    void is_shown_to_whoever_made_it_and_to_nobody_who_had_no_part_in_it() {
        var maker = Person.named("maker").with("developer");
        made(GITHUB, maker);
        becomes("drei");
        var other = Person.named("other").with("developer");

        assertThat(things(maker)).contains("octo-org/penguins", "Update<span");
        assertThat(things(other)).doesNotContain("octo-org/penguins");
        other.asks()
                .formParam("ref", GITHUB.ref())
                .post("/golden-paths/default/{name}/things", template.name())
                .then()
                .statusCode(404);
    }

    @Test
    void is_another_one_when_its_name_was_free_again() {
        made(GITHUB);
        RecordedHosts.forget("github", GITHUB.path());
        var second = made(GITHUB);

        assertThat(things.history(GITHUB.ref()))
                .extracting(Made::task)
                .containsExactly(second.id());
    }
}
