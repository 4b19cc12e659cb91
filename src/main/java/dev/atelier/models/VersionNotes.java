package dev.atelier.models;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.JsonTexts;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What people say of models and of their versions: descriptions, tags, stages. */
@ApplicationScoped
class VersionNotes {

    static final List<String> STAGES = List.of("None", "Staging", "Production", "Archived");

    private static final String SELECT =
            """
            select number, description, stage, tags, source, run_link, changed_at from model_version
            """;

    private final Sql sql;
    private final Audit audit;

    VersionNotes(Sql sql, Audit audit) {
        this.sql = sql;
        this.audit = audit;
    }

    VersionNote of(ModelVersion version) {
        return sql.one(
                SELECT + "where model = ? and number = ?",
                this::read,
                version.model(),
                version.number());
    }

    /** Of all its versions, by number. */
    Map<Integer, VersionNote> of(Model model) {
        return sql.list(SELECT + "where model = ?", this::read, model.name()).stream()
                .collect(Collectors.toMap(VersionNote::number, note -> note));
    }

    private VersionNote read(ResultSet row) throws SQLException {
        return new VersionNote(
                row.getInt(1),
                row.getString(2),
                row.getString(3),
                JsonTexts.read(row, 4),
                row.getString(5),
                row.getString(6),
                row.getObject(7, OffsetDateTime.class).toInstant());
    }

    @Transactional
    void describe(ModelVersion version, String description) {
        sql.update(
                """
                update model_version set description = ?, changed_at = clock_timestamp()
                where model = ? and number = ?
                """,
                description,
                version.model(),
                version.number());
        record("model-version.describe", version, Map.of());
    }

    @Transactional
    void setTag(ModelVersion version, String key, String value) {
        if (of(version).tags().size() >= 1_000) {
            throw new Invalid("A version has at most 1,000 tags.");
        }
        sql.update(
                """
                update model_version set tags = tags || jsonb_build_object(?::text, ?::text),
                    changed_at = clock_timestamp()
                where model = ? and number = ?
                """,
                key,
                value,
                version.model(),
                version.number());
        record("model-version.tag", version, Map.of("key", key));
    }

    @Transactional
    void deleteTag(ModelVersion version, String key) {
        sql.update(
                """
                update model_version set tags = tags - ?::text, changed_at = clock_timestamp()
                where model = ? and number = ?
                """,
                key,
                version.model(),
                version.number());
        record("model-version.untag", version, Map.of("key", key));
    }

    /**
     * Puts a version into a stage.
     *
     * @param archive puts the others of that stage away
     * @throws Invalid when there is no such stage
     */
    @Transactional
    void move(ModelVersion version, String stage, boolean archive) {
        var to = stage(stage);
        if (archive) {
            if (!to.equals("Staging") && !to.equals("Production")) {
                throw new Invalid(
                        "Only for Staging and Production the versions that are there can be archived, not for %s."
                                .formatted(to));
            }
            sql.update(
                    """
                    update model_version set stage = 'Archived', changed_at = clock_timestamp()
                    where model = ? and stage = ? and number <> ?
                    """,
                    version.model(),
                    to,
                    version.number());
        }
        sql.update(
                """
                update model_version set stage = ?, changed_at = clock_timestamp()
                where model = ? and number = ?
                """,
                to,
                version.model(),
                version.number());
        record("model-version.stage", version, Map.of("stage", to));
    }

    /** A stage in its own spelling, however it was written. */
    static String stage(String name) {
        return STAGES.stream()
                .filter(one -> one.toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                        () ->
                                new Invalid(
                                        "Invalid Model Version stage: %s. Value must be one of %s."
                                                .formatted(name, String.join(", ", STAGES))));
    }

    private void record(String act, ModelVersion version, Map<String, Object> detail) {
        var all = new TreeMap<>(detail);
        all.put("version", version.number());
        audit.record(act, Resource.model(version.model()), all);
    }

    /** Tags of these models, by their names. */
    Map<String, Map<String, String>> tagsOf(List<String> models) {
        return sql
                .list(
                        "select model, key, value from model_tag where model = any(?) order by key",
                        row -> List.of(row.getString(1), row.getString(2), row.getString(3)),
                        (Object) models.toArray(String[]::new))
                .stream()
                .collect(
                        Collectors.groupingBy(
                                List::getFirst,
                                Collectors.toMap(
                                        tag -> tag.get(1),
                                        tag -> tag.get(2),
                                        (a, b) -> b,
                                        TreeMap::new)));
    }

    @Transactional
    void setTag(Model model, String key, String value) {
        sql.update(
                """
                insert into model_tag (model, key, value) values (?, ?, ?)
                on conflict (model, key) do update set value = excluded.value
                """,
                model.name(),
                key,
                value);
        touch(model);
        audit.record("model.tag", Resource.model(model.name()), Map.of("key", key));
    }

    @Transactional
    void deleteTag(Model model, String key) {
        if (sql.update("delete from model_tag where model = ? and key = ?", model.name(), key)
                == 0) {
            throw new NotFound("The model has no tag '%s'.".formatted(key));
        }
        touch(model);
        audit.record("model.untag", Resource.model(model.name()), Map.of("key", key));
    }

    @Transactional
    void describe(Model model, @Nullable String description) {
        sql.update("update model set description = ? where name = ?", description, model.name());
        touch(model);
        audit.record("model.describe", Resource.model(model.name()), Map.of());
    }

    private void touch(Model model) {
        sql.update("update model set changed_at = clock_timestamp() where name = ?", model.name());
    }
}
