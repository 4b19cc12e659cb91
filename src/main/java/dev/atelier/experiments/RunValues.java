package dev.atelier.experiments;

import dev.atelier.identity.Audit;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** Params and tags of runs. */
@ApplicationScoped
class RunValues {

    private final Sql sql;
    private final Audit audit;
    private final Runs runs;

    RunValues(Sql sql, Audit audit, Runs runs) {
        this.sql = sql;
        this.audit = audit;
        this.runs = runs;
    }

    /**
     * Params are written once: the same value again changes nothing.
     *
     * @throws Invalid when one has another value already; then none of them is kept
     */
    @Transactional
    void logParams(UUID run, Map<String, String> params) {
        params.forEach(MlflowRules::param);
        if (params.isEmpty()) {
            return;
        }
        var keys = params.keySet().toArray(String[]::new);
        var kept =
                sql.update(
                        """
                        insert into run_param (run, experiment, key, value)
                        select ?, ?, key, value from unnest(?, ?) as t (key, value) order by key
                        on conflict do nothing
                        """,
                        run,
                        runs.experimentOf(run),
                        keys,
                        params.values().toArray(String[]::new));
        if (kept == params.size()) {
            return;
        }
        // A statement of its own: it sees what another writer has committed meanwhile.
        sql.list(
                        "select key, value from run_param where run = ? and key = any(?)",
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        run,
                        keys)
                .forEach(
                        there -> {
                            var given = Objects.requireNonNull(params.get(there.getKey()));
                            if (!given.equals(there.getValue())) {
                                throw new Invalid(
                                        "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'."
                                                .formatted(
                                                        there.getKey(),
                                                        there.getValue(),
                                                        Ids.hex(run),
                                                        given));
                            }
                        });
    }

    @Transactional
    void setTags(UUID run, Map<String, String> tags) {
        tags.forEach(MlflowRules::runTag);
        if (tags.isEmpty()) {
            return;
        }
        sql.update(
                """
                insert into run_tag (run, experiment, key, value)
                select ?, ?, key, value from unnest(?, ?) as t (key, value) order by key
                on conflict (run, key) do update set value = excluded.value
                """,
                run,
                runs.experimentOf(run),
                tags.keySet().toArray(String[]::new),
                tags.values().toArray(String[]::new));
        var name = tags.get(Runs.NAME_TAG);
        if (name != null) {
            sql.update("update run set name = ? where id = ?", name, run);
        }
    }

    void deleteTag(UUID run, String key) {
        if (sql.update("delete from run_tag where run = ? and key = ?", run, key) == 0) {
            throw new NotFound(
                    "No tag with name: %s in run with id %s".formatted(key, Ids.hex(run)));
        }
    }

    /** Sets a tag as a person does on a page, which is written down. */
    @Transactional
    void annotate(Run run, String key, String value) {
        setTags(run.id(), Map.of(key, value));
        audit.record(
                "run.annotate",
                Experiment.ref(run.experiment()),
                Map.of("run", run.hex(), "name", run.name(), "tag", key));
    }

    @Transactional
    void removeTag(Run run, String key) {
        deleteTag(run.id(), key);
        audit.record(
                "run.annotate",
                Experiment.ref(run.experiment()),
                Map.of("run", run.hex(), "name", run.name(), "removed", key));
    }
}
