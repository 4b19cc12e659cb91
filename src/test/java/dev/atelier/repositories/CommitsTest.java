package dev.atelier.repositories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.arc.Arc;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A commit that the portal makes")
class CommitsTest {

    private static final Author INES = new Author("Ines <the first>", "ines@example.org");

    @TestHTTPResource("/")
    URI portal;

    @Inject Repositories repositories;
    @Inject Commits commits;
    @Inject Contents contents;
    @Inject RefMoves moves;
    @Inject Housekeeping housekeeping;
    @Inject Storage storage;
    @Inject Sql sql;

    private boolean ended;

    /** As a task of the portal works: nobody asks at the moment. */
    @BeforeEach
    void outside_of_a_request() {
        ended = Arc.container().requestContext().isActive();
        if (ended) {
            Arc.container().requestContext().terminate();
        }
    }

    @AfterEach
    void back() {
        if (ended) {
            Arc.container().requestContext().activate();
        }
    }

    private GitRepository repository() {
        return repositories.create(
                "group:default/vision", GitTest.named("made"), "", "user:default/ines");
    }

    private static CommitWish files(String message, Map<String, FileContent> files) {
        return CommitWish.adding("main", message, INES, files);
    }

    @Test
    void can_be_cloned_with_its_files_modes_and_author() {
        var repository = repository();
        var made =
                commits.commit(
                        repository,
                        files(
                                "Begin\n\nWith a reason",
                                Map.of(
                                        "README.md", FileContent.of("# Ünïcode\n"),
                                        "bin/run", FileContent.program("#!/bin/sh\n"))));

        var client = GitClient.fresh();
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
        var work = client.in("work");
        assertThat(client.path("work/README.md")).hasContent("# Ünïcode");
        assertThat(client.path("work/bin/run").toFile().canExecute()).isTrue();
        assertThat(work.line("log", "-1", "--format=%H|%an|%ae|%cn|%s|%b"))
                .isEqualTo(
                        made.id()
                                + "|Ines  the first|ines@example.org|Atelier|Begin|With a reason");
        work.run("fsck", "--strict").well();
        assertThat(contents.read(repository, "", "README.md").orElseThrow().text())
                .isEqualTo("# Ünïcode\n");
        assertThat(contents.tree(repository, "main", ""))
                .containsExactly(
                        new TreeEntry("bin", TreeEntry.Kind.FOLDER, 0),
                        new TreeEntry("README.md", TreeEntry.Kind.FILE, 12));
    }

    @Test
    void adds_to_what_is_there_takes_away_and_makes_no_empty_one() {
        var repository = repository();
        commits.commit(
                repository,
                files(
                        "One",
                        Map.of(
                                "a", FileContent.of("1"),
                                "b/c", FileContent.of("2"),
                                "b/d", FileContent.of("3"))));
        var second =
                commits.commit(
                        repository,
                        new CommitWish(
                                "main",
                                null,
                                "Two",
                                INES,
                                Map.of("a/now/a/folder", FileContent.of("4")),
                                Set.of("b"),
                                false,
                                null));

        assertThat(contents.files(repository, "main").keySet()).containsExactly("a/now/a/folder");
        var again =
                commits.commit(
                        repository, files("Same", Map.of("a/now/a/folder", FileContent.of("4"))));
        assertThat(again.id()).isEqualTo(second.id());
        var topic =
                commits.commit(
                        repository,
                        CommitWish.of("topic", "Three", INES, Map.of("x", FileContent.of("5"))));
        assertThat(topic.parents()).containsExactly(second.id());
        assertThat(contents.branches(repository)).containsExactly("main", "topic");
        assertThat(contents.files(repository, "topic").keySet()).containsExactly("x");
    }

    @Test
    void refuses_paths_that_lead_elsewhere_and_files_that_are_folders_too() {
        var repository = repository();
        for (var path :
                List.of(
                        "../a",
                        "a/../b",
                        "/etc/passwd",
                        "a//b",
                        ".git/config",
                        "a/.GIT/x",
                        "a\u0000b",
                        "")) {
            assertThatThrownBy(
                            () ->
                                    commits.commit(
                                            repository,
                                            files("No", Map.of(path, FileContent.of("x")))))
                    .as(path)
                    .isInstanceOf(Invalid.class);
        }
        assertThatThrownBy(
                        () ->
                                commits.commit(
                                        repository,
                                        files(
                                                "No",
                                                Map.of(
                                                        "a", FileContent.of("x"),
                                                        "a/b", FileContent.of("x")))))
                .isInstanceOf(Invalid.class);
        assertThat(contents.empty(repository)).isTrue();
    }

    @Test
    void is_made_once_for_one_key_however_often_it_is_asked_for() {
        var repository = repository();
        var wish = files("Once", Map.of("a", FileContent.of("1"))).withKey("task-7/publish");
        var first = commits.commit(repository, wish);
        commits.commit(repository, files("Later", Map.of("a", FileContent.of("2"))));

        assertThat(commits.commit(repository, wish).id()).isEqualTo(first.id());
        assertThat(contents.read(repository, "", "a").orElseThrow().text()).isEqualTo("2");
    }

    @Test
    void goes_into_a_repository_that_is_made_once_for_one_key() {
        var name = GitTest.named("once");
        var key = "task-" + name;
        var owner = "group:default/vision";
        var first = repositories.createOnce(owner, name, "", "user:default/ines", key);

        assertThat(repositories.createOnce(owner, name, "", "user:default/ines", key))
                .isEqualTo(first);
        assertThatThrownBy(
                        () ->
                                repositories.createOnce(
                                        owner, name, "", "user:default/ines", key + "-other"))
                .isInstanceOf(Conflict.class);
    }

    /**
     * What the portal finds that was killed after the key was kept, and before the branch moved.
     */
    @Test
    void goes_on_to_the_same_commit_when_the_portal_was_killed_before_its_branch_moved()
            throws Exception {
        var repository = repository();
        var wish = files("Once", Map.of("a", FileContent.of("1"))).withKey("k");
        var first = commits.commit(repository, wish);
        sql.update(
                "update repository_commit set moved = false where key = 'k' and repository = ?",
                repository.id());
        try (var git = storage.open(repository)) {
            var back = git.updateRef(Constants.R_HEADS + "main");
            back.setForceUpdate(true);
            back.delete();
        }

        var resumed = commits.commit(repository, wish);

        assertThat(resumed.id()).isEqualTo(first.id());
        assertThat(contents.commit(repository, "main").orElseThrow().id()).isEqualTo(first.id());
    }

    /**
     * What it finds that was killed after the branch moved, and before the audit log was written.
     */
    @Test
    void is_told_to_the_audit_log_also_when_the_portal_was_killed_before_it_could()
            throws Exception {
        var repository = repository();
        var made = commits.commit(repository, files("One", Map.of("a", FileContent.of("1"))));
        var never = ObjectId.fromString("1234567890123456789012345678901234567890");
        for (var id : List.of(made.id(), never.name())) {
            sql.update(
                    """
                    insert into repository_move (repository, ref, old_id, new_id, way, actor)
                    values (?, 'refs/heads/main', ?, ?, 'push', 'user:default/ines')
                    """,
                    repository.id(),
                    ObjectId.zeroId().name(),
                    id);
        }

        housekeeping.tidy();

        assertThat(
                        sql.list(
                                "select new_id || ' ' || state from repository_move where"
                                        + " repository = ? and way = 'push' order by id",
                                row -> row.getString(1),
                                repository.id()))
                .containsExactly(made.id() + " done", never.name() + " failed");
        assertThat(
                        sql.list(
                                "select detail::text from audit_event where resource = ? and action"
                                        + " = 'repository.push'",
                                row -> row.getString(1),
                                repository.ref()))
                .singleElement()
                .asString()
                .contains("user:default/ines", made.id());
    }

    @Test
    void stands_in_line_with_others_to_the_same_branch() {
        var repository = repository();

        var all =
                IntStream.range(0, 8)
                        .parallel()
                        .mapToObj(
                                i ->
                                        commits.commit(
                                                repository,
                                                files(
                                                        "File " + i,
                                                        Map.of("f" + i, FileContent.of("x")))))
                        .toList();

        assertThat(all).extracting(Commit::id).doesNotHaveDuplicates();
        assertThat(contents.files(repository, "").keySet()).hasSize(8);
    }

    // Merges --------------------------------------------------------------------------------------

    private static final String LINES = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

    private static Map<String, FileContent> texts(String... pathsAndTexts) {
        var files = new java.util.TreeMap<String, FileContent>();
        for (int i = 0; i < pathsAndTexts.length; i += 2) {
            files.put(pathsAndTexts[i], FileContent.of(pathsAndTexts[i + 1]));
        }
        return files;
    }

    private static MergeWish update(
            Map<String, FileContent> base, Map<String, FileContent> theirs, boolean mark) {
        return new MergeWish("main", base, theirs, "update/2", "Update", INES, mark, null);
    }

    @Test
    void merges_what_a_template_changed_with_what_people_changed() {
        var repository = repository();
        var base = texts("app.py", LINES, "gone", "x", "Dockerfile", "FROM a\n");
        commits.commit(repository, files("Made", base));
        commits.commit(
                repository,
                files("Ours", texts("app.py", LINES.replace("one", "ONE"), "own", "mine")));

        var merged =
                commits.merge(
                        repository,
                        update(
                                base,
                                texts(
                                        "app.py",
                                        LINES.replace("seven", "SEVEN"),
                                        "Dockerfile",
                                        "FROM b\n",
                                        "new/file",
                                        "n"),
                                false));

        assertThat(merged.conflicts()).isEmpty();
        assertThat(merged.changed()).containsExactly("Dockerfile", "app.py", "gone", "new/file");
        var files = contents.files(repository, "update/2");
        assertThat(files.keySet()).containsExactly("Dockerfile", "app.py", "new/file", "own");
        assertThat(files.get("app.py").text())
                .isEqualTo(LINES.replace("one", "ONE").replace("seven", "SEVEN"));
        assertThat(contents.files(repository, "main").get("Dockerfile").text())
                .isEqualTo("FROM a\n");
    }

    @Test
    void says_what_both_sides_changed_and_marks_it_when_asked() {
        var repository = repository();
        var base = texts("app.py", LINES, "removed", "x", "kept", "y");
        commits.commit(repository, files("Made", base));
        commits.commit(
                repository,
                new CommitWish(
                        "main",
                        null,
                        "Ours",
                        INES,
                        texts("app.py", LINES.replace("four", "OURS"), "kept", "ours"),
                        Set.of("removed"),
                        false,
                        null));
        var theirs = texts("app.py", LINES.replace("four", "THEIRS"), "removed", "changed");

        var told = commits.merge(repository, update(base, theirs, false));

        assertThat(told.commit()).isNull();
        assertThat(told.conflicts())
                .extracting(Merged.Conflict::path, Merged.Conflict::why)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("app.py", "both sides changed it"),
                        org.assertj.core.groups.Tuple.tuple(
                                "kept", "they removed it, it was changed here"),
                        org.assertj.core.groups.Tuple.tuple(
                                "removed", "it was removed here, they changed it"));
        assertThat(contents.branches(repository)).containsExactly("main");

        var marked = commits.merge(repository, update(base, theirs, true));

        assertThat(marked.commit()).isNotNull();
        assertThat(contents.read(repository, "update/2", "app.py").orElseThrow().text())
                .contains("<<<<<<< ours\nOURS\n=======\nTHEIRS\n>>>>>>> theirs\n");
        assertThatThrownBy(() -> commits.merge(repository, update(base, theirs, true)))
                .isInstanceOf(Conflict.class);
    }
}
