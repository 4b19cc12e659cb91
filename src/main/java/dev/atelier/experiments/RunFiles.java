package dev.atelier.experiments;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the files of a run say about it: the packages it needs, the models that it made. */
@ApplicationScoped
class RunFiles {

    private static final int MOST = 3;

    /**
     * What was found.
     *
     * @param models that it made, logged ones and folders of files with an MLmodel, as addresses by
     *     their names
     * @param environment files that say which packages it needs
     */
    record Left(Map<String, String> models, List<Environment> environment) {}

    /**
     * A file that says which packages a run needs.
     *
     * @param holder empty for the run's own, else the id of a logged model
     */
    record Environment(Run run, String holder, String path) {

        /** As MLflow's client downloads it. */
        String source() {
            return holder.isEmpty()
                    ? "runs:/" + run.hex() + "/" + path
                    : "models:/" + holder + "/" + path;
        }
    }

    private final Artifacts artifacts;

    RunFiles(Artifacts artifacts) {
        this.artifacts = artifacts;
    }

    /**
     * @param linked models, with whether the run made them
     */
    Left left(Run run, Map<LoggedModel, Boolean> linked) {
        var models = new LinkedHashMap<String, String>();
        linked.forEach(
                (model, output) -> {
                    if (output && model.status() == LoggedModel.Status.READY) {
                        models.put(model.name(), "models:/" + model.text());
                    }
                });
        var own = paths(ArtifactPlace.of(run, ""));
        own.stream()
                .filter(path -> path.endsWith("/MLmodel"))
                .map(path -> path.substring(0, path.lastIndexOf('/')))
                .forEach(path -> models.put(path, "runs:/" + run.hex() + "/" + path));
        return new Left(models, environment(run, own, linked));
    }

    /** Of the first logged model that has some: checkpoints of one run need the same packages. */
    private List<Environment> environment(
            Run run, List<String> own, Map<LoggedModel, Boolean> linked) {
        for (var model : linked.keySet()) {
            var found = environment(run, model.text(), paths(ArtifactPlace.of(model, "")));
            if (!found.isEmpty()) {
                return found;
            }
        }
        return environment(run, "", own);
    }

    private List<String> paths(ArtifactPlace place) {
        return artifacts.below(place).stream().map(Artifacts.File::path).toList();
    }

    /** One file is enough, and requirements.txt is the one that pip reads. */
    private static List<Environment> environment(Run run, String holder, List<String> paths) {
        return paths.stream()
                .filter(Reproduction::environment)
                .sorted(
                        Comparator.comparing((String path) -> !path.endsWith("requirements.txt"))
                                .thenComparing(path -> path))
                .limit(MOST)
                .map(path -> new Environment(run, holder, path))
                .toList();
    }
}
