package dev.atelier.catalog;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The places that yield entity documents, and who names them. */
@ApplicationScoped
class Sources {

    /** A place to read, by its type: {@code folder}, {@code file}, {@code url}. */
    record Target(String type, String target, boolean optional) {
        @Override
        public String toString() {
            return type + ":" + target;
        }
    }

    /**
     * A source taken for reading.
     *
     * @param epoch fences: what is read counts only while the row still has it
     * @param digest of what was read last
     * @param etag of what was read last
     * @param origin location at the root of the chain that names it
     */
    record Source(
            long id,
            String type,
            String target,
            boolean optional,
            long epoch,
            @Nullable String digest,
            @Nullable String etag,
            String origin) {
        /** A place that is looked at once and not remembered. */
        static Source unsaved(String type, String target) {
            return new Source(0, type, target, false, 0, null, null, type + ":" + target);
        }

        String location() {
            return type + ":" + target;
        }
    }

    private final Sql sql;

    Sources(Sql sql) {
        this.sql = sql;
    }

    /**
     * Takes sources of these types that are due, for a minute; other replicas pass over them. Who
     * takes them and does not finish loses them then.
     */
    List<Source> take(int limit, String... types) {
        return sql.list(
                """
                with due as (
                    select id from catalog_source
                    where type = any(?) and next_read_at <= clock_timestamp()
                      and (leased_until is null or leased_until < clock_timestamp())
                    order by type = 'file', target limit ?
                    for update skip locked)
                update catalog_source s
                set leased_until = clock_timestamp() + interval '60 s', epoch = epoch + 1
                from due where s.id = due.id
                returning s.id, s.type, s.target, s.optional, s.epoch, s.digest, s.etag, (
                    with recursive up (parent, depth) as (
                        select p.parent, 1 from catalog_source_parent p where p.source_id = s.id
                        union
                        select p.parent, up.depth + 1 from up
                        join catalog_source f on up.parent = 'source:' || f.id
                        join catalog_source_parent p on p.source_id = f.id where up.depth < 10)
                    select e.facts -> 'metadata.annotations.backstage.io/managed-by-origin-location'
                           ->> 0
                    from up join catalog_entity e on e.ref = up.parent order by depth limit 1)
                """,
                row ->
                        new Source(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getBoolean(4),
                                row.getLong(5),
                                row.getString(6),
                                row.getString(7),
                                row.getString(8) == null
                                        ? row.getString(2) + ":" + row.getString(3)
                                        : row.getString(8)),
                types,
                limit);
    }

    /** Gives back what was taken and not read. */
    void release(Collection<Source> sources) {
        sql.update(
                """
                update catalog_source s set leased_until = null
                from unnest(?::bigint[], ?::bigint[]) as t (id, epoch)
                where s.id = t.id and s.epoch = t.epoch
                """,
                sources.stream().map(Source::id).toArray(Long[]::new),
                sources.stream().map(Source::epoch).toArray(Long[]::new));
    }

    /** Whether anything is being read or waits to be. */
    boolean busy() {
        return sql.one(
                """
                select exists (select from catalog_source where type <> 'provider'
                    and (next_read_at <= clock_timestamp() or leased_until > clock_timestamp()))
                """,
                row -> row.getBoolean(1));
    }

    /** Makes these due now. */
    void due(Collection<Target> targets) {
        sql.update(
                """
                update catalog_source s set next_read_at = clock_timestamp()
                from unnest(?::text[], ?::text[]) as t (type, target)
                where s.type = t.type and s.target = t.target
                """,
                targets.stream().map(Target::type).toArray(String[]::new),
                targets.stream().map(Target::target).toArray(String[]::new));
    }

    void allDue() {
        sql.update(
                "update catalog_source set next_read_at = clock_timestamp(), digest = null"
                        + " where type <> 'provider'");
    }

    /** Makes the source of an entity due, and what a Location names. */
    void dueFor(EntityRef ref) {
        sql.update(
                """
                update catalog_source set next_read_at = clock_timestamp()
                where type <> 'provider' and (
                    id = (select source_id from catalog_entity where ref = ?)
                    or id in (select source_id from catalog_source_parent where parent = ?))
                """,
                ref.toString(),
                ref.toString());
    }

    static long provider(Connection connection, String name) throws SQLException {
        return ensure(connection, new Target("provider", name, false));
    }

    /** The id of a source, made when it is missing. */
    static long ensure(Connection connection, Target target) throws SQLException {
        try (var insert =
                connection.prepareStatement(
                        """
                        insert into catalog_source (type, target, optional) values (?, ?, ?)
                        on conflict (type, target) do update set optional = excluded.optional
                        returning id
                        """)) {
            insert.setString(1, target.type);
            insert.setString(2, target.target);
            insert.setBoolean(3, target.optional);
            try (var rows = insert.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    /**
     * Lets a parent name exactly these targets. Those that nobody names then are left to {@link
     * #prune}.
     */
    static void name(Connection connection, String parent, Collection<Target> targets)
            throws SQLException {
        var types = targets.stream().map(Target::type).toArray(String[]::new);
        var names = targets.stream().map(Target::target).toArray(String[]::new);
        var optional = targets.stream().map(Target::optional).toArray(Boolean[]::new);
        try (var insert =
                        connection.prepareStatement(
                                """
                                insert into catalog_source (type, target, optional)
                                select distinct on (t.type, t.target) t.type, t.target, t.optional
                                from unnest(?::text[], ?::text[], ?::boolean[])
                                    as t (type, target, optional)
                                on conflict (type, target) do update set optional = excluded.optional
                                where catalog_source.optional <> excluded.optional
                                """);
                var link =
                        connection.prepareStatement(
                                """
                                insert into catalog_source_parent (source_id, parent)
                                select s.id, ? from catalog_source s
                                join unnest(?::text[], ?::text[]) as t (type, target)
                                    on s.type = t.type and s.target = t.target
                                on conflict do nothing
                                """);
                var unlink =
                        connection.prepareStatement(
                                """
                                delete from catalog_source_parent p using catalog_source s
                                where p.parent = ? and s.id = p.source_id and not exists (
                                    select from unnest(?::text[], ?::text[]) as t (type, target)
                                    where t.type = s.type and t.target = s.target)
                                """)) {
            insert.setArray(1, connection.createArrayOf("text", types));
            insert.setArray(2, connection.createArrayOf("text", names));
            insert.setArray(3, connection.createArrayOf("boolean", optional));
            insert.executeUpdate();
            for (var statement : List.of(link, unlink)) {
                statement.setString(1, parent);
                statement.setArray(2, connection.createArrayOf("text", types));
                statement.setArray(3, connection.createArrayOf("text", names));
                statement.executeUpdate();
            }
        }
    }

    /**
     * Forgets sources that no chain of names connects with a Location of a provider any more.
     * Locations that name each other do not keep each other alive.
     *
     * @return references of the entities that lost their source
     */
    static Set<String> prune(Connection connection) throws SQLException {
        try (var delete =
                        connection.prepareStatement(
                                """
                                with recursive alive (id) as (
                                    select p.source_id from catalog_source_parent p
                                    join catalog_entity e on e.ref = p.parent
                                    join catalog_source s on s.id = e.source_id
                                    where s.type = 'provider'
                                    union
                                    select p.source_id from alive a
                                    cross join lateral (
                                        select 'source:' || a.id as name
                                        union all
                                        select e.ref from catalog_entity e
                                        where e.source_id = a.id and e.kind = 'Location') n
                                    join catalog_source_parent p on p.parent = n.name),
                                gone as (
                                    select s.id from catalog_source s
                                    where s.type <> 'provider'
                                      and not exists (select from alive a where a.id = s.id)),
                                lost as (
                                    select e.ref from catalog_entity e
                                    where e.source_id in (select id from gone)),
                                unnamed as (
                                    delete from catalog_source_parent p
                                    where p.parent in (select 'source:' || id from gone)
                                       or p.parent in (select ref from lost)),
                                deleted as (
                                    delete from catalog_source where id in (select id from gone))
                                select ref from lost
                                """);
                var rows = delete.executeQuery()) {
            var lost = new TreeSet<String>();
            while (rows.next()) {
                lost.add(rows.getString(1));
            }
            return lost;
        }
    }
}
