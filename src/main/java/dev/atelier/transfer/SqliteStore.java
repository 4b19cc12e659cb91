package dev.atelier.transfer;

import static dev.atelier.transfer.SqliteFile.orNull;
import static dev.atelier.transfer.SqliteFile.text;
import static dev.atelier.transfer.SqliteFile.textOrNull;

import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * MLflow's SQL store in a file of SQLite ({@code mlflow.db}), of any of its releases: what a
 * release did not have yet is empty.
 */
final class SqliteStore extends MlflowStore {

    private final SqliteFile file;
    private final SqliteRuns runs;

    /**
     * @param file a copy that nobody else writes
     */
    SqliteStore(Path root, Path store, Path file, List<Unread> before) throws IOException {
        super(root, store, before);
        this.file = new SqliteFile(file);
        runs = new SqliteRuns(this.file);
        if (!this.file.has("experiments") || !this.file.has("runs")) {
            close();
            throw new Unusable("The SQLite file has no experiments: it is no store of MLflow.");
        }
    }

    // Experiments and runs -----------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) throws IOException {
        file.each(
                "experiments",
                List.of("experiment_id", "name", "creation_time", "lifecycle_stage"),
                "order by experiment_id",
                row -> {
                    var id = text(row, 1);
                    visitor.see(
                            new Experiment(
                                    id,
                                    text(row, 2),
                                    file.pairs(
                                            "experiment_tags",
                                            "key",
                                            "value",
                                            "where experiment_id = ?",
                                            id),
                                    orNull(row, 3),
                                    text(row, 4).equals("deleted")));
                });
    }

    @Override
    public void runs(Experiment experiment, Visitor<BroughtRun> visitor) throws IOException {
        file.each(
                "runs",
                SqliteRuns.COLUMNS,
                "where experiment_id = ? order by start_time, run_uuid",
                row -> {
                    BroughtRun run;
                    try {
                        run = runs.run(experiment, row);
                    } catch (IOException e) {
                        cannotRead("run", text(row, 1), e.getMessage());
                        return;
                    }
                    visitor.see(run);
                },
                experiment.id());
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        file.each(
                "metrics",
                List.of("value", "timestamp", "step", "is_nan"),
                "where run_uuid = ? and key = ?",
                row -> visitor.see(point(key, row)),
                run.id(),
                key);
    }

    private static Metrics.Point point(String key, ResultSet row) throws SQLException {
        var value = row.getDouble(1);
        return new Metrics.Point(
                key,
                row.getBoolean(4) ? Double.NaN : infinite(value),
                row.getLong(2),
                row.getLong(3));
    }

    /** MLflow keeps the infinities as the greatest numbers there are. */
    private static double infinite(double value) {
        return Math.abs(value) >= 1.7976931348623157e308
                ? Math.copySign(Double.POSITIVE_INFINITY, value)
                : value;
    }

    @Override
    public void files(BroughtRun run, Visitor<File> visitor) throws IOException {
        if (find(run.artifacts()).isPresent()
                || run.artifacts().matches("(?!file:|mlflow-artifacts:)[a-z][a-z0-9+.-]*:.*")) {
            files(run.artifacts(), visitor);
        }
        // A run without artifacts has no folder of them.
    }

    static LoggedModel.Status modelStatus(long number) {
        return switch ((int) number) {
            case 2 -> LoggedModel.Status.READY;
            case 3 -> LoggedModel.Status.UPLOAD_FAILED;
            default -> LoggedModel.Status.PENDING;
        };
    }

    @Override
    public void models(Experiment experiment, Visitor<BroughtModel> visitor) throws IOException {
        file.each(
                "logged_models",
                List.of(
                        "model_id",
                        "name",
                        "model_type",
                        "source_run_id",
                        "status",
                        "creation_timestamp_ms",
                        "artifact_location",
                        "lifecycle_stage"),
                "where experiment_id = ? order by creation_timestamp_ms, model_id",
                row -> {
                    var id = text(row, 1);
                    if (text(row, 8).equals("deleted")) {
                        cannotRead("logged-model", id, "It was deleted there.");
                        return;
                    }
                    var metrics = new ArrayList<ModelMetric>();
                    file.each(
                            "logged_model_metrics",
                            List.of(
                                    "metric_value",
                                    "metric_timestamp_ms",
                                    "metric_step",
                                    "no_such_column",
                                    "metric_name",
                                    "dataset_name",
                                    "dataset_digest",
                                    "run_id"),
                            "where model_id = ?",
                            one ->
                                    metrics.add(
                                            new ModelMetric(
                                                    point(text(one, 5), one),
                                                    text(one, 6),
                                                    text(one, 7),
                                                    text(one, 8))),
                            id);
                    visitor.see(
                            new BroughtModel(
                                    id,
                                    experiment.id(),
                                    text(row, 2),
                                    textOrNull(row, 3),
                                    textOrNull(row, 4),
                                    modelStatus(row.getLong(5)),
                                    row.getLong(6),
                                    file.pairs(
                                            "logged_model_params",
                                            "param_key",
                                            "param_value",
                                            "where model_id = ?",
                                            id),
                                    file.pairs(
                                            "logged_model_tags",
                                            "tag_key",
                                            "tag_value",
                                            "where model_id = ?",
                                            id),
                                    metrics,
                                    text(row, 7)));
                },
                experiment.id());
    }

    @Override
    public void files(BroughtModel model, Visitor<File> visitor) throws IOException {
        files(model.artifacts(), visitor);
    }

    // Registry -----------------------------------------------------------------------------------

    @Override
    public void registered(Visitor<Registered> visitor) throws IOException {
        file.each(
                "registered_models",
                List.of("name", "description", "creation_time"),
                "order by name",
                row -> {
                    var name = text(row, 1);
                    visitor.see(
                            new Registered(
                                    name,
                                    textOrNull(row, 2),
                                    file.pairs(
                                            "registered_model_tags",
                                            "key",
                                            "value",
                                            "where name = ?",
                                            name),
                                    file.pairs(
                                            "registered_model_aliases",
                                            "alias",
                                            "version",
                                            "where name = ?",
                                            name),
                                    row.getLong(3)));
                });
    }

    @Override
    public void versions(Registered model, Visitor<Version> visitor) throws IOException {
        file.each(
                "model_versions",
                List.of(
                        "version",
                        "description",
                        "current_stage",
                        "source",
                        "storage_location",
                        "run_id",
                        "run_link",
                        "creation_time"),
                "where name = ? order by version",
                row -> {
                    if (text(row, 3).equals("Deleted_Internal")) {
                        return;
                    }
                    visitor.see(
                            new Version(
                                    model.name(),
                                    row.getInt(1),
                                    textOrNull(row, 2),
                                    text(row, 3),
                                    text(row, 4),
                                    text(row, 5),
                                    textOrNull(row, 6),
                                    null,
                                    textOrNull(row, 7),
                                    file.pairs(
                                            "model_version_tags",
                                            "key",
                                            "value",
                                            "where name = ? and version = ?",
                                            model.name(),
                                            row.getInt(1)),
                                    row.getLong(8)));
                },
                model.name());
    }

    @Override
    public void files(Version version, Visitor<File> visitor) throws IOException {
        files(version.storage().isEmpty() ? version.source() : version.storage(), visitor);
    }

    @Override
    public long traces() throws IOException {
        var count = new long[1];
        file.each("trace_info", List.of("request_id"), "limit 1", _ -> count[0]++);
        return count[0];
    }

    @Override
    public void close() {
        file.close();
    }
}
