package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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
import org.jspecify.annotations.Nullable;

/** Reference profiles of versions. One never changes; a version may get another. */
@ApplicationScoped
class References {

    private static final String SELECT =
            """
            select id, hash, profile, outputs, source, rows, made_by, made_at, label, calibration
            from monitoring_reference
            """;

    private final Sql sql;
    private final ObjectMapper json;
    private final Cache<Long, StoredReference> kept =
            Caffeine.newBuilder().maximumSize(200).build();

    References(Sql sql, ObjectMapper json) {
        this.sql = sql;
        this.json = json;
    }

    private StoredReference read(ResultSet row) throws SQLException {
        Array outputs = row.getArray(4);
        var calibration = row.getString(10);
        try {
            return new StoredReference(
                    row.getLong(1),
                    row.getString(2),
                    ProfileJson.read(json.readTree(row.getString(3))),
                    Set.of((String[]) outputs.getArray()),
                    StoredReference.Source.valueOf(row.getString(5)),
                    row.getLong(6),
                    row.getString(7),
                    Objects.requireNonNull(Sql.instant(row, 8)),
                    row.getString(9),
                    calibration == null ? null : json.readValue(calibration, Calibration.class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One by its number; it never changes. */
    StoredReference get(long id) {
        return kept.get(id, one -> sql.one(SELECT + "where id = ?", this::read, one));
    }

    /** The one that is in use. */
    Optional<StoredReference> current(String model, int version) {
        return list(model, version, 1).stream().findFirst();
    }

    /** The identifier of the one that is in use. */
    Optional<Long> currentId(String model, int version) {
        return sql.first(
                """
                select id from monitoring_reference where model = ? and version = ?
                order by used_at desc limit 1
                """,
                row -> row.getLong(1),
                model,
                version);
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

    /** Puts one in use that does not say what was true. */
    StoredReference put(
            String model,
            int version,
            Profile profile,
            Set<String> outputs,
            StoredReference.Source source,
            long rows,
            String by) {
        return put(model, version, profile, outputs, source, rows, by, null, null);
    }

    /**
     * Puts one in use. One that was there before is in use again, with the windows of then; and
     * with its labels, where it comes with such now.
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
            String by,
            @Nullable String label,
            @Nullable Calibration calibration) {
        sql.update(
                """
                insert into monitoring_reference
                    (model, version, hash, profile, outputs, source, rows, made_by, label,
                     calibration)
                values (?, ?, ?, ?, ?::text[], ?, ?, ?, ?, ?::jsonb)
                on conflict (model, version, hash) do update
                    set used_at = clock_timestamp(), outputs = excluded.outputs,
                        label = coalesce(excluded.label, monitoring_reference.label),
                        calibration =
                            coalesce(excluded.calibration, monitoring_reference.calibration)
                """,
                model,
                version,
                profile.hash(),
                profile.json(),
                outputs.toArray(String[]::new),
                source.name(),
                rows,
                by,
                label,
                calibration == null ? null : written(calibration));
        return current(model, version).orElseThrow();
    }

    private String written(Calibration calibration) {
        try {
            return json.writeValueAsString(calibration);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
