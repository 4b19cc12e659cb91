package dev.atelier.experiments;

import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;

/** A table of runs as a CSV file (RFC 4180), all that match. */
@ApplicationScoped
class RunFile {

    private static final int MOST = 100_000;
    private static final int PORTION = 500;
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9.]+([eE][+-]?[0-9]+)?");

    private static final CsvMapper CSV =
            CsvMapper.builder().enable(CsvGenerator.Feature.ALWAYS_QUOTE_STRINGS).build();

    private final Runs runs;
    private final FullRuns fullRuns;
    private final RunColumns runColumns;
    private final DataSets dataSets;

    RunFile(Runs runs, FullRuns fullRuns, RunColumns runColumns, DataSets dataSets) {
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.runColumns = runColumns;
        this.dataSets = dataSets;
    }

    Response of(Experiment experiment, RunQuestion question) {
        var found =
                runs.search(
                        RunSearch.of(
                                List.of(experiment.id()),
                                question.view(),
                                question.wholeFilter(),
                                question.orderBy(),
                                dataSets.hidden()),
                        MOST,
                        0);
        var columns = columns(question);
        StreamingOutput body =
                out -> {
                    try (var rows = CSV.writer().writeValues(out)) {
                        var heads = new ArrayList<Object>(List.of("run_id", "run_name"));
                        columns.forEach(column -> heads.add(safe(column.text())));
                        rows.write(heads);
                        for (int i = 0; i < found.size(); i += PORTION) {
                            var portion = found.subList(i, Math.min(found.size(), i + PORTION));
                            for (var full : fullRuns.of(portion)) {
                                var row = new ArrayList<Object>();
                                row.add(full.run().hex());
                                row.add(safe(full.run().name()));
                                columns.forEach(column -> row.add(value(column, full)));
                                rows.write(row);
                            }
                        }
                    }
                };
        return Response.ok(body)
                .type("text/csv; charset=utf-8")
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"experiment-%d-runs.csv\""
                                .formatted(experiment.id()))
                .build();
    }

    /** The chosen ones; without a choice all that the experiment has. */
    private List<Column> columns(RunQuestion question) {
        if (!question.columns().isEmpty()) {
            return question.columns();
        }
        var all =
                new LinkedHashSet<>(
                        List.of(Column.STATUS, Column.STARTED, Column.DURATION, Column.USER));
        var keys = runColumns.keys(question.experiment(), 200);
        for (var kind : List.of(Column.Kind.METRIC, Column.Kind.PARAM, Column.Kind.TAG)) {
            keys.getOrDefault(kind, List.of()).forEach(key -> all.add(new Column(kind, key)));
        }
        return List.copyOf(all);
    }

    private static Object value(Column column, FullRun full) {
        var run = full.run();
        return switch (column.kind()) {
            case METRIC ->
                    full.metrics().stream()
                            .filter(point -> point.key().equals(column.key()))
                            .<Object>map(Metrics.Point::value)
                            .findFirst()
                            .orElse("");
            case PARAM -> safe(full.params().getOrDefault(column.key(), ""));
            case TAG -> safe(full.tags().getOrDefault(column.key(), ""));
            case ATTRIBUTE ->
                    switch (column.key()) {
                        case "status" -> run.status().name();
                        case "start_time" -> Instant.ofEpochMilli(run.startTime()).toString();
                        case "end_time" ->
                                run.endTime() == null
                                        ? ""
                                        : Instant.ofEpochMilli(run.endTime()).toString();
                        case "duration" ->
                                run.endTime() == null
                                        ? ""
                                        : (Object) ((run.endTime() - run.startTime()) / 1000.0);
                        case "run_id" -> run.hex();
                        default -> safe(run.userId());
                    };
        };
    }

    /** No text that a spreadsheet would run as a formula. */
    static String safe(String text) {
        return !text.isEmpty()
                        && "=+-@\t\r".indexOf(text.charAt(0)) >= 0
                        && !NUMBER.matcher(text).matches()
                ? "'" + text
                : text;
    }
}
