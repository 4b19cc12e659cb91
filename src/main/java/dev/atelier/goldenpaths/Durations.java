package dev.atelier.goldenpaths;

import dev.atelier.catalog.EntityRef;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How long golden paths take, as their last runs tell. */
@ApplicationScoped
class Durations {

    private final Sql sql;

    Durations(Sql sql) {
        this.sql = sql;
    }

    /** Middle time of the last completed runs of a template; empty without any. */
    Optional<Duration> of(EntityRef template) {
        return sql.one(
                """
                select percentile_cont(0.5) within group (order by extract(epoch from took))
                from (select ended_at - started_at as took from task
                      where template = ? and state = 'completed' order by created_at desc limit 20) t
                """,
                row -> {
                    var seconds = row.getDouble(1);
                    return row.wasNull()
                            ? Optional.<Duration>empty()
                            : Optional.of(Duration.ofMillis(Math.round(seconds * 1000)));
                },
                template.toString());
    }

    /** The same for all templates at once, by reference. */
    Map<String, Duration> all() {
        return sql
                .list(
                        """
                        select template,
                               percentile_cont(0.5) within group
                                   (order by extract(epoch from ended_at - started_at))
                        from task where state = 'completed'
                          and created_at > clock_timestamp() - interval '90 days'
                        group by template
                        """,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        Duration.ofMillis(Math.round(row.getDouble(2) * 1000))))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
