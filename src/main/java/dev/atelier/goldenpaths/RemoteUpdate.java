package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.Proposal;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.MergeWish;
import dev.atelier.repositories.Merged;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.lib.ObjectId;

/**
 * Brings a repository on a Git host to what its template makes now: on a branch, beside what people
 * did meanwhile, with a pull or merge request for it.
 *
 * <p>A step that is run again finds its branch by the commit at its end, which has the time at
 * which the step began, and its request by the branch.
 */
final class RemoteUpdate {

    /** What a merge came to, kept so that a step that is run again does not merge again. */
    private static final String CHANGED = "changed";

    private final Remotes remotes;
    private final ActionContext context;
    private final ActionContext.Update update;
    private final Remotes.Place place;

    RemoteUpdate(
            Remotes remotes,
            ActionContext context,
            ActionContext.Update update,
            Remotes.Place place) {
        this.remotes = remotes;
        this.context = context;
        this.update = update;
        this.place = place;
    }

    /**
     * @param files as the template makes them now
     * @param source the folder that they are from
     */
    void run(Map<String, FileContent> files, Path source)
            throws ActionFailed, IOException, InterruptedException {
        if (!update.ref().equalsIgnoreCase(place.ref())) {
            throw new ActionFailed(
                    "An update keeps the owner and the name of the repository: %s."
                            .formatted(Made.name(update.ref())));
        }
        if (files.isEmpty()) {
            throw new ActionFailed("There is no file to publish.");
        }
        var branch = "golden-path-" + context.taskId().toString().substring(0, 8);
        if (context.dryRun()) {
            context.log(
                    "Would merge %d files into the branch %s of %s and ask for a review."
                            .formatted(files.size(), branch, place.shown()));
            return;
        }
        var host = remotes.open(context, place);
        var begun = remotes.begun(context);
        var into = remotes.into(context, host, place, null);
        var pushed = context.checkpoint("pushed", () -> pushed(host, into, branch, files, begun));
        var commit = pushed.path("commit").asText();
        context.output("commitHash", commit);
        if (!pushed.path(CHANGED).asBoolean()) {
            context.log("Its files are as the golden path makes them; nothing is to be merged.");
            context.made(update.ref(), commit, source);
            return;
        }
        context.output("branch", branch);
        var opened =
                remotes.opened(
                        context,
                        host,
                        place,
                        Proposal.of(
                                place.owner(),
                                place.repo(),
                                branch,
                                into,
                                title(),
                                description(pushed.path("conflicts"))));
        context.output("pullRequestUrl", opened.page());
        context.made(update.ref(), commit, source, opened);
    }

    private String title() {
        return "Bring “%s” up to date".formatted(update.title());
    }

    private String description(JsonNode conflicts) {
        var text =
                new StringBuilder(
                        "The golden path “%s” makes other files now than in version %s. This does the difference to those here.\n"
                                .formatted(update.title(), update.from()));
        if (!conflicts.isEmpty()) {
            text.append("\nBoth sides changed these; keep what is right:\n");
            conflicts.forEach(one -> text.append("- ").append(one.asText()).append('\n'));
        }
        if (!context.portal().isEmpty()) {
            text.append("\n%s/tasks/%s\n".formatted(context.portal(), context.taskId()));
        }
        return text.toString();
    }

    private ObjectNode pushed(
            GitHost host, String into, String branch, Map<String, FileContent> files, Instant begun)
            throws ActionFailed, IOException, InterruptedException {
        var author = remotes.author(context.input());
        try (var scratch = remotes.scratch()) {
            var there =
                    Remotes.asked(
                            () ->
                                    host.fetch(
                                            scratch.git(),
                                            place.path(),
                                            List.of(into, branch),
                                            true));
            var ours = there.get(into);
            if (ours == null) {
                throw new ActionFailed(
                        "There is no branch %s in %s.".formatted(into, place.shown()));
            }
            var merged = scratch.merge(ours, wish(into, branch, files, author), begun);
            for (var conflict : merged.conflicts()) {
                context.warn(
                        "%s: %s. Both are in the file, between marks; keep what is right."
                                .formatted(conflict.path(), conflict.why()));
            }
            var own = there.get(branch);
            if (own != null) {
                if (!scratch.holds(own, title(), author, begun)) {
                    throw new ActionFailed(
                            "There is a branch %s in %s already, with other commits."
                                    .formatted(branch, place.shown()));
                }
                return came(own, true, merged);
            }
            var commit = merged.commit();
            if (commit == null) {
                return came(ours, false, merged);
            }
            var id = ObjectId.fromString(commit.id());
            Remotes.asked(
                    () -> {
                        host.push(scratch.git(), place.path(), branch, id, ObjectId.zeroId());
                        return id;
                    });
            merged.changed().forEach(path -> context.log("Changes " + path));
            return came(id, true, merged);
        }
    }

    private MergeWish wish(
            String into, String branch, Map<String, FileContent> files, Author author) {
        return new MergeWish(into, update.before(), files, branch, title(), author, true, null);
    }

    private static ObjectNode came(ObjectId commit, boolean changed, Merged merged) {
        var kept =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("commit", commit.name())
                        .put(CHANGED, changed);
        var conflicts = kept.putArray("conflicts");
        merged.conflicts().forEach(one -> conflicts.add(one.path() + ": " + one.why()));
        return kept;
    }
}
