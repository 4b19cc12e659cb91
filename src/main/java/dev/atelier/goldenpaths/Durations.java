package dev.atelier.goldenpaths;

import dev.atelier.catalog.EntityRef;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How long golden paths take, as their last runs tell. What a task waited for somebody's word, or
 * for a place, is not in it: the times of its steps are added.
 */
@ApplicationScoped
class Durations {

    /** The last completed runs that count. */
    private static final int RUNS = 20;

    private final Sql sql;

    Durations(Sql sql) {
        this.sql = sql;
    }

    /**
     * Middle times of the last completed runs.
     *
     * @param all of a run from its first step to its last
     * @param steps by their ids; what no run has come through is not there
     */
    record Usual(Duration all, Map<String, Duration> steps) {

        /**
         * What is left of a task; empty where it has a step that no earlier run had.
         *
         * @param steps all of the task
         */
        Optional<Duration> left(List<TaskStep> steps, Instant now) {
            var left = Duration.ZERO;
            for (var step : steps) {
                var usual = this.steps.get(step.id());
                if (step.state().ended()) {
                    continue;
                }
                if (usual == null) {
                    return Optional.empty();
                }
                var took = step.took(now);
                var more = took == null ? usual : usual.minus(took);
                left = more.isNegative() ? left : left.plus(more);
            }
            return Optional.of(left);
        }
    }

    /** Empty where no run of the template was completed yet. */
    Optional<Usual> of(EntityRef template) {
        var middles =
                byName(
                        """
                        select coalesce(id, ''),
                               percentile_cont(0.5) within group (order by took)
                        from (select s.id, sum(extract(epoch from s.ended_at - s.started_at)) as took
                              from (select id from task where template = ? and state = 'completed'
                                    order by created_at desc limit ?) t
                              join task_step s on s.task = t.id and s.started_at is not null
                              group by grouping sets ((t.id), (t.id, s.id))) run
                        group by id
                        """,
                        template.toString(),
                        RUNS);
        return Optional.ofNullable(middles.remove("")).map(all -> new Usual(all, middles));
    }

    /** The same for all templates at once, by reference. */
    Map<String, Duration> all() {
        return byName(
                """
                select template, percentile_cont(0.5) within group (order by took)
                from (select t.template, sum(extract(epoch from s.ended_at - s.started_at)) as took
                      from task t join task_step s on s.task = t.id and s.started_at is not null
                      where t.state = 'completed'
                        and t.created_at > clock_timestamp() - interval '90 days'
                      group by t.id) run
                group by template
                """);
    }

    private Map<String, Duration> byName(String statement, @Nullable Object... values) {
        return sql
                .list(
                        statement,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        Duration.ofMillis(Math.round(row.getDouble(2) * 1000))),
                        values)
                .stream()
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey, Map.Entry::getValue, (a, _) -> a, HashMap::new));
    }
}
