package dev.atelier.models;

import dev.atelier.experiments.ArtifactPlace;
import dev.atelier.experiments.Artifacts;
import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.FullRuns;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.LoggedModels;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import dev.atelier.experiments.Runs;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that an address names and that a version is to be made of: artifacts of a run, a
 * logged model, or another version. All of them lie here; an address of anything else is refused,
 * whatever a client asks to have opened.
 */
@ApplicationScoped
class RunSource {

    /**
     * @param files with their paths in the version
     * @param run that made them; null when none is known
     * @param loggedModel that they are; null when they are none
     */
    record Source(
            List<Artifacts.File> files, @Nullable Run run, @Nullable LoggedModel loggedModel) {}

    private static final Pattern SCHEME =
            Pattern.compile("(?<scheme>[a-z][a-z0-9+.-]*):(?<rest>.*)");
    private static final Pattern VERSION =
            Pattern.compile("(?<name>[^/@]+)(/(?<version>[0-9]{1,9}|latest)|@(?<alias>[^/@]+))");

    private final Runs runs;
    private final FullRuns fullRuns;
    private final RunLinks links;
    private final LoggedModels loggedModels;
    private final Artifacts artifacts;
    private final Models models;
    private final Versions versions;
    private final Caller caller;

    RunSource(
            Runs runs,
            FullRuns fullRuns,
            RunLinks links,
            LoggedModels loggedModels,
            Artifacts artifacts,
            Models models,
            Versions versions,
            Caller caller) {
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.links = links;
        this.loggedModels = loggedModels;
        this.artifacts = artifacts;
        this.models = models;
        this.versions = versions;
        this.caller = caller;
    }

    /**
     * @param source {@code runs:/…}, {@code models:/…} or {@code mlflow-artifacts:/…}
     * @param runId the run that the client says it came from; null for none
     * @param modelId the logged model that the client says it is; null for none
     * @throws Invalid when it names anything else, or nothing lies there, or it is not of that run
     */
    Source find(String source, @Nullable String runId, @Nullable String modelId) {
        var match = SCHEME.matcher(source);
        var scheme = match.matches() ? match.group("scheme") : "";
        var rest = scheme.isEmpty() ? source : match.group("rest");
        var found =
                switch (scheme) {
                    case "runs" -> ofRun(path(source, rest));
                    case "models" -> ofModel(path(source, rest));
                    case "mlflow-artifacts" -> ofArtifacts(path(source, rest));
                    default ->
                            throw new Invalid(
                                    "Invalid model version source: '%s'. A version is made of what lies here: runs:/<run>/<path>, models:/<model>/<version>, models:/m-<id> or mlflow-artifacts:/<experiment>/<run>/artifacts/<path>."
                                            .formatted(shown(source)));
                };
        if (found.files.isEmpty()) {
            throw new Invalid(
                    "There are no files at the source '%s'. Log the model first, then register it."
                            .formatted(shown(source)));
        }
        return checked(source, found, runId, modelId);
    }

    /**
     * The way behind the scheme, in whatever of its forms: {@code /a}, {@code ///a}, {@code
     * //host/a}.
     */
    private static String path(String source, String rest) {
        var path = rest;
        if (path.startsWith("//") && !path.startsWith("///")) {
            // A host is never asked: it could only be this portal's.
            int end = path.indexOf('/', 2);
            path = end < 0 ? "" : path.substring(end);
        }
        if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
            throw new Invalid(
                    "Invalid model version source: '%s'. It must not hold ? or #."
                            .formatted(shown(source)));
        }
        return ArtifactPlace.folder(path);
    }

    private Source checked(
            String source, Source found, @Nullable String runId, @Nullable String modelId) {
        if (runId != null
                && !runId.isEmpty()
                && found.run != null
                && !found.run.hex().equals(runId.toLowerCase(Locale.ROOT))) {
            throw new Invalid(
                    "Invalid model version source: '%s' is not of the run %s."
                            .formatted(shown(source), shown(runId)));
        }
        if (modelId != null
                && !modelId.isEmpty()
                && found.loggedModel != null
                && !found.loggedModel.text().equals(modelId)) {
            throw new Invalid(
                    "Invalid model version source: '%s' is not the logged model %s."
                            .formatted(shown(source), shown(modelId)));
        }
        return found;
    }

    private Source ofRun(String path) {
        var parts = path.split("/", 2);
        var run = runs.get(parts[0]);
        readable(run.experiment());
        var folder = parts.length == 2 ? parts[1] : "";
        var files = artifacts.below(ArtifactPlace.of(run, folder));
        if (!files.isEmpty()) {
            return new Source(files, run, null);
        }
        // In MLflow 3 the files of a run's model lie with the logged model of that name.
        var logged =
                loggedModels
                        .of(
                                fullRuns.of(run).modelOutputs().stream()
                                        .map(RunLinks.ModelLink::model)
                                        .toList())
                        .stream()
                        .filter(model -> model.name().equals(folder))
                        .reduce((first, second) -> second);
        return logged.map(this::of).orElse(new Source(List.of(), run, null));
    }

    private Source of(LoggedModel model) {
        readable(model.experiment());
        return new Source(artifacts.below(ArtifactPlace.of(model, "")), maker(model), model);
    }

    private @Nullable Run maker(LoggedModel model) {
        return loggedModels.makerOf(model.id()).flatMap(runs::find).orElse(null);
    }

    private Source ofModel(String path) {
        if (Ids.ofModel(path).isPresent()) {
            return of(loggedModels.get(path, false));
        }
        var match = VERSION.matcher(path);
        if (!match.matches()) {
            throw new Invalid(
                    "Invalid model version source: models:/%s names no version."
                            .formatted(shown(path)));
        }
        return ofVersion(
                match.group("name"),
                Optional.ofNullable(match.group("alias")).orElse(match.group("version")));
    }

    private Source ofVersion(String name, String numberOrAlias) {
        var model = models.called(name);
        caller.require(Permission.MODEL_DOWNLOAD, Resource.model(model.name()));
        var version =
                numberOrAlias.equals("latest")
                        ? versions.find(model, Integer.toString(newest(model)))
                        : versions.find(model, numberOrAlias);
        return new Source(
                version.files().stream()
                        .map(
                                file ->
                                        new Artifacts.File(
                                                file.path(), new Blob(file.sha256(), file.size())))
                        .toList(),
                Optional.ofNullable(version.lineage().run())
                        .flatMap(Ids::of)
                        .flatMap(runs::find)
                        .orElse(null),
                null);
    }

    private static int newest(Model model) {
        return model.newest(1).stream().findFirst().orElse(0);
    }

    private Source ofArtifacts(String path) {
        if (path.startsWith("registry/")) {
            var parts = path.split("/");
            if (parts.length == 3) {
                return ofVersion(parts[1], parts[2]);
            }
        }
        var place = ArtifactPlace.parse(path);
        readable(artifacts.experimentOf(place));
        var files = artifacts.below(place);
        return switch (place.holder()) {
            case RUN -> new Source(files, runs.find(place.id()).orElse(null), null);
            case LOGGED_MODEL -> {
                var model = loggedModels.find(place.id()).orElseThrow();
                yield new Source(files, maker(model), model);
            }
        };
    }

    private void readable(long experiment) {
        caller.require(Permission.EXPERIMENT_READ, Experiment.ref(experiment));
    }

    /** Where a version came from, from what its run recorded. */
    Lineage lineage(Source source) {
        if (source.run == null) {
            return new Lineage(
                    List.of(),
                    null,
                    null,
                    null,
                    source.loggedModel == null ? null : source.loggedModel.text());
        }
        var full = fullRuns.of(source.run);
        return new Lineage(
                links.dataSetsOf(source.run.id()),
                source.run.hex(),
                null,
                code(full.tags()),
                source.loggedModel == null ? null : source.loggedModel.text());
    }

    private static @Nullable String code(Map<String, String> tags) {
        var commit = tags.get("mlflow.source.git.commit");
        var repository = tags.get("mlflow.source.git.repoURL");
        var file = tags.get("mlflow.source.name");
        if (commit != null) {
            return (repository == null ? "" : repository + "@") + commit;
        }
        return file;
    }

    private static String shown(String text) {
        var some = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return some.replaceAll("\\p{C}", "�");
    }
}
