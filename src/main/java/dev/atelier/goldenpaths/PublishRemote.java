package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.NewRepository;
import dev.atelier.githosts.RemoteRepository;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;

/**
 * Makes a repository on a Git host and pushes the files of the task as its first commit.
 *
 * <p>A step that is run again makes nothing twice. That the name was free is kept before anything
 * is asked for, so a repository that is there afterwards, empty and made since, is this step's own
 * although the answer was lost. The commit has the time at which the step began: made again it is
 * the same one.
 */
abstract class PublishRemote extends BuiltIn {

    /** Two clocks may differ by so much. */
    private static final Duration CLOCKS = Duration.ofMinutes(10);

    static final String OUTPUT =
            """
            {"type": "object", "properties": {
              "remoteUrl": {"type": "string", "title": "What git clone is told"},
              "repoContentsUrl": {"type": "string", "title": "For catalog:register"},
              "commitHash": {"type": "string", "title": "The commit: the first one, or that of an update"},
              "branch": {"type": "string", "title": "Branch of an update"},
              "pullRequestUrl": {"type": "string", "title": "Page of the request that an update is"}%s}}
            """;

    final Remotes remotes;
    private final HostKind kind;
    private final String usualBranch;
    private final Set<String> notDone;

    /**
     * @param notDone inputs of Backstage's action that are left alone, with a warning
     */
    PublishRemote(
            Remotes remotes,
            HostKind kind,
            String id,
            String usualBranch,
            Set<String> notDone,
            String input,
            String moreOutput,
            Example... examples) {
        super(
                id,
                "Makes a repository on %s, with the files of the task as its first commit."
                        .formatted(kind.label()),
                input,
                OUTPUT.formatted(moreOutput),
                examples);
        this.remotes = remotes;
        this.kind = kind;
        this.usualBranch = usualBranch;
        this.notDone = notDone;
    }

    /** What the host is asked for. */
    abstract NewRepository wish(Remotes.Place place, JsonNode input, String branch);

    /** What comes after the push: rules, people, variables. Doing it twice does no harm. */
    abstract void finish(ActionContext context, GitHost host, RemoteRepository made, String branch)
            throws HostFailed, InterruptedException;

    /** Whether a repository that is there already ends the step well. */
    boolean skipsExisting(JsonNode input) {
        return false;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var place = remotes.place(context, kind, id());
        var branch = Remotes.branch(input.path("defaultBranch").asText(usualBranch));
        var source = input.path("sourcePath");
        boolean empty = source.isBoolean() && !source.booleanValue();
        Map<String, FileContent> files =
                empty
                        ? Map.of()
                        : Remotes.files(context, source.isTextual() ? source.asText() : "", "");
        if (!empty && files.isEmpty()) {
            throw new ActionFailed("There is no file to publish.");
        }
        context.output("remoteUrl", place.site().remoteUrl(place.path()));
        context.output("repoContentsUrl", place.site().contents(place.path(), branch));
        Remotes.warnOf(context, notDone);
        if (context.update().isPresent()) {
            new RemoteUpdate(remotes, context, context.update().get(), place)
                    .run(files, source(context));
            return;
        }
        if (context.dryRun()) {
            context.log("Would make %s with %d files.".formatted(place.shown(), files.size()));
            context.output("commitHash", ObjectId.zeroId().name());
            return;
        }
        var host = remotes.open(context, place);
        var begun = remotes.begun(context);
        var free = new boolean[1];
        var before =
                context.checkpoint(
                        "free",
                        () -> {
                            free[0] = true;
                            return BooleanNode.valueOf(isFree(host, place, input));
                        });
        if (!before.booleanValue()) {
            context.log("There is %s already; it is left as it is.".formatted(place.shown()));
            context.output("created", BooleanNode.FALSE);
            return;
        }
        var wish = wish(place, input, branch);
        var made =
                read(
                        context.checkpoint(
                                "made", () -> write(made(host, place, wish, begun, free[0]))));
        context.log("Made %s.".formatted(place.shown()));
        output(context, made);
        if (!empty) {
            var commit =
                    context.checkpoint(
                            "pushed",
                            () ->
                                    TextNode.valueOf(
                                            push(context, host, place, branch, files, begun)));
            context.output("commitHash", commit);
            context.log("Pushed %d files to %s.".formatted(files.size(), branch));
            context.made(place.ref(), commit.asText(), source(context));
        }
        Remotes.asked(
                () -> {
                    finish(context, host, made, branch);
                    return made;
                });
    }

    void output(ActionContext context, RemoteRepository made) {}

    @Override
    public boolean updates() {
        return true;
    }

    private static Path source(ActionContext context) throws ActionFailed {
        var source = context.input().path("sourcePath");
        return context.workspace().path(source.isTextual() ? source.asText() : "");
    }

    private boolean isFree(GitHost host, Remotes.Place place, JsonNode input)
            throws ActionFailed, IOException, InterruptedException {
        if (Remotes.asked(() -> host.find(place.owner(), place.repo())).isEmpty()) {
            return true;
        }
        if (skipsExisting(input)) {
            return false;
        }
        throw taken(place);
    }

    private static ActionFailed taken(Remotes.Place place) {
        return new ActionFailed(
                "There is a repository %s on %s already. Choose another name."
                        .formatted(place.path(), place.site().host()));
    }

    /**
     * @param first whether nothing was asked for before; then what is there is somebody else's
     */
    private RemoteRepository made(
            GitHost host, Remotes.Place place, NewRepository wish, Instant begun, boolean first)
            throws ActionFailed, IOException, InterruptedException {
        RemoteRepository made;
        try {
            made = host.create(wish);
        } catch (HostFailed e) {
            if (!e.taken() || first) {
                throw new ActionFailed(e.reason());
            }
            made = Remotes.asked(() -> own(host, place, begun));
        }
        remotes.record(
                "repository.publish",
                place,
                Map.of("visibility", wish.visibility(), "action", id()));
        return made;
    }

    private static RemoteRepository own(GitHost host, Remotes.Place place, Instant begun)
            throws ActionFailed, HostFailed, InterruptedException {
        var there = host.find(place.owner(), place.repo());
        if (there.isEmpty()
                || there.get().createdAt().isBefore(begun.minus(CLOCKS))
                || !host.branches(place.owner(), place.repo()).isEmpty()) {
            throw taken(place);
        }
        return there.get();
    }

    private String push(
            ActionContext context,
            GitHost host,
            Remotes.Place place,
            String branch,
            Map<String, FileContent> files,
            Instant begun)
            throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        try (var scratch = remotes.scratch()) {
            var commit =
                    scratch.commit(
                            null,
                            CommitWish.of(
                                    branch,
                                    input.path("gitCommitMessage").asText("initial commit"),
                                    remotes.author(input),
                                    files),
                            begun);
            return Remotes.asked(
                    () -> {
                        host.push(scratch.git(), place.path(), branch, commit, ObjectId.zeroId());
                        return commit.name();
                    });
        }
    }

    private static ObjectNode write(RemoteRepository made) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", made.id())
                .put("owner", made.owner())
                .put("name", made.name());
    }

    private static RemoteRepository read(JsonNode kept) {
        return new RemoteRepository(
                kept.path("id").asText(),
                kept.path("owner").asText(),
                kept.path("name").asText(),
                "",
                Instant.EPOCH);
    }
}
