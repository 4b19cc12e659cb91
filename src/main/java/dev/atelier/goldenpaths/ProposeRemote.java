package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Proposal;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.Scratch;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.revwalk.RevWalk;

/**
 * Pushes the files of the task as one commit to a branch of a repository that is there, and opens a
 * pull or merge request for it. The commit is made on top of what is there; of that the last commit
 * and its trees are fetched, not its files.
 *
 * <p>A step that is run again finds its own branch by the commit at its end, which has the time at
 * which the step began, and its own request by the branch.
 */
abstract class ProposeRemote extends BuiltIn {

    final Remotes remotes;
    private final HostKind kind;
    private final Set<String> notDone;

    /**
     * @param notDone inputs of Backstage's action that are left alone, with a warning
     */
    ProposeRemote(
            Remotes remotes,
            HostKind kind,
            String id,
            String description,
            Set<String> notDone,
            String input,
            String output,
            Example... examples) {
        super(id, description, input, output, examples);
        this.remotes = remotes;
        this.kind = kind;
        this.notDone = notDone;
    }

    /**
     * What is to change.
     *
     * @param removed paths of files or folders
     */
    record Changes(Map<String, FileContent> written, Set<String> removed) {
        boolean none() {
            return written.isEmpty() && removed.isEmpty();
        }
    }

    Changes changes(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        return new Changes(
                Remotes.files(
                        context,
                        input.path("sourcePath").asText(""),
                        input.path("targetPath").asText("")),
                Set.copyOf(texts(input.path("filesToDelete"))));
    }

    abstract Proposal proposal(Remotes.Place place, JsonNode input, String into);

    abstract void output(
            ActionContext context, Remotes.Place place, String into, Proposal.Opened opened);

    /** Whether a branch of that name that is there gets another commit. */
    boolean updates(JsonNode input) {
        return input.path("update").asBoolean();
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var place = remotes.place(context, kind, id());
        var branch = Remotes.branch(input.path("branchName").asText());
        Remotes.branch(input.path("targetBranchName").asText("main"));
        var changes = changes(context);
        Remotes.warnOf(context, notDone);
        if (branch.equals(input.path("targetBranchName").asText(""))) {
            throw new ActionFailed(
                    "%s cannot go into itself: give branchName and targetBranchName different names."
                            .formatted(Workspace.shown(branch)));
        }
        if (context.dryRun()) {
            context.log(
                    "Would push %d files to %s of %s and ask for a review."
                            .formatted(changes.written().size(), branch, place.shown()));
            var into = input.path("targetBranchName").asText("main");
            output(context, place, into, new Proposal.Opened(place.page(), 0, into));
            return;
        }
        var host = remotes.open(context, place);
        var begun = remotes.begun(context);
        var into = remotes.into(context, host, place, input.path("targetBranchName").asText(null));
        var pushed =
                context.checkpoint(
                        "pushed",
                        () ->
                                JsonNodeFactory.instance.textNode(
                                        pushed(context, host, place, into, changes, begun)));
        if (pushed.asText().isEmpty()) {
            context.log("Nothing would change; there is nothing to review.");
            context.output("targetBranchName", into);
            return;
        }
        var opened = remotes.opened(context, host, place, proposal(place, input, into));
        output(context, place, into, opened);
    }

    /** The commit at the end of the branch; empty where there was nothing to change. */
    private String pushed(
            ActionContext context,
            GitHost host,
            Remotes.Place place,
            String into,
            Changes changes,
            Instant begun)
            throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var branch = input.path("branchName").asText();
        try (var scratch = remotes.scratch()) {
            var there =
                    Remotes.asked(
                            () ->
                                    host.fetch(
                                            scratch.git(),
                                            place.path(),
                                            List.of(into, branch),
                                            false));
            var base = there.get(into);
            if (base == null) {
                throw new ActionFailed(
                        "There is no branch %s in %s.".formatted(into, place.shown()));
            }
            var tip = there.getOrDefault(branch, ObjectId.zeroId());
            var wish =
                    new CommitWish(
                            branch,
                            null,
                            input.path("commitMessage").asText(input.path("title").asText()),
                            remotes.author(input),
                            changes.written(),
                            changes.removed(),
                            false,
                            null);
            if (changes.none() && there.containsKey(branch)) {
                return tip.name();
            }
            if (there.containsKey(branch)) {
                if (scratch.holds(tip, wish.message(), wish.author(), begun)) {
                    return tip.name();
                }
                if (!updates(input)) {
                    throw new ActionFailed(
                            "There is a branch %s in %s already. Choose another name%s."
                                    .formatted(
                                            branch,
                                            place.shown(),
                                            kind == HostKind.GITLAB
                                                    ? ""
                                                    : ", or say update: true to add to it"));
                }
            }
            var parent = there.getOrDefault(branch, base);
            var commit = scratch.commit(parent, wish, begun);
            if (!input.path("createWhenEmpty").asBoolean(true) && same(scratch, parent, commit)) {
                return "";
            }
            Remotes.asked(
                    () -> {
                        host.push(scratch.git(), place.path(), branch, commit, tip);
                        return commit;
                    });
            context.log("Pushed %d files to %s.".formatted(changes.written().size(), branch));
            return commit.name();
        }
    }

    private static boolean same(Scratch.Opened scratch, ObjectId one, ObjectId other)
            throws IOException {
        try (var walk = new RevWalk(scratch.git())) {
            return walk.parseCommit(one).getTree().equals(walk.parseCommit(other).getTree());
        }
    }
}
