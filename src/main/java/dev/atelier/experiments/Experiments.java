package dev.atelier.experiments;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Owned;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All experiments. */
@ApplicationScoped
public class Experiments implements Owned {

    /** Where clients record that name no experiment. */
    static final long DEFAULT = 0;

    private static final String UNIQUE = "23505";

    private static final String SELECT =
            """
            select e.id, e.name, e.owner, e.created_at, e.created_by, e.changed_at, e.deleted_at,
                   (select array_agg(array[t.key, t.value] order by t.key) from experiment_tag t
                    where t.experiment = e.id)
            from experiment e
            """;

    private final Sql sql;
    private final Audit audit;

    Experiments(Sql sql, Audit audit) {
        this.sql = sql;
        this.audit = audit;
    }

    private static Experiment read(ResultSet row) throws SQLException {
        var tags = new TreeMap<String, String>();
        var pairs = row.getArray(8);
        if (pairs != null) {
            for (var pair : (String[][]) pairs.getArray()) {
                tags.put(pair[0], pair[1]);
            }
        }
        var deleted = row.getObject(7, OffsetDateTime.class);
        return new Experiment(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getObject(4, OffsetDateTime.class).toInstant(),
                row.getString(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                deleted == null ? null : deleted.toInstant(),
                tags);
    }

    public Optional<Experiment> find(long id) {
        return sql.first(SELECT + "where e.id = ?", Experiments::read, id);
    }

    /** The one of that name that is there, else the one that was deleted last. */
    Optional<Experiment> named(String name) {
        return sql.first(
                SELECT + "where e.name = ? order by e.deleted_at desc nulls first limit 1",
                Experiments::read,
                name);
    }

    /**
     * @throws NotFound when there is none of that identifier
     */
    public Experiment get(String id) {
        return find(number(id)).orElseThrow(() -> none(id));
    }

    static NotFound none(String id) {
        return new NotFound("No Experiment with id=%s exists".formatted(id));
    }

    /** What identifier a text is; −1, which none has, when it is no number. */
    static long number(String id) {
        return id.length() <= 18 && !id.isEmpty() && id.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Long.parseLong(id)
                : -1;
    }

    List<Experiment> search(SqlText conditions) {
        return sql.list(SELECT + conditions.text(), Experiments::read, conditions.values());
    }

    /**
     * @param owner reference of the user or group that will decide about it
     * @throws Conflict when one of that name is there
     */
    @Transactional
    public Experiment create(String name, String owner, Map<String, String> tags, String actor) {
        MlflowRules.experimentName(name);
        try {
            var id =
                    sql.one(
                            """
                            insert into experiment (name, owner, created_by) values (?, ?, ?)
                            returning id
                            """,
                            row -> row.getLong(1),
                            name,
                            owner,
                            actor);
            setTags(id, tags);
            audit.record("experiment.create", Experiment.ref(id), Map.of("name", name));
            return find(id).orElseThrow();
        } catch (Sql.Failed e) {
            throw taken(e, name);
        }
    }

    private static RuntimeException taken(Sql.Failed e, String name) {
        return e.state().equals(UNIQUE)
                ? new Conflict("Experiment '%s' already exists.".formatted(name))
                : e;
    }

    @Transactional
    public void rename(Experiment experiment, String name) {
        MlflowRules.experimentName(name);
        if (experiment.deleted()) {
            throw new Invalid(
                    "Experiment '%s' was deleted. Restore it before it is renamed."
                            .formatted(experiment.name()));
        }
        try {
            sql.update(
                    "update experiment set name = ?, changed_at = clock_timestamp() where id = ?",
                    name,
                    experiment.id());
        } catch (Sql.Failed e) {
            throw taken(e, name);
        }
        audit.record(
                "experiment.rename",
                experiment.ref(),
                Map.of("from", experiment.name(), "to", name));
    }

    /** Its runs are found no more; both can be restored until they are purged. */
    @Transactional
    public void delete(Experiment experiment) {
        if (experiment.id() == DEFAULT) {
            throw new Invalid(
                    "The default experiment cannot be deleted: clients record here that name no other.");
        }
        var changed =
                sql.update(
                        """
                        update experiment set deleted_at = clock_timestamp(),
                            changed_at = clock_timestamp()
                        where id = ? and deleted_at is null
                        """,
                        experiment.id());
        if (changed == 0) {
            throw new Invalid("Experiment '%s' is deleted already.".formatted(experiment.name()));
        }
        sql.update(
                """
                update run set deleted_at = clock_timestamp()
                where experiment = ? and deleted_at is null
                """,
                experiment.id());
        audit.record("experiment.delete", experiment.ref(), Map.of("name", experiment.name()));
    }

    /** With the runs that were deleted together with it. */
    @Transactional
    public void restore(Experiment experiment) {
        if (!experiment.deleted()) {
            throw new Invalid("Experiment '%s' was not deleted.".formatted(experiment.name()));
        }
        // In one transaction the clock goes on: its runs were deleted a moment after it.
        sql.update(
                """
                update run set deleted_at = null where experiment = ? and deleted_at >= ?
                """,
                experiment.id(),
                experiment.deletedAt());
        try {
            sql.update(
                    """
                    update experiment set deleted_at = null, changed_at = clock_timestamp()
                    where id = ?
                    """,
                    experiment.id());
        } catch (Sql.Failed e) {
            throw taken(e, experiment.name());
        }
        audit.record("experiment.restore", experiment.ref(), Map.of("name", experiment.name()));
    }

    @Transactional
    public void setTags(long experiment, Map<String, String> tags) {
        tags.forEach(MlflowRules::experimentTag);
        sql.update(
                """
                insert into experiment_tag (experiment, key, value)
                select ?, key, value from unnest(?, ?) as t (key, value) order by key
                on conflict (experiment, key) do update set value = excluded.value
                """,
                experiment,
                tags.keySet().toArray(String[]::new),
                tags.values().toArray(String[]::new));
        touch(experiment);
    }

    @Transactional
    public void deleteTag(long experiment, String key) {
        if (sql.update(
                        "delete from experiment_tag where experiment = ? and key = ?",
                        experiment,
                        key)
                == 0) {
            throw new NotFound("The experiment has no tag '%s'.".formatted(key));
        }
        touch(experiment);
    }

    private void touch(long experiment) {
        sql.update("update experiment set changed_at = clock_timestamp() where id = ?", experiment);
    }

    /**
     * An experiment in a list.
     *
     * @param runs how many, {@link RunTables#COUNTED} and one when more
     * @param lastRun when the last began, in milliseconds since 1970; null when there is none
     */
    record Listed(Experiment experiment, long runs, @Nullable Long lastRun) {}

    /**
     * Those whose name has the text in it, the latest active first.
     *
     * @param unseen references of those that are left out
     */
    List<Listed> listed(
            String text, boolean deleted, Collection<String> unseen, int limit, int offset) {
        var activity = new HashMap<Long, Long>();
        var ids =
                sql.list(
                        """
                        select e.id, last.at from experiment e
                        left join lateral (
                            select r.start_time as at from run r where r.experiment = e.id
                            order by r.start_time desc limit 1) as last on true
                        where (e.deleted_at is not null) = ? and e.name ilike ? and e.id <> all(?)
                        order by greatest(coalesce(last.at, 0),
                                          extract(epoch from e.created_at) * 1000) desc, e.id desc
                        limit ? offset ?
                        """,
                        row -> {
                            var last = row.getObject(2, Long.class);
                            if (last != null) {
                                activity.put(row.getLong(1), last);
                            }
                            return row.getLong(1);
                        },
                        deleted,
                        "%"
                                + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
                                + "%",
                        ids(unseen),
                        limit,
                        offset);
        if (ids.isEmpty()) {
            return List.of();
        }
        var shown = ids.toArray(Long[]::new);
        var counts = new HashMap<Long, Long>();
        sql.list(
                """
                select e.id, (select count(*) from (
                    select from run r where r.experiment = e.id
                        and (r.deleted_at is null or ?) limit ?) as counted)
                from unnest(?) as e (id)
                """,
                row -> Optional.ofNullable(counts.put(row.getLong(1), row.getLong(2))),
                deleted,
                RunTables.COUNTED + 1,
                shown);
        var found =
                sql.list(SELECT + "where e.id = any(?)", Experiments::read, (Object) shown).stream()
                        .collect(Collectors.toMap(Experiment::id, one -> one));
        return ids.stream()
                .filter(found::containsKey)
                .map(
                        id ->
                                new Listed(
                                        Objects.requireNonNull(found.get(id)),
                                        counts.getOrDefault(id, 0L),
                                        activity.get(id)))
                .toList();
    }

    /** Sets a tag as a person does on a page, which is written down. */
    @Transactional
    void annotate(Experiment experiment, String key, String value) {
        setTags(experiment.id(), Map.of(key, value));
        audit.record("experiment.annotate", experiment.ref(), Map.of("tag", key));
    }

    @Override
    public Map<String, String> ownersOf(Collection<String> refs) {
        var ids = ids(refs);
        return ids.length == 0
                ? Map.of()
                : sql
                        .list(
                                "select id, owner from experiment where id = any(?) and owner is not null",
                                row -> Map.entry(Experiment.ref(row.getLong(1)), row.getString(2)),
                                (Object) ids)
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Identifiers of the experiments among these things. */
    static Long[] ids(Collection<String> refs) {
        return refs.stream()
                .filter(ref -> ref.startsWith(Experiment.KIND))
                .map(ref -> number(ref.substring(Experiment.KIND.length())))
                .toArray(Long[]::new);
    }
}
