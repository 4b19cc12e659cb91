package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Reads params and tags, which are a key with a text in each of their tables. */
@ApplicationScoped
class Pairs {

    private final Sql sql;

    Pairs(Sql sql) {
        this.sql = sql;
    }

    /**
     * Of some runs or logged models, each sorted by key.
     *
     * @param owner the column that says whose they are
     */
    Map<UUID, TreeMap<String, String>> of(String owner, String table, UUID[] ids) {
        var all = new HashMap<UUID, TreeMap<String, String>>();
        sql.list(
                "select %1$s, key, value from %2$s where %1$s = any(?)".formatted(owner, table),
                row ->
                        Optional.ofNullable(
                                all.computeIfAbsent(
                                                row.getObject(1, UUID.class), _ -> new TreeMap<>())
                                        .put(row.getString(2), row.getString(3))),
                (Object) ids);
        return all;
    }
}
