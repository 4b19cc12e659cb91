package dev.atelier.transfer;

import static dev.atelier.transfer.SqliteFile.orNull;
import static dev.atelier.transfer.SqliteFile.text;

import dev.atelier.experiments.RunLinks;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs of MLflow's SQL store: what all of its tables say of one. */
final class SqliteRuns {

    static final List<String> COLUMNS =
            List.of(
                    "run_uuid",
                    "name",
                    "user_id",
                    "status",
                    "start_time",
                    "end_time",
                    "lifecycle_stage",
                    "artifact_uri");

    private static final int MOST_LINKS = 1_000;

    private final SqliteFile file;

    SqliteRuns(SqliteFile file) {
        this.file = file;
    }

    /**
     * @param row of the columns {@link #COLUMNS}
     */
    Source.BroughtRun run(Source.Experiment experiment, ResultSet row)
            throws SQLException, IOException {
        var id = text(row, 1);
        var tags = file.pairs("tags", "key", "value", "where run_uuid = ?", id);
        var params = file.pairs("params", "key", "value", "where run_uuid = ?", id);
        var metrics = new ArrayList<String>();
        var state = new StringBuilder();
        for (int i = 1; i <= 8; i++) {
            state.append(text(row, i)).append('|');
        }
        state.append(tags).append(params);
        file.each(
                "latest_metrics",
                List.of("key", "value", "timestamp", "step", "is_nan"),
                "where run_uuid = ? order by key",
                one -> {
                    metrics.add(text(one, 1));
                    for (int i = 1; i <= 5; i++) {
                        state.append(text(one, i)).append(',');
                    }
                },
                id);
        if (metrics.isEmpty()) {
            file.each(
                    "metrics",
                    List.of("key"),
                    "where run_uuid = ? group by key",
                    one -> metrics.add(text(one, 1)),
                    id);
        }
        var inputs = new ArrayList<RunLinks.Input>();
        var used = new ArrayList<String>();
        var made = new TreeMap<String, Long>();
        links(id, inputs, used, made);
        state.append(inputs).append(used).append(made);
        return new Source.BroughtRun(
                id,
                experiment.id(),
                text(row, 2).isEmpty() ? tags.getOrDefault("mlflow.runName", "") : text(row, 2),
                text(row, 3),
                Source.BroughtRun.statusOf(text(row, 4)),
                row.getLong(5),
                orNull(row, 6),
                text(row, 7).equals("deleted"),
                params,
                tags,
                metrics,
                inputs,
                used,
                made,
                text(row, 8),
                state.toString());
    }

    private void links(
            String run, List<RunLinks.Input> inputs, List<String> used, Map<String, Long> made)
            throws IOException {
        file.each(
                "inputs",
                List.of("input_uuid", "source_type", "source_id", "destination_type", "step"),
                "where destination_id = ? and destination_type = 'RUN' order by input_uuid",
                row -> {
                    if (inputs.size() == MOST_LINKS) {
                        throw new IOException("It has more than 1,000 data sets.");
                    }
                    if (text(row, 2).equals("DATASET")) {
                        var tags =
                                file.pairs(
                                        "input_tags",
                                        "name",
                                        "value",
                                        "where input_uuid = ?",
                                        text(row, 1));
                        file.each(
                                "datasets",
                                List.of(
                                        "name",
                                        "digest",
                                        "dataset_source_type",
                                        "dataset_source",
                                        "dataset_schema",
                                        "dataset_profile"),
                                "where dataset_uuid = ?",
                                set ->
                                        inputs.add(
                                                new RunLinks.Input(
                                                        new RunLinks.DataSet(
                                                                text(set, 1),
                                                                text(set, 2),
                                                                text(set, 3),
                                                                text(set, 4),
                                                                set.getString(5),
                                                                set.getString(6)),
                                                        tags)),
                                text(row, 3));
                    }
                },
                run);
        // Logged models: as inputs and as outputs of a run, whichever end names it.
        file.each(
                "inputs",
                List.of("source_type", "source_id", "destination_type", "destination_id", "step"),
                "where source_id = ? or destination_id = ? order by input_uuid",
                row -> {
                    var source = text(row, 1);
                    var destination = text(row, 3);
                    if (source.equals("RUN_OUTPUT") && destination.equals("MODEL_OUTPUT")) {
                        made.put(text(row, 4), row.getLong(5));
                    } else if (source.equals("RUN_INPUT") && destination.equals("MODEL_INPUT")) {
                        used.add(text(row, 4));
                    } else if (source.equals("MODEL") && destination.equals("RUN")) {
                        used.add(text(row, 2));
                    }
                },
                run,
                run);
    }
}
