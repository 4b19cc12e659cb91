package dev.atelier.models;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.experiments.Artifacts;
import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import dev.atelier.goldenpaths.FormUploads;
import dev.atelier.goldenpaths.Workspace;
import dev.atelier.identity.Caller;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code atelier:model:register}. */
@Singleton
class ModelRegister extends BuiltIn {

    private static final String POINTER = "version https://git-lfs.github.com/spec/";
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Registration registration;
    private final Versions versions;
    private final RunSource sources;
    private final MachineFolders machine;
    private final FormUploads uploads;
    private final Caller caller;

    ModelRegister(
            Registration registration,
            Versions versions,
            RunSource sources,
            MachineFolders machine,
            FormUploads uploads,
            Caller caller) {
        super(
                "atelier:model:register",
                "Registers files as a version of a model, new or not, and waits for the verdict of the scan."
                        + " The files are those of the task unless upload, source or folder names others.",
                """
                {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                  "name": {"type": "string", "maxLength": 63, "title": "Name of the model"},
                  "path": {"type": "string", "title": "File or folder in the task's files; all of them unless given"},
                  "upload": {"type": "string", "maxLength": 100,
                    "title": "Files that were uploaded for a question, as FileUpload answers: upload:…"},
                  "source": {"type": "string", "maxLength": 2000,
                    "title": "Files that lie in this portal: runs:/…, models:/…, mlflow-artifacts:/…"},
                  "folder": {"type": "string", "maxLength": 2000,
                    "title": "Folder of the portal's machine, below atelier.imports.roots; for platform admins"},
                  "owner": {"type": "string", "title": "Who owns a new model; whoever starts the task unless given"},
                  "license": {"type": "string", "title": "License of the version"},
                  "description": {"type": "string", "title": "What the model is"},
                  "note": {"type": "string", "title": "What this version is"},
                  "card": {"type": "string", "title": "Model card, where the files have no README.md"},
                  "code": {"type": "string", "title": "Where the code lies that made it, say a commit's address"},
                  "datasets": {"type": "array", "items": {"type": "string"}, "title": "Data sets it was trained on"},
                  "tags": {"type": "object", "additionalProperties": {"type": "string"}, "title": "Tags of the version"},
                  "force": {"type": "boolean", "title": "Registers files that the newest version has already"}}}
                """,
                """
                {"type": "object", "properties": {
                  "name": {"type": "string", "title": "Name of the model"},
                  "version": {"type": "integer", "title": "Number of the version"},
                  "entityRef": {"type": "string", "title": "The model in the catalog"},
                  "digest": {"type": "string", "title": "SHA-256 of the files"},
                  "servable": {"type": "boolean", "title": "Whether Try it answers"},
                  "versionUrl": {"type": "string", "title": "Page of the version"},
                  "tryUrl": {"type": "string", "title": "Page to try it"}}}
                """,
                new Example(
                        "Register a folder of the task's files",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                            targetPath: model
                        - id: register
                          action: atelier:model:register
                          input:
                            name: penguins
                            path: model
                            license: apache-2.0
                        - action: debug:log
                          input:
                            message: "Version ${{ steps.register.output.version }}: ${{ steps.register.output.versionUrl }}"
                        """),
                new Example(
                        "Register what a run has logged",
                        """
                        - action: atelier:model:register
                          input:
                            name: penguins
                            source: runs:/0123456789abcdef0123456789abcdef/model
                            tags: {stage-of-work: first}
                        """));
        this.registration = registration;
        this.versions = versions;
        this.sources = sources;
        this.machine = machine;
        this.uploads = uploads;
        this.caller = caller;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var name = input.path("name").asText();
        var fault = Models.nameFault(name);
        if (fault != null) {
            throw new ActionFailed(fault);
        }
        if (Stream.of("path", "upload", "source", "folder").filter(input::has).count() > 1) {
            throw new ActionFailed(
                    "Give one of path, upload, source and folder: they name the files.");
        }
        if (context.dryRun()) {
            rehearse(context, name);
            return;
        }
        var version = scanned(context, register(context, name));
        output(context, version.model(), version.number());
        context.output("digest", "sha256:" + version.digest());
        context.output("servable", BooleanNode.valueOf(version.servable()));
        version.warnings().forEach(context::warn);
        if (version.state() == ModelVersion.State.REFUSED) {
            throw new ActionFailed(
                    "The scan refused version %d of %s: %s"
                            .formatted(version.number(), version.model(), version.reason()));
        }
        context.log("Registered %s version %d.".formatted(version.model(), version.number()));
        context.made(EntityRef.of("model", version.model()).toString());
        if (!version.servable()) {
            context.warn("It cannot be tried here: " + version.unservable());
        }
    }

    private void rehearse(ActionContext context, String name) throws ActionFailed, IOException {
        var from =
                Stream.of("upload", "source", "folder")
                        .filter(context.input()::has)
                        .map(key -> "what lies at " + context.input().path(key).asText())
                        .findFirst();
        context.log(
                "Would register %s as a version of %s."
                        .formatted(
                                from.isPresent()
                                        ? from.get()
                                        : files(context).size() + " files of the task",
                                name));
        // No version has this number, so that a later step of the rehearsal takes it for none.
        output(context, name, 0);
        context.output("digest", "sha256:" + "0".repeat(64));
        context.output("servable", BooleanNode.FALSE);
    }

    private static void output(ActionContext context, String model, int number) {
        var page = context.portal() + "/models/" + model;
        context.output("name", model);
        context.output("version", IntNode.valueOf(number));
        context.output("entityRef", EntityRef.of("model", model).toString());
        context.output("versionUrl", page + "/versions/" + number);
        context.output("tryUrl", page + "/try");
    }

    private ModelVersion register(ActionContext context, String name)
            throws ActionFailed, IOException {
        var input = context.input();
        var actor = caller.entityRef();
        try (var draft = registration.draft(actor)) {
            var lineage = fill(draft, context);
            var card = text(input, "card");
            if (card != null) {
                draft.addText("README.md", card);
            }
            return registration.register(
                    name,
                    draft,
                    parameters(input, lineage),
                    // With the files: a folder that changed meanwhile is another version.
                    context.key() + ":" + draft.digest().substring(0, 16),
                    Registration.Origin.person(actor));
        }
    }

    private Lineage fill(Draft draft, ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        if (input.has("source")) {
            var found = sources.find(input.path("source").asText(), null, null);
            for (Artifacts.File file : found.files()) {
                draft.hold(file.path(), file.blob());
            }
            return sources.lineage(found);
        }
        if (input.has("upload")) {
            for (var file : uploads.of(context, input.path("upload").asText()).files()) {
                draft.hold(file.path(), file.blob());
            }
        } else if (input.has("folder")) {
            machine.read(input.path("folder").asText(), draft::add);
        } else {
            for (var file : files(context).entrySet()) {
                refusePointer(file.getKey(), file.getValue());
                try (var in = Files.newInputStream(file.getValue(), LinkOption.NOFOLLOW_LINKS)) {
                    draft.add(file.getKey(), in, Files.size(file.getValue()));
                }
            }
        }
        return Lineage.NONE;
    }

    /** Git hands out these few lines instead of a large file where its LFS extension is missing. */
    private static void refusePointer(String name, Path file) throws ActionFailed, IOException {
        if (Files.size(file) < 1_000 && Files.readString(file, ISO_8859_1).startsWith(POINTER)) {
            throw new ActionFailed(
                    "\"%s\" is a pointer of Git LFS, not the file itself. Fetch the files with git lfs pull, and register those."
                            .formatted(Workspace.shown(name)));
        }
    }

    /** The task's files that were named, by their paths in the version. */
    private static Map<String, Path> files(ActionContext context) throws ActionFailed, IOException {
        var named = context.input().path("path").asText("");
        var place = context.workspace().path(named);
        var files = new LinkedHashMap<String, Path>();
        if (Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
            files.put(String.valueOf(place.getFileName()), place);
        }
        for (var name : files.isEmpty() ? Workspace.filesBelow(place) : List.<String>of()) {
            files.put(name, place.resolve(name));
        }
        if (files.isEmpty()) {
            throw new ActionFailed(
                    named.isEmpty()
                            ? "The task has no files to register. Fetch some in a step before."
                            : "There are no files at \"%s\" among the task's files."
                                    .formatted(Workspace.shown(named)));
        }
        return files;
    }

    private static Parameters parameters(ObjectNode input, Lineage found) {
        var tags = new LinkedHashMap<String, String>();
        input.path("tags").properties().forEach(t -> tags.put(t.getKey(), t.getValue().asText()));
        tags.forEach(MlflowModels::checkTag);
        var datasets = texts(input.path("datasets"));
        var code = text(input, "code");
        return new Parameters(
                text(input, "owner"),
                text(input, "license"),
                text(input, "description"),
                List.of(),
                tags,
                new Lineage(
                        datasets.isEmpty() ? found.datasets() : datasets,
                        found.run(),
                        found.parent(),
                        code == null ? found.source() : code,
                        found.loggedModel()),
                null,
                null,
                text(input, "note"),
                text(input, "source"),
                null,
                input.path("force").asBoolean());
    }

    private static @Nullable String text(JsonNode input, String name) {
        var text = input.path(name).asText("").strip();
        return text.isEmpty() ? null : text;
    }

    /** The step's time bounds how long. */
    private ModelVersion scanned(ActionContext context, ModelVersion version)
            throws InterruptedException {
        var now = version;
        if (now.state() == ModelVersion.State.SCANNING) {
            context.log("Version %d is being scanned.".formatted(now.number()));
        }
        while (now.state() == ModelVersion.State.SCANNING) {
            Thread.sleep(LOOK);
            now = versions.find(now.model(), Integer.toString(now.number()));
        }
        return now;
    }
}
