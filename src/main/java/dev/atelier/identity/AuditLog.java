package dev.atelier.identity;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Spliterators;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Reading the audit log. */
@ApplicationScoped
public class AuditLog {

    private static final JsonMapper JSON = new JsonMapper();

    /**
     * One event.
     *
     * @param outcome {@code done}, {@code refused} or {@code failed}
     * @param detail JSON, as it was written and hashed
     * @param hash of the event in hexadecimal
     * @param seal number of the seal that holds it; null for the last second or two
     */
    public record Event(
            long id,
            Instant at,
            String actor,
            String action,
            String resource,
            String outcome,
            @Nullable String origin,
            @JsonRawValue String detail,
            String hash,
            @Nullable Long seal) {

        /** The detail for people: {@code version 3, alias champion}; long values are shortened. */
        @JsonIgnore
        public String summary() {
            try {
                return StreamSupport.stream(
                                Spliterators.spliteratorUnknownSize(
                                        JSON.readTree(detail).fields(), 0),
                                false)
                        .map(field -> field.getKey() + " " + shortened(field.getValue().asText()))
                        .collect(Collectors.joining(", "));
            } catch (JsonProcessingException e) {
                return detail;
            }
        }

        private static String shortened(String text) {
            return text.length() <= 40 ? text : text.substring(0, 12) + "…";
        }
    }

    /**
     * Which events; null or blank fields ask nothing.
     *
     * @param action exact, or the part before the dot: {@code model-version}
     * @param before only events with lower numbers: the next page
     */
    public record Filter(
            @Nullable String actor,
            @Nullable String action,
            @Nullable String resource,
            @Nullable String outcome,
            @Nullable Instant from,
            @Nullable Instant to,
            @Nullable Long before) {

        /**
         * @param since how long ago it begins, say {@code P7D}
         * @throws Invalid when the duration is none
         */
        static Filter of(
                @Nullable String actor,
                @Nullable String action,
                @Nullable String resource,
                @Nullable String outcome,
                @Nullable String since,
                @Nullable Long before) {
            return new Filter(
                    blank(actor),
                    blank(action),
                    blank(resource),
                    blank(outcome),
                    instant("since", since),
                    null,
                    before);
        }

        private static @Nullable String blank(@Nullable String text) {
            return text == null || text.isBlank() ? null : text.strip();
        }

        /** A moment (2026-01-31T00:00:00Z), or a duration before now (P7D). */
        static @Nullable Instant instant(String field, @Nullable String text) {
            var given = blank(text);
            if (given == null) {
                return null;
            }
            try {
                return given.startsWith("P")
                        ? Instant.now().minus(Duration.parse(given))
                        : Instant.parse(given);
            } catch (DateTimeParseException e) {
                throw new Invalid(
                        "\"%s\" is neither a moment (2026-01-31T00:00:00Z) nor a duration (P7D)."
                                .formatted(given),
                        List.of(new Invalid.Field(field, "is no moment or duration")));
            }
        }
    }

    /** Sees one event after another. */
    public interface Visitor<E extends Exception> {
        void see(Event event) throws E;
    }

    private final Sql sql;

    AuditLog(Sql sql) {
        this.sql = sql;
    }

    private static final String SELECT =
            """
            select e.id, e.at, e.actor, e.action, e.resource, e.outcome, e.origin, e.detail,
                   encode(e.hash, 'hex'), l.seal
            from audit_event e left join audit_leaf l on l.event_id = e.id where true
            """;

    private record Query(String where, List<Object> values) {
        static Query of(Filter filter) {
            var where = new StringBuilder();
            var values = new ArrayList<Object>();
            add(where, values, " and e.actor = ?", filter.actor());
            if (filter.action() != null) {
                where.append(
                        " and (e.action = ? or e.action like ? || '.%' or e.action like ? || ':%')");
                var literal = filter.action().replaceAll("([\\\\%_])", "\\\\$1");
                values.addAll(List.of(filter.action(), literal, literal));
            }
            add(where, values, " and e.resource = ?", filter.resource());
            add(where, values, " and e.outcome = ?", filter.outcome());
            add(where, values, " and e.at >= ?", filter.from());
            add(where, values, " and e.at < ?", filter.to());
            add(where, values, " and e.id < ?", filter.before());
            return new Query(where.toString(), values);
        }

        private static void add(
                StringBuilder where, List<Object> values, String clause, @Nullable Object value) {
            if (value != null) {
                where.append(clause);
                values.add(value);
            }
        }
    }

    /** The newest first. */
    public List<Event> page(Filter filter, int limit) {
        var query = Query.of(filter);
        return sql.list(
                SELECT + query.where() + " order by e.id desc limit " + limit,
                AuditLog::read,
                query.values().toArray());
    }

    /** All of them, the oldest first, however many. */
    public <E extends Exception> void each(Filter filter, Visitor<E> visitor) throws E {
        var query = Query.of(filter);
        sql.<E>each(
                SELECT + query.where() + " order by e.id",
                row -> visitor.see(read(row)),
                query.values().toArray());
    }

    /** Actions that occur, for the filter. */
    public List<String> actions() {
        return sql.list(
                "select distinct action from audit_event order by action limit 200",
                row -> row.getString(1));
    }

    private static Event read(ResultSet row) throws SQLException {
        return new Event(
                row.getLong(1),
                row.getObject(2, OffsetDateTime.class).toInstant(),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getString(9),
                row.getObject(10, Long.class));
    }
}
