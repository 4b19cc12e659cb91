package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the truth was, by the identifiers of predictions. Labels come late, in any order, before
 * what they label, and again: the newest holds. Of predictions only the outputs are kept for them.
 */
@ApplicationScoped
class Labels {

    static final int LONGEST_ID = 200;

    private static final int MOST_NAMED = 20;

    private final Sql sql;
    private final Transaction transaction;
    private final ObjectMapper json;

    Labels(Sql sql, Transaction transaction, ObjectMapper json) {
        this.sql = sql;
        this.transaction = transaction;
        this.json = json;
    }

    /**
     * What became of labels.
     *
     * @param taken labels that hold now
     * @param changed those of them that said something else before
     * @param early those of them whose predictions have not come
     */
    public record Taken(long taken, long changed, long early, long lost, List<Intake.Left> left) {}

    /**
     * A prediction and what it should have been.
     *
     * @param changes how often its label said something else before
     */
    record Labelled(JsonNode outputs, String label, int changes, String segment, Instant at) {

        /** A row of a reference. */
        static Labelled of(JsonNode outputs, String label) {
            return new Labelled(outputs, label, 0, "", Instant.EPOCH);
        }
    }

    /** What was answered. */
    record Answered(JsonNode outputs, Instant at) {}

    /**
     * Which predictions of a version.
     *
     * @param site null for all
     * @param segment null for all
     */
    record Part(String model, int version, @Nullable String site, @Nullable String segment) {}

    /** Keeps what was answered. One of an identifier that is there already is left. */
    void keep(String model, int version, String site, List<Prediction> predictions) {
        var known = new TreeMap<String, Prediction>();
        for (var one : predictions) {
            if (one.id() != null) {
                known.putIfAbsent(one.id(), one);
            }
        }
        if (known.isEmpty()) {
            return;
        }
        sql.update(
                """
                insert into monitoring_prediction
                    (model, version, prediction, site, segment, at, outputs)
                select ?, ?, p.id, ?, p.segment, p.at, p.outputs::jsonb
                from unnest(?::text[], ?::text[], ?::timestamptz[], ?::text[])
                    as p (id, segment, at, outputs)
                on conflict do nothing
                """,
                model,
                version,
                site,
                known.keySet().toArray(String[]::new),
                known.values().stream().map(Prediction::segment).toArray(String[]::new),
                known.values().stream().map(one -> one.at().toString()).toArray(String[]::new),
                known.values().stream()
                        .map(one -> one.outputs().toString())
                        .toArray(String[]::new));
    }

    /**
     * @param labels JSON list of objects with predictionId and label
     */
    Taken take(String model, int version, ArrayNode labels) {
        var given = new TreeMap<String, String>();
        var left = new ArrayList<Intake.Left>();
        long lost = 0;
        for (int i = 0; i < labels.size(); i++) {
            var one = labels.get(i);
            var fault = fault(one);
            if (fault == null) {
                given.put(one.get("predictionId").asText(), one.get("label").asText());
            } else {
                lost++;
                if (left.size() < MOST_NAMED) {
                    left.add(new Intake.Left(i, fault));
                }
            }
        }
        long failed = lost;
        return transaction.call(() -> store(model, version, given, failed, left));
    }

    private Taken store(
            String model,
            int version,
            TreeMap<String, String> given,
            long lost,
            List<Intake.Left> left) {
        var ids = given.keySet().toArray(String[]::new);
        var texts = given.values().toArray(String[]::new);
        long changed =
                sql.one(
                        """
                        select count(*) from unnest(?::text[], ?::text[]) as g (id, label)
                        join monitoring_label l on l.model = ? and l.version = ?
                         and l.prediction = g.id and l.label <> g.label
                        """,
                        row -> row.getLong(1),
                        ids,
                        texts,
                        model,
                        version);
        sql.update(
                """
                insert into monitoring_label (model, version, prediction, label)
                select ?, ?, g.id, g.label from unnest(?::text[], ?::text[]) as g (id, label)
                on conflict (model, version, prediction) do update
                    set label = excluded.label, changes = monitoring_label.changes + 1,
                        received_at = excluded.received_at
                    where monitoring_label.label <> excluded.label
                """,
                model,
                version,
                ids,
                texts);
        long early =
                sql.one(
                        """
                        select count(*) from unnest(?::text[]) as g (id)
                        where not exists (select from monitoring_prediction p
                                          where p.model = ? and p.version = ? and p.prediction = g.id)
                        """,
                        row -> row.getLong(1),
                        ids,
                        model,
                        version);
        return new Taken(given.size(), changed, early, lost, left);
    }

    private static @Nullable String fault(JsonNode one) {
        var id = one.path("predictionId");
        if (!isId(id)) {
            return "predictionId is a text of 1 to %d characters.".formatted(LONGEST_ID);
        }
        var label = one.path("label");
        if (!label.isValueNode() || label.isNull()) {
            return "label is a text, a number, true or false.";
        }
        return label.asText().length() > Cell.LONGEST
                ? "label has %d characters at most.".formatted(Cell.LONGEST)
                : null;
    }

    static boolean isId(JsonNode id) {
        return id.isTextual()
                && !id.textValue().isBlank()
                && id.textValue().length() <= LONGEST_ID
                && id.textValue().indexOf('\0') < 0;
    }

    private static final String OF_TIME =
            """
            p.model = ? and p.version = ? and p.at >= ? and p.at < ?
              and (?::text is null or p.site = ?) and (?::text is null or p.segment = ?)
            """;

    private static @Nullable Object[] values(Part part, Instant from, Instant until) {
        return new @Nullable Object[] {
            part.model,
            part.version,
            from.atOffset(ZoneOffset.UTC),
            until.atOffset(ZoneOffset.UTC),
            part.site,
            part.site,
            part.segment,
            part.segment
        };
    }

    private JsonNode parsed(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Predictions with an identifier, of a time, by segment. */
    Map<String, Long> predictions(Part part, Instant from, Instant until) {
        var counts = new TreeMap<String, Long>();
        sql.list(
                        "select p.segment, count(*) from monitoring_prediction p where "
                                + OF_TIME
                                + " group by p.segment",
                        row -> Map.entry(row.getString(1), row.getLong(2)),
                        values(part, from, until))
                .forEach(one -> counts.put(one.getKey(), one.getValue()));
        return counts;
    }

    /** The same by hours or days of UTC. */
    Map<Instant, Long> predictions(Part part, Instant from, Instant until, boolean byDay) {
        var values = new ArrayList<@Nullable Object>();
        values.add(byDay ? "day" : "hour");
        values.addAll(Arrays.asList(values(part, from, until)));
        var counts = new TreeMap<Instant, Long>();
        sql.list(
                        "select date_trunc(?, p.at, 'UTC') as point, count(*) from monitoring_prediction p where "
                                + OF_TIME
                                + " group by point",
                        row ->
                                Map.entry(
                                        Objects.requireNonNull(Sql.instant(row, 1)),
                                        row.getLong(2)),
                        values.toArray())
                .forEach(one -> counts.put(one.getKey(), one.getValue()));
        return counts;
    }

    /** Those of a time that have a label. */
    List<Labelled> labelled(Part part, Instant from, Instant until) {
        return labelled(part, from, until, Integer.MAX_VALUE);
    }

    /** The newest of them. */
    List<Labelled> labelled(Part part, Instant from, Instant until, int most) {
        var values = new ArrayList<@Nullable Object>(Arrays.asList(values(part, from, until)));
        values.add(most);
        return sql.list(
                """
                select p.outputs, l.label, l.changes, p.segment, p.at from monitoring_prediction p
                join monitoring_label l using (model, version, prediction)
                where\s"""
                        + OF_TIME
                        + " order by p.at desc, p.prediction limit ?",
                row ->
                        new Labelled(
                                parsed(row.getString(1)),
                                row.getString(2),
                                row.getInt(3),
                                row.getString(4),
                                Objects.requireNonNull(Sql.instant(row, 5))),
                values.toArray());
    }

    /** A number that was answered; NaN where it was none. */
    record Number(double value, Instant at) {}

    /** The same of one member of the answers, without the others. */
    void numbers(Part part, String output, Instant from, Instant until, Consumer<Number> taker) {
        var values = new ArrayList<@Nullable Object>(List.of(output, output));
        values.addAll(Arrays.asList(values(part, from, until)));
        sql.each(
                """
                select case when jsonb_typeof(p.outputs -> ?) = 'number' then p.outputs ->> ? end, p.at
                from monitoring_prediction p where\s"""
                        + OF_TIME,
                row -> {
                    var number = row.getString(1);
                    taker.accept(
                            new Number(
                                    number == null ? Double.NaN : Double.parseDouble(number),
                                    Objects.requireNonNull(Sql.instant(row, 2))));
                },
                values.toArray());
    }

    /** Takes what was answered in a time, one by one, labelled or not. */
    void each(Part part, Instant from, Instant until, Consumer<Answered> taker) {
        sql.each(
                "select p.outputs, p.at from monitoring_prediction p where " + OF_TIME,
                row ->
                        taker.accept(
                                new Answered(
                                        parsed(row.getString(1)),
                                        Objects.requireNonNull(Sql.instant(row, 2)))),
                values(part, from, until));
    }

    /** How many predictions of a model could have a label, and how many have one. */
    record Share(long predictions, long labelled) {}

    /** Of all models with predictions since a moment that have an identifier. */
    Map<String, Share> shares(Instant since) {
        return sql
                .list(
                        """
                        select p.model, count(*), count(l.prediction) from monitoring_prediction p
                        left join monitoring_label l using (model, version, prediction)
                        where p.at >= ? group by p.model
                        """,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        new Share(row.getLong(2), row.getLong(3))),
                        since.atOffset(ZoneOffset.UTC))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
