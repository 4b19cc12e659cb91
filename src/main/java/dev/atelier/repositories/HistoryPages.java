package dev.atelier.repositories;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Ago;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.filter.AndTreeFilter;
import org.eclipse.jgit.treewalk.filter.PathFilter;
import org.eclipse.jgit.treewalk.filter.TreeFilter;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Commits, branches and tags of a repository, for people. */
@Path("/repositories/{team}/{repository}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class HistoryPages {

    private static final int ROWS = 50;

    /** Further back is for Git itself. */
    private static final int FURTHEST = 10_000;

    private static final int REFS = 500;

    @CheckedTemplate(basePath = "repositories")
    static class Templates {
        static native TemplateInstance commits(RepositoryShell shell, History page);

        static native TemplateInstance commit(RepositoryShell shell, One page);

        static native TemplateInstance branches(RepositoryShell shell, Refs page);
    }

    /**
     * Commits of a ref, the latest first.
     *
     * @param path of which file or folder; empty for all
     * @param more address of those that follow, null at the end
     */
    public record History(
            String ref,
            List<CodePages.RefOption> refs,
            String path,
            String whole,
            List<Row> rows,
            @Nullable String more) {}

    public record Row(Commit commit, String address, String ago) {}

    /** A commit with what it changed. */
    public record One(
            Commit commit, String ago, List<Parent> parents, Changed changed, String browse) {}

    public record Parent(String id, String address) {}

    /**
     * @param cut whether there are more
     */
    public record Refs(List<RefRow> branches, List<RefRow> tags, boolean cut) {}

    /** A branch or tag with its latest commit. */
    public record RefRow(
            String name,
            boolean first,
            String address,
            Commit commit,
            String commitAddress,
            String ago) {}

    private final RepositoryShells shells;
    private final Contents contents;

    HistoryPages(RepositoryShells shells, Contents contents) {
        this.shells = shells;
        this.contents = contents;
    }

    @GET
    @Path("commits")
    public TemplateInstance commits(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @RestQuery @Nullable String ref,
            @RestQuery @Nullable String path,
            @RestQuery @Nullable Integer after) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        var wanted = ref == null ? "" : ref.strip();
        var of = path == null ? "" : path;
        var skip = after == null ? 0 : Math.clamp(after, 0, FURTHEST);
        return contents.reading(
                repository,
                git -> {
                    var shell = shells.shell(repository, "commits", git);
                    if (shell.branches() == 0 && wanted.isEmpty()) {
                        return CodePages.Templates.begin(shell);
                    }
                    var found = walked(git, Contents.resolve(git, repository, wanted), of, skip);
                    var now = Instant.now();
                    var address = CodeAddress.of(repository, "commits", wanted, of);
                    return Templates.commits(
                            shell,
                            new History(
                                    wanted,
                                    CodePages.refs(git, repository, wanted),
                                    of,
                                    CodeAddress.of(repository, "commits", wanted, ""),
                                    found.stream()
                                            .limit(ROWS)
                                            .map(commit -> row(repository, commit, now))
                                            .toList(),
                                    found.size() > ROWS && skip + ROWS < FURTHEST
                                            ? address
                                                    + (address.contains("?") ? "&" : "?")
                                                    + "after="
                                                    + (skip + ROWS)
                                            : null));
                });
    }

    private static Row row(GitRepository repository, Commit commit, Instant now) {
        return new Row(
                commit, repository.address() + "/commits/" + commit.id(), Ago.of(commit.at(), now));
    }

    private static List<Commit> walked(Repository git, RevCommit from, String path, int skip)
            throws IOException {
        try (var walk = new RevWalk(git)) {
            walk.markStart(walk.parseCommit(from));
            if (!path.isEmpty()) {
                walk.setTreeFilter(
                        AndTreeFilter.create(PathFilter.create(path), TreeFilter.ANY_DIFF));
            }
            var commits = new ArrayList<Commit>();
            var at = 0;
            for (var commit : walk) {
                if (at++ >= skip) {
                    walk.parseBody(commit);
                    commits.add(Commit.of(commit));
                }
                if (commits.size() > ROWS) {
                    break;
                }
            }
            return commits;
        }
    }

    @GET
    @Path("commits/{id}")
    public TemplateInstance commit(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @PathParam("id") String id) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        return contents.reading(
                repository,
                git -> {
                    var found = Contents.resolve(git, repository, id);
                    var commit = Commit.of(found);
                    return Templates.commit(
                            shells.shell(repository, "commits", git),
                            new One(
                                    commit,
                                    Ago.of(commit.at(), Instant.now()),
                                    commit.parents().stream()
                                            .map(
                                                    parent ->
                                                            new Parent(
                                                                    parent.substring(0, 8),
                                                                    repository.address()
                                                                            + "/commits/"
                                                                            + parent))
                                            .toList(),
                                    Changed.by(git, found),
                                    CodeAddress.of(repository, "", commit.id(), "")));
                });
    }

    @GET
    @Path("branches")
    public TemplateInstance branches(
            @PathParam("team") String team, @PathParam("repository") String name) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        return contents.reading(
                repository,
                git -> {
                    var shell = shells.shell(repository, "branches", git);
                    return Templates.branches(
                            shell,
                            new Refs(
                                    rows(git, repository, Constants.R_HEADS),
                                    rows(git, repository, Constants.R_TAGS),
                                    shell.branches() > REFS || shell.tags() > REFS));
                });
    }

    private static List<RefRow> rows(Repository git, GitRepository repository, String place)
            throws IOException {
        var rows = new ArrayList<RefRow>();
        var now = Instant.now();
        try (var walk = new RevWalk(git)) {
            for (var ref : git.getRefDatabase().getRefsByPrefix(place)) {
                var id = ref.getObjectId();
                // A tag may name a file or a folder.
                if (id == null
                        || rows.size() >= REFS
                        || !(walk.peel(walk.parseAny(id)) instanceof RevCommit found)) {
                    continue;
                }
                walk.parseBody(found);
                var commit = Commit.of(found);
                var name = ref.getName().substring(place.length());
                rows.add(
                        new RefRow(
                                name,
                                place.equals(Constants.R_HEADS)
                                        && name.equals(repository.defaultBranch()),
                                CodeAddress.of(repository, "", name, ""),
                                commit,
                                repository.address() + "/commits/" + commit.id(),
                                Ago.of(commit.at(), now)));
            }
        }
        rows.sort(
                Comparator.comparing((RefRow row) -> !row.first)
                        .thenComparing(row -> row.commit.at(), Comparator.reverseOrder()));
        return rows;
    }
}
