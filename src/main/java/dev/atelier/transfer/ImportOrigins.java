package dev.atelier.transfer;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of what imports took. */
@ApplicationScoped
class ImportOrigins {

    /** What became of a thing of elsewhere. */
    record Origin(String target, @Nullable String state) {}

    private final Sql sql;

    ImportOrigins(Sql sql) {
        this.sql = sql;
    }

    Optional<Origin> origin(String owner, String kind, String origin) {
        return sql.first(
                "select target, state from data_import_origin where owner = ? and kind = ? and origin = ?",
                row -> new Origin(row.getString(1), row.getString(2)),
                owner,
                kind,
                origin);
    }

    /** What it became, or, when that is not said yet, what it shall become. */
    Origin origin(String owner, String kind, String origin, String target) {
        sql.update(
                """
                insert into data_import_origin (owner, kind, origin, target) values (?, ?, ?, ?)
                on conflict do nothing
                """,
                owner,
                kind,
                origin,
                target);
        return origin(owner, kind, origin).orElseThrow();
    }

    void became(String owner, String kind, String origin, String target, @Nullable String state) {
        sql.update(
                """
                insert into data_import_origin (owner, kind, origin, target, state)
                values (?, ?, ?, ?, ?)
                on conflict (owner, kind, origin) do update
                set target = excluded.target, state = excluded.state
                """,
                owner,
                kind,
                origin,
                target,
                state);
    }
}
