package dev.atelier.models;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Finds the versions that a version was made from, and those that were made of it. */
@ApplicationScoped
class Relatives {

    private final Sql sql;

    Relatives(Sql sql) {
        this.sql = sql;
    }

    /**
     * A version that another was made from.
     *
     * @param model the portal's name, or as the other names it where there is no such model
     * @param there whether it is; else it was deleted
     * @param copied whether its files are the other's; else it was trained further
     */
    record Before(String model, int number, boolean there, boolean copied) {}

    /**
     * The version that it was made from, the one that was made from, and so on. Says nothing of who
     * may see them. One statement, however many they are; in a circle they come again.
     */
    List<Before> before(ModelVersion version, int most) {
        return sql.list(
                """
                with recursive line (depth, model, number, there, copied, parent, source) as (
                    select 0, v.model, v.number, true, false, (v.lineage ->> 'parent')::int,
                           v.source
                    from model_version v where v.model = ? and v.number = ?
                    union all
                    select w.depth + 1, coalesce(m.name, w.model), w.number,
                           p.number is not null, w.copied, (p.lineage ->> 'parent')::int, p.source
                    from (
                        select l.depth, l.parent is null as copied,
                               case when l.parent is null
                                    then substring(l.source from '^models:/+([^/@:]+)/[0-9]{1,9}$')
                                    else l.model end as model,
                               coalesce(l.parent,
                                   substring(l.source from '^models:/+[^/@:]+/([0-9]{1,9})$')::int)
                                   as number
                        from line l where l.there and l.depth < ?) as w
                    left join lateral (
                        select k.name from model k
                        where k.title = w.model or lower(k.name) = lower(w.model)
                        order by (k.title = w.model) desc nulls last limit 1) as m on true
                    left join model_version p
                        on p.model = m.name and p.number = w.number and p.state <> 'DELETED'
                    where w.model is not null)
                select model, number, there, copied from line where depth > 0 order by depth
                """,
                row ->
                        new Before(
                                row.getString(1),
                                row.getInt(2),
                                row.getBoolean(3),
                                row.getBoolean(4)),
                version.model(),
                version.number(),
                most);
    }

    /**
     * A version that was made of another.
     *
     * @param copied whether its files are the other's; else it was trained further
     */
    record After(String model, int number, boolean copied) {}

    /** The newest first. Says nothing of who may see them. */
    List<After> after(ModelVersion version, int most) {
        return sql.list(
                """
                select v.model, v.number, not (v.model = ? and v.lineage ->> 'parent' = ?)
                from model_version v
                where v.state <> 'DELETED'
                  and (v.model = ? and v.lineage ->> 'parent' = ? or v.source = ?)
                order by v.created_at desc limit ?
                """,
                row -> new After(row.getString(1), row.getInt(2), row.getBoolean(3)),
                version.model(),
                Integer.toString(version.number()),
                version.model(),
                Integer.toString(version.number()),
                "models:/%s/%d".formatted(version.model(), version.number()),
                most);
    }
}
