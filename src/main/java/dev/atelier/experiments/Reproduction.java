package dev.atelier.experiments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The commands that do a run again, as far as its client wrote down how it was done.
 *
 * @param missing what was not recorded, so that the commands leave it open
 */
record Reproduction(String commands, List<String> missing) {

    /** Files that say which packages a run needs, beside its model. */
    private static final Set<String> ENVIRONMENT =
            Set.of("requirements.txt", "conda.yaml", "python_env.yaml");

    static Reproduction of(FullRun full, List<RunFiles.Environment> environment, String tracking) {
        var tags = full.tags();
        var lines = new ArrayList<String>();
        var missing = new ArrayList<String>();
        var repository =
                tags.getOrDefault(
                        "mlflow.source.git.repoURL", tags.getOrDefault("mlflow.gitRepoURL", ""));
        var commit =
                tags.getOrDefault(
                        "mlflow.source.git.commit", tags.getOrDefault("mlflow.gitCommit", ""));
        if (commit.isEmpty()) {
            missing.add("the Git commit (it is recorded when the script lies in a repository)");
        } else {
            lines.add("# the code as it was");
            if (!repository.isEmpty()) {
                lines.add("git clone " + Shell.quote(repository) + " code && cd code");
            }
            lines.add("git checkout " + Shell.quote(commit));
        }
        if (environment.isEmpty()) {
            missing.add("an environment (it is recorded with each logged model)");
        } else {
            lines.add("");
            lines.add("# the packages it had");
            lines.add("export MLFLOW_TRACKING_URI=" + Shell.quote(tracking));
            environment.forEach(
                    file ->
                            lines.add(
                                    "mlflow artifacts download -u %s -d environment"
                                            .formatted(Shell.quote(file.source()))));
            if (environment.stream().anyMatch(one -> one.path().endsWith("requirements.txt"))) {
                lines.add("pip install -r environment/requirements.txt");
            }
        }
        var source = tags.getOrDefault("mlflow.source.name", "");
        var entry = tags.getOrDefault("mlflow.project.entryPoint", "");
        if (source.isEmpty()) {
            missing.add("which file was run");
        } else {
            lines.add("");
            lines.add("# the run itself");
            lines.add(
                    entry.isEmpty() && !"PROJECT".equals(tags.get("mlflow.source.type"))
                            ? script(source)
                            : project(source, entry, full.params()));
        }
        return new Reproduction(String.join("\n", lines).strip(), missing);
    }

    private static String script(String source) {
        var path = source.replace('\\', '/');
        return path.endsWith(".ipynb")
                ? "jupyter lab " + Shell.quote(path)
                : path.endsWith(".py")
                        ? "python " + Shell.quote(relative(path))
                        : Shell.quote(relative(path));
    }

    /** A path of the machine where it ran says nothing elsewhere but its name. */
    private static String relative(String path) {
        return path.startsWith("/") || path.matches("[A-Za-z]:/.*")
                ? path.substring(path.lastIndexOf('/') + 1)
                : path;
    }

    private static String project(String source, String entry, Map<String, String> params) {
        var command = new StringBuilder("mlflow run ").append(Shell.quote(source));
        if (!entry.isEmpty()) {
            command.append(" -e ").append(Shell.quote(entry));
        }
        params.forEach(
                (key, value) -> command.append(" -P ").append(Shell.quote(key + "=" + value)));
        return command.toString();
    }

    static boolean environment(String path) {
        return ENVIRONMENT.contains(path.substring(path.lastIndexOf('/') + 1));
    }
}
