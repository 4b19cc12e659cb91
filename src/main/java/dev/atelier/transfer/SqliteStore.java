package dev.atelier.transfer;

import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.RunLinks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * MLflow's SQL store in a file of SQLite ({@code mlflow.db}), of any of its releases: what a
 * release did not have yet is empty. The file may be hostile: it is opened for reading only,
 * without extensions, and only its plain tables are asked.
 */
final class SqliteStore extends MlflowStore {

    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    /** No value of MLflow's is longer; a file may claim to hold gigabytes in one. */
    private static final int LONGEST_VALUE = 20 << 20;

    private static final int MOST_KEYS = 20_000;
    private static final int LONGEST_TEXTS = 32 << 20;
    private static final int MOST_LINKS = 1_000;

    private final Connection database;
    private final Map<String, Set<String>> columns = new HashMap<>();

    /**
     * @param file a copy that nobody else writes
     */
    SqliteStore(Path root, Path store, Path file, List<Unread> before) throws IOException {
        super(root, store, before);
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        config.enableLoadExtension(false);
        try {
            database = config.createConnection("jdbc:sqlite:" + file);
        } catch (SQLException e) {
            throw new Unusable("The SQLite file cannot be opened: " + said(e));
        }
        try (var statement = database.createStatement()) {
            database.unwrap(SQLiteConnection.class)
                    .setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
            statement.execute("pragma trusted_schema = off");
            statement.execute("pragma cell_size_check = on");
            statement.execute("pragma mmap_size = 0");
            statement.execute("pragma query_only = on");
            readTables();
        } catch (SQLException e) {
            close();
            throw new Unusable("The SQLite file cannot be read: " + said(e));
        }
        if (!columns.containsKey("experiments") || !columns.containsKey("runs")) {
            close();
            throw new Unusable("The SQLite file has no experiments: it is no store of MLflow.");
        }
    }

    static boolean is(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (var in = Files.newInputStream(file)) {
            return java.util.Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        }
    }

    private static String said(SQLException e) {
        return Texts.shown(String.valueOf(e.getMessage()), 200);
    }

    /** Views and virtual tables could compute for ever, so what they are called is not there. */
    private void readTables() throws SQLException {
        var names = new ArrayList<String>();
        try (var statement = database.createStatement();
                var rows =
                        statement.executeQuery(
                                "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' limit 1000")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        for (var name : names) {
            if (!name.matches("[a-z_]{1,60}")) {
                continue;
            }
            var of = new HashSet<String>();
            try (var statement = database.createStatement();
                    var rows = statement.executeQuery("pragma table_xinfo(" + name + ")")) {
                while (rows.next()) {
                    if (rows.getInt("hidden") == 0) { // no generated ones
                        of.add(rows.getString("name").toLowerCase(Locale.ROOT));
                    }
                }
            }
            columns.put(name, of);
        }
    }

    @FunctionalInterface
    private interface Row {
        void see(ResultSet row) throws SQLException, IOException;
    }

    /** Asks a table for some of its columns; one that it does not have is null. */
    private void each(
            String table, List<String> wanted, String rest, Row visitor, @Nullable Object... values)
            throws IOException {
        var there = columns.get(table);
        if (there == null) {
            return;
        }
        var names =
                wanted.stream()
                        .map(name -> there.contains(name) ? "\"" + name + "\"" : "null")
                        .toList();
        try (var statement =
                database.prepareStatement(
                        "select " + String.join(", ", names) + " from " + table + " " + rest)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    visitor.see(rows);
                }
            }
        } catch (SQLException e) {
            throw new IOException("The table %s cannot be read: %s".formatted(table, said(e)));
        }
    }

    private Map<String, String> pairs(
            String table, String key, String value, String where, @Nullable Object... values)
            throws IOException {
        var pairs = new LinkedHashMap<String, String>();
        var length = new long[1];
        each(
                table,
                List.of(key, value),
                where + " order by 1",
                row -> {
                    pairs.put(text(row, 1), text(row, 2));
                    length[0] += text(row, 2).length();
                    if (pairs.size() > MOST_KEYS || length[0] > LONGEST_TEXTS) {
                        throw new IOException(
                                "The table %s has more for one thing than can be."
                                        .formatted(table));
                    }
                },
                values);
        return pairs;
    }

    private static String text(ResultSet row, int column) throws SQLException {
        var text = row.getString(column);
        return text == null ? "" : text;
    }

    private static @Nullable Long orNull(ResultSet row, int column) throws SQLException {
        var number = row.getLong(column);
        return row.wasNull() ? null : number;
    }

    private static @Nullable String textOrNull(ResultSet row, int column) throws SQLException {
        var text = row.getString(column);
        return text == null || text.isEmpty() ? null : text;
    }

    // Experiments and runs -----------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) throws IOException {
        each(
                "experiments",
                List.of("experiment_id", "name", "creation_time", "lifecycle_stage"),
                "order by experiment_id",
                row -> {
                    var id = text(row, 1);
                    visitor.see(
                            new Experiment(
                                    id,
                                    text(row, 2),
                                    pairs(
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
        each(
                "runs",
                List.of(
                        "run_uuid",
                        "name",
                        "user_id",
                        "status",
                        "start_time",
                        "end_time",
                        "lifecycle_stage",
                        "artifact_uri"),
                "where experiment_id = ? order by start_time, run_uuid",
                row -> {
                    BroughtRun run;
                    try {
                        run = run(experiment, row);
                    } catch (IOException e) {
                        cannotRead("run", text(row, 1), e.getMessage());
                        return;
                    }
                    visitor.see(run);
                },
                experiment.id());
    }

    private BroughtRun run(Experiment experiment, ResultSet row) throws SQLException, IOException {

        var id = text(row, 1);
        var tags = pairs("tags", "key", "value", "where run_uuid = ?", id);
        var params = pairs("params", "key", "value", "where run_uuid = ?", id);
        var metrics = new ArrayList<String>();
        var state = new StringBuilder();
        for (int i = 1; i <= 8; i++) {
            state.append(text(row, i)).append('|');
        }
        state.append(tags).append(params);
        each(
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
            each(
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
        return new BroughtRun(
                id,
                experiment.id(),
                text(row, 2).isEmpty() ? tags.getOrDefault("mlflow.runName", "") : text(row, 2),
                text(row, 3),
                BroughtRun.statusOf(text(row, 4)),
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
        each(
                "inputs",
                List.of("input_uuid", "source_type", "source_id", "destination_type", "step"),
                "where destination_id = ? and destination_type = 'RUN' order by input_uuid",
                row -> {
                    if (inputs.size() == MOST_LINKS) {
                        throw new IOException("It has more than 1,000 data sets.");
                    }
                    if (text(row, 2).equals("DATASET")) {
                        var tags =
                                pairs(
                                        "input_tags",
                                        "name",
                                        "value",
                                        "where input_uuid = ?",
                                        text(row, 1));
                        each(
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
        each(
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

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        each(
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
        each(
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
                    each(
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
                                    pairs(
                                            "logged_model_params",
                                            "param_key",
                                            "param_value",
                                            "where model_id = ?",
                                            id),
                                    pairs(
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
        each(
                "registered_models",
                List.of("name", "description", "creation_time"),
                "order by name",
                row -> {
                    var name = text(row, 1);
                    visitor.see(
                            new Registered(
                                    name,
                                    textOrNull(row, 2),
                                    pairs(
                                            "registered_model_tags",
                                            "key",
                                            "value",
                                            "where name = ?",
                                            name),
                                    pairs(
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
        each(
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
                                    pairs(
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
        each("trace_info", List.of("request_id"), "limit 1", _ -> count[0]++);
        return count[0];
    }

    @Override
    public void close() {
        try {
            database.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
