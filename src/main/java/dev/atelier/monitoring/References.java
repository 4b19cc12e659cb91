package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.ProfileJson;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Reference profiles of versions. One never changes; a version may get another. */
@ApplicationScoped
class References {

    private static final String SELECT =
            """
            select id, hash, profile, outputs, source, rows, made_by, made_at
            from monitoring_reference
            """;

    private final Sql sql;
    private final ObjectMapper json;

    References(Sql sql, ObjectMapper json) {
        this.sql = sql;
        this.json = json;
    }

    private StoredReference read(ResultSet row) throws SQLException {
        Array outputs = row.getArray(4);
        try {
            return new StoredReference(
                    row.getLong(1),
                    row.getString(2),
                    ProfileJson.read(json.readTree(row.getString(3))),
                    Set.of((String[]) outputs.getArray()),
                    StoredReference.Source.valueOf(row.getString(5)),
                    row.getLong(6),
                    row.getString(7),
                    Objects.requireNonNull(Sql.instant(row, 8)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The one that is in use. */
    Optional<StoredReference> current(String model, int version) {
        return list(model, version, 1).stream().findFirst();
    }

    /** The one in use, then those of before. */
    List<StoredReference> list(String model, int version, int most) {
        return sql.list(
                SELECT + "where model = ? and version = ? order by used_at desc limit ?",
                this::read,
                model,
                version,
                most);
    }

    /**
     * Puts one in use. One that was there before is in use again, with the windows of then.
     *
     * @param outputs names of columns that the model gives
     */
    StoredReference put(
            String model,
            int version,
            Profile profile,
            Set<String> outputs,
            StoredReference.Source source,
            long rows,
            String by) {
        sql.update(
                """
                insert into monitoring_reference
                    (model, version, hash, profile, outputs, source, rows, made_by)
                values (?, ?, ?, ?, ?::text[], ?, ?, ?)
                on conflict (model, version, hash) do update set used_at = clock_timestamp()
                """,
                model,
                version,
                profile.hash(),
                profile.json(),
                outputs.toArray(String[]::new),
                source.name(),
                rows,
                by);
        return current(model, version).orElseThrow();
    }
}
