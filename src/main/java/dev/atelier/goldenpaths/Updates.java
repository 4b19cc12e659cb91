package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.repositories.FileContent;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Brings what a golden path made to what it makes now: a run of the template as it is, with the
 * answers of then, whose files are merged with what people made of the earlier ones.
 */
@ApplicationScoped
class Updates {

    private final MadeThings things;
    private final Standings standings;
    private final Tasks tasks;
    private final Caller caller;
    private final ObjectMapper json;
    private final GoldenPathsConfig config;

    Updates(
            MadeThings things,
            Standings standings,
            Tasks tasks,
            Caller caller,
            ObjectMapper json,
            GoldenPathsConfig config) {
        this.things = things;
        this.standings = standings;
        this.tasks = tasks;
        this.caller = caller;
        this.json = json;
        this.config = config;
    }

    /**
     * What a repository is at.
     *
     * @throws NotFound when the caller sees none of this reference, or no golden path made it
     */
    Standings.Standing standing(String ref) {
        return standings
                .of(things.history(ref))
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "There is no repository %s that a golden path made, or it is not shown to you."
                                                .formatted(Workspace.shown(ref))));
    }

    /**
     * Refuses whoever may not bring it up to date with this template.
     *
     * @throws Conflict when the template did not make it, or has nothing newer
     */
    Made check(Standings.Standing standing, Template template) {
        var made = standing.at();
        if (made.isElsewhere() && !standing.mayWrite()) {
            throw new Conflict(
                    "The Git host of %s is not set up here any more.".formatted(made.name()));
        }
        if (!made.isElsewhere()) {
            caller.require(Permission.REPOSITORY_WRITE, made.ref());
        }
        if (!made.template().equals(template.ref())) {
            throw new Conflict("%s was made by %s.".formatted(made.name(), made.template()));
        }
        if (made.version().equals(template.version())) {
            throw new Conflict(
                    "%s is at the newest version of this golden path.".formatted(made.name()));
        }
        return made;
    }

    /**
     * Adds to the facts of a task what it brings up to date.
     *
     * @throws Conflict when it is there already
     */
    void mark(ObjectNode spec, Template template, String ref) {
        var made = check(standing(ref), template);
        var update = spec.putObject("update");
        update.put("ref", ref);
        update.put("made", made.id());
        update.put("from", made.version());
        var outputs = update.putObject("outputs");
        // Those of the first task: what later ones left out is not theirs to tell.
        var first = things.history(ref).getLast();
        for (var step : tasks.steps(first.task())) {
            if (step.output() != null) {
                outputs.set(step.id(), step.output());
            }
        }
    }

    /**
     * What a task brings up to date, with the files as they were made.
     *
     * @param folder for what is needed on the way
     */
    Optional<ActionContext.Update> of(Task task, Path folder) throws IOException {
        var update = task.spec().path("update");
        if (!update.isObject()) {
            return Optional.empty();
        }
        var ref = update.path("ref").asText();
        var made =
                things.history(ref).stream()
                        .filter(one -> one.id() == update.path("made").asLong())
                        .findFirst();
        if (made.isEmpty()) {
            throw new IOException("what it brings up to date is gone: " + ref);
        }
        return Optional.of(
                new ActionContext.Update(
                        ref, task.title(), made.get().version(), before(made.get(), folder)));
    }

    private Map<String, FileContent> before(Made made, Path folder) throws IOException {
        var archive = things.files(made);
        if (archive == null) {
            throw new IOException("the files that it was made of were not kept");
        }
        var beside =
                new Workspace(
                        folder.resolveSibling(folder.getFileName() + "-before"),
                        config.workspaceMost().asLongValue());
        try {
            beside.restore(archive);
            var files = new LinkedHashMap<String, FileContent>();
            for (var name : beside.files()) {
                files.put(name, beside.content(name));
            }
            return files;
        } finally {
            Workspace.remove(beside.root());
        }
    }
}
