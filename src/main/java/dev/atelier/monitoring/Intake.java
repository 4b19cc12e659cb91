package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.monitoring.statistics.Window;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes what models were asked and answered, whoever served them. The rows are counted and not
 * kept; only what comes before there is a reference waits for the one that will be made of it.
 */
@ApplicationScoped
class Intake {

    /** What a reference is made of when nobody gives one. */
    static final int FIRST_ROWS = 1_000;

    /** Clocks differ by so much. */
    private static final Duration AHEAD = Duration.ofMinutes(10);

    /** As long as hours are kept. */
    private static final Duration OLDEST = Duration.ofDays(400);

    private static final int MOST_NAMED = 20;

    private final References references;
    private final Windows windows;
    private final Labels labels;
    private final Segments segments;
    private final Sql sql;
    private final Transaction transaction;
    private final ObjectMapper json;

    Intake(
            References references,
            Windows windows,
            Labels labels,
            Segments segments,
            Sql sql,
            Transaction transaction,
            ObjectMapper json) {
        this.references = references;
        this.windows = windows;
        this.labels = labels;
        this.segments = segments;
        this.sql = sql;
        this.transaction = transaction;
        this.json = json;
    }

    /** A row that was not counted. */
    public record Left(int index, String reason) {}

    /**
     * What became of a batch.
     *
     * @param counted rows
     * @param waiting rows that are kept until there is a reference
     * @param repeated whether the batch was counted before, and was not again
     * @param left rows that could not be counted, the first of them by name
     */
    public record Taken(
            String batch,
            long counted,
            long waiting,
            boolean repeated,
            long lost,
            List<Left> left) {}

    /**
     * @param segment of the rows that name none
     * @param rows JSON list
     */
    Taken take(
            String model, int version, String site, String segment, String batch, ArrayNode rows) {
        var left = new ArrayList<Left>();
        var predictions = new ArrayList<Prediction>(rows.size());
        var kept = json.createArrayNode();
        var now = Instant.now();
        long lost = 0;
        for (int i = 0; i < rows.size(); i++) {
            var fault = fault(rows.get(i), now);
            if (fault == null) {
                if (!rows.get(i).hasNonNull("segment")) {
                    ((ObjectNode) rows.get(i)).put("segment", segment);
                }
                predictions.add(prediction(rows.get(i), now));
                kept.add(rows.get(i));
            } else {
                lost++;
                if (left.size() < MOST_NAMED) {
                    left.add(new Left(i, fault));
                }
            }
        }
        long failed = lost;
        return transaction.call(
                () -> {
                    if (!isNew(model, version, site, batch, rows.size())) {
                        return new Taken(batch, 0, 0, true, 0, List.of());
                    }
                    if (failed > 0) {
                        windows.lose(model, version, site, Windows.hour(now), failed);
                    }
                    var _ = hold(model, version);
                    int good = predictions.size();
                    return store(model, version, site, kept, predictions, now)
                            ? new Taken(batch, good, 0, false, failed, left)
                            : new Taken(batch, 0, good, false, failed, left);
                });
    }

    /**
     * Takes rows of calls that were served here without a reference; within a transaction that
     * holds the version.
     *
     * @param rows JSON list as it is sent, each with a timestamp
     */
    void takeServed(String model, int version, String site, ArrayNode rows) {
        var now = Instant.now();
        var predictions = new ArrayList<Prediction>(rows.size());
        rows.forEach(row -> predictions.add(prediction(row, now)));
        var _ = store(model, version, site, rows, predictions, now);
    }

    /** Whether the rows are counted; otherwise they wait. */
    private boolean store(
            String model,
            int version,
            String site,
            ArrayNode rows,
            List<Prediction> predictions,
            Instant now) {
        var reference = references.current(model, version);
        if (reference.isPresent()) {
            count(model, version, site, reference.get(), predictions);
            return true;
        }
        keep(model, version, site, rows, now);
        if (early(model, version) < FIRST_ROWS) {
            return false;
        }
        begin(model, version);
        return true;
    }

    /** Counts what waited for a reference; within a transaction. */
    void countEarly(String model, int version, StoredReference reference) {
        var _ = hold(model, version);
        // By some rows of the table at a time, which hold as many as a batch each.
        while (true) {
            var early =
                    sql.list(
                            """
                            delete from monitoring_early where id in (
                                select id from monitoring_early where model = ? and version = ?
                                order by id limit 10)
                            returning site, rows
                            """,
                            row -> Map.entry(row.getString(1), row.getString(2)),
                            model,
                            version);
            if (early.isEmpty()) {
                return;
            }
            for (var one : early) {
                count(model, version, one.getKey(), reference, predictions(one.getValue()));
            }
        }
    }

    /** The first rows become the reference. */
    private void begin(String model, int version) {
        var columns = new Columns();
        var outputs = new HashSet<String>();
        for (var rows :
                sql.list(
                        "select rows from monitoring_early where model = ? and version = ? order by id",
                        row -> predictions(row.getString(1)),
                        model,
                        version)) {
            for (var one : rows) {
                columns.add(one.cells());
                outputs.addAll(outputs(one));
            }
        }
        var reference =
                references.put(
                        model,
                        version,
                        columns.profile(),
                        outputs,
                        StoredReference.Source.PRODUCTION,
                        columns.rows(),
                        "portal");
        countEarly(model, version, reference);
    }

    private static Set<String> outputs(Prediction one) {
        var names = new HashSet<String>();
        one.outputs()
                .fieldNames()
                .forEachRemaining(
                        name ->
                                names.add(
                                        one.inputs().has(name) ? Prediction.OUTPUT + name : name));
        return names;
    }

    private void count(
            String model,
            int version,
            String site,
            StoredReference reference,
            List<Prediction> predictions) {
        var segment =
                segments.counted(
                        model,
                        version,
                        predictions.stream().map(Prediction::segment).collect(Collectors.toSet()));
        SortedMap<String, SortedMap<Instant, Tallies>> tallies = new TreeMap<>();
        var placed = new ArrayList<Prediction>(predictions.size());
        for (var one : predictions) {
            var in = Objects.requireNonNull(segment.get(one.segment()));
            tallies.computeIfAbsent(in, _ -> new TreeMap<>())
                    .computeIfAbsent(Windows.hour(one.at()), _ -> new Tallies(reference.profile()))
                    .add(one.cells());
            placed.add(new Prediction(one.id(), one.at(), in, one.inputs(), one.outputs()));
        }
        tallies.forEach(
                (in, starts) -> {
                    SortedMap<Instant, Window> hours = new TreeMap<>();
                    starts.forEach((start, tally) -> hours.put(start, tally.window()));
                    windows.add(model, version, site, in, reference, hours);
                });
        labels.keep(model, version, site, placed);
    }

    /**
     * Whoever makes a reference and whoever counts by it do so one after the other.
     *
     * @return whether the version is there
     */
    boolean hold(String model, int version) {
        return sql.first(
                        "select 1 from model_version where model = ? and number = ? for no key update",
                        row -> true,
                        model,
                        version)
                .isPresent();
    }

    private boolean isNew(String model, int version, String site, String batch, int rows) {
        return sql.update(
                        """
                        insert into monitoring_batch (model, version, site, batch, rows)
                        values (?, ?, ?, ?, ?) on conflict do nothing
                        """,
                        model,
                        version,
                        site,
                        batch,
                        rows)
                > 0;
    }

    private void keep(String model, int version, String site, ArrayNode rows, Instant now) {
        for (var row : rows) {
            if (!row.hasNonNull("timestamp")) {
                ((ObjectNode) row).put("timestamp", now.toString());
            }
        }
        sql.update(
                """
                insert into monitoring_early (model, version, site, rows, count)
                values (?, ?, ?, ?::jsonb, ?)
                """,
                model,
                version,
                site,
                rows.toString(),
                rows.size());
    }

    private long early(String model, int version) {
        return sql.one(
                "select coalesce(sum(count), 0) from monitoring_early where model = ? and version = ?",
                row -> row.getLong(1),
                model,
                version);
    }

    private List<Prediction> predictions(String rows) {
        try {
            var list = new ArrayList<Prediction>();
            for (var row : json.readTree(rows)) {
                list.add(prediction(row, Instant.now()));
            }
            return list;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private Prediction prediction(JsonNode row, Instant now) {
        var at = at(row.path("timestamp"));
        var id = row.path("predictionId");
        return new Prediction(
                id.isTextual() ? id.textValue() : null,
                at == null ? now : at,
                row.path("segment").asText(""),
                object(row.path("inputs")),
                object(row.path("outputs")));
    }

    private JsonNode object(JsonNode node) {
        return node.isObject() ? node : json.createObjectNode();
    }

    /** Why a row cannot be counted; null when it can. */
    private static @Nullable String fault(JsonNode row, Instant now) {
        if (!row.isObject()) {
            return "It is no JSON object.";
        }
        var inputs = row.path("inputs");
        var outputs = row.path("outputs");
        if (!(inputs.isObject() || inputs.isMissingNode() || inputs.isNull())
                || !(outputs.isObject() || outputs.isMissingNode() || outputs.isNull())) {
            return "inputs and outputs are JSON objects, a member for each column.";
        }
        if (inputs.isEmpty() && outputs.isEmpty()) {
            return "It has neither inputs nor outputs.";
        }
        var id = row.path("predictionId");
        if (!id.isMissingNode() && !id.isNull() && !Labels.isId(id)) {
            return "predictionId is a text of 1 to %d characters.".formatted(Labels.LONGEST_ID);
        }
        var segment = row.path("segment");
        if (!segment.isMissingNode() && !segment.isNull() && !Segments.isName(segment)) {
            return "segment is a text of at most %d characters.".formatted(Segments.LONGEST);
        }
        var stamp = row.path("timestamp");
        if (stamp.isMissingNode() || stamp.isNull()) {
            return null;
        }
        var at = at(stamp);
        if (at == null) {
            return "timestamp is a time as 2026-01-31T12:00:00Z, or milliseconds since 1970.";
        }
        if (at.isAfter(now.plus(AHEAD))) {
            return "It is from the future: %s. Look at the clock of whoever sent it.".formatted(at);
        }
        if (at.isBefore(now.minus(OLDEST))) {
            return "It is older than %d days.".formatted(OLDEST.toDays());
        }
        return null;
    }

    private static @Nullable Instant at(JsonNode stamp) {
        try {
            if (stamp.isTextual()) {
                var text = stamp.textValue();
                return text.matches(".*([zZ]|[+-]\\d{2}(:?\\d{2})?)$")
                        ? OffsetDateTime.parse(text).toInstant()
                        : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
            }
            return stamp.canConvertToLong() ? Instant.ofEpochMilli(stamp.longValue()) : null;
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
