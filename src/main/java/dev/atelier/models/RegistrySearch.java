package dev.atelier.models;

import dev.atelier.experiments.Clause;
import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Conditions;
import dev.atelier.experiments.FilterParser;
import dev.atelier.experiments.SqlText;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.JsonTexts;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds models and versions by filters in MLflow's grammar. */
@ApplicationScoped
class RegistrySearch {

    /**
     * A version as MLflow's registry tells of it.
     *
     * @param model the portal's name of the model
     * @param called the name that clients know the model by
     * @param run the run that made it, by its id
     * @param loggedModel the logged model that it was made of, by its id
     */
    record Found(
            String model,
            String called,
            ModelVersion.State state,
            @Nullable String reason,
            Instant createdAt,
            String createdBy,
            @Nullable String run,
            @Nullable String loggedModel,
            Set<String> aliases,
            VersionNote note) {

        int number() {
            return note.number();
        }
    }

    /** MLflow's clients leave prompts out by this tag, which models do not have. */
    private static final String PROMPT = "mlflow.prompt.is_prompt";

    private static final String VERSION =
            """
            select v.model, coalesce(m.title, m.name), v.number, v.state, v.reason, v.created_at,
                   v.created_by, v.lineage ->> 'run', v.lineage ->> 'loggedModel',
                   (select array_agg(a.alias order by a.alias) from model_alias a
                    where a.model = v.model and a.number = v.number),
                   v.description, v.stage, v.tags, v.source, v.run_link, v.changed_at
            from model_version v join model m on m.name = v.model
            where v.state <> 'DELETED' and lower(m.name) <> all(?)
            """;

    private final Sql sql;
    private final Sight sight;

    RegistrySearch(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    /** Names of models that are not there for whoever asks. */
    private String[] closed() {
        var prefix = Resource.model("");
        return sight.blind().closed().stream()
                .filter(ref -> ref.startsWith(prefix))
                .map(ref -> ref.substring(prefix.length()))
                .toArray(String[]::new);
    }

    /** The portal's names of the models that are found, in their order. */
    List<String> models(@Nullable String filter, List<String> orderBy, long limit, long offset) {
        var statement =
                new SqlText()
                        .add(
                                "select m.name from model m where m.deleted_at is null and lower(m.name) <> all(?)",
                                (Object) closed());
        for (var clause : FilterParser.parse(filter)) {
            statement.add(" and ").add(ofModel(clause));
        }
        statement.add(" order by ");
        for (var text : orderBy) {
            var by = FilterParser.key(text);
            statement.add(
                    switch (by.key().toLowerCase(Locale.ROOT)) {
                                case "name" -> "coalesce(m.title, m.name)";
                                case "creation_timestamp" -> "m.created_at";
                                case "last_updated_timestamp", "timestamp" -> "m.changed_at";
                                default -> throw unordered(text);
                            }
                            + Conditions.way(by, text)
                            + ", ");
        }
        statement.add(" coalesce(m.title, m.name), m.name limit ? offset ?", limit, offset);
        return sql.list(statement.text(), row -> row.getString(1), statement.values());
    }

    private static Invalid unordered(String text) {
        return new Invalid("Invalid order_by '%s'.".formatted(text));
    }

    private static SqlText ofModel(Clause clause) {
        if (isTag(clause)) {
            if (clause.key().equals(PROMPT)) {
                return prompt(clause);
            }
            return tag(
                    clause,
                    new SqlText()
                            .add(
                                    "(select t.value from model_tag t where t.model = m.name and t.key = ?)",
                                    clause.key()));
        }
        return switch (attribute(clause)) {
            case "name" -> Conditions.text("coalesce(m.title, m.name)", clause);
            default -> throw unknown(clause, "name and tags");
        };
    }

    /** No model is a prompt, whether it has that tag or not. */
    private static SqlText prompt(Clause clause) {
        var wanted =
                clause.operand() instanceof Operand.Text text
                        && text.value().equalsIgnoreCase("true");
        return new SqlText()
                .add(wanted == (clause.operator() == Clause.Operator.EQUAL) ? "false" : "true");
    }

    private static boolean isTag(Clause clause) {
        return clause.entity().equals("tag") || clause.entity().equals("tags");
    }

    /** A comparison of a tag's value; one that is not there equals and differs from nothing. */
    private static SqlText tag(Clause clause, SqlText value) {
        return switch (clause.operator()) {
            case IS_NULL -> new SqlText().add(value).add(" is null");
            case IS_NOT_NULL -> new SqlText().add(value).add(" is not null");
            default -> new SqlText().add(value).add(Conditions.text("", clause));
        };
    }

    private static String attribute(Clause clause) {
        if (!clause.entity().isEmpty() && !clause.entity().startsWith("attr")) {
            throw new Invalid(
                    "Invalid entity type '%s' in the filter. Valid ones are attributes and tags."
                            .formatted(clause.entity()));
        }
        return clause.key().toLowerCase(Locale.ROOT);
    }

    private static Invalid unknown(Clause clause, String valid) {
        return new Invalid(
                "Invalid attribute key '%s' in the filter. Valid ones are %s."
                        .formatted(clause.key(), valid));
    }

    List<Found> versions(@Nullable String filter, List<String> orderBy, long limit, long offset) {
        var statement = new SqlText().add(VERSION, (Object) closed());
        for (var clause : FilterParser.parse(filter)) {
            statement.add(" and ").add(ofVersion(clause));
        }
        statement.add(" order by ");
        for (var text : orderBy) {
            var by = FilterParser.key(text);
            statement.add(
                    switch (by.key().toLowerCase(Locale.ROOT)) {
                                case "name" -> "coalesce(m.title, m.name)";
                                case "version_number" -> "v.number";
                                case "creation_timestamp" -> "v.created_at";
                                case "last_updated_timestamp" -> "v.changed_at";
                                default -> throw unordered(text);
                            }
                            + Conditions.way(by, text)
                            + ", ");
        }
        if (orderBy.isEmpty()) {
            statement.add("v.changed_at desc, ");
        }
        statement.add("coalesce(m.title, m.name), v.number desc limit ? offset ?", limit, offset);
        return sql.list(statement.text(), this::read, statement.values());
    }

    private static SqlText ofVersion(Clause clause) {
        if (isTag(clause)) {
            return clause.key().equals(PROMPT)
                    ? prompt(clause)
                    : tag(clause, new SqlText().add("(v.tags ->> ?::text)", clause.key()));
        }
        return switch (attribute(clause)) {
            case "name" -> Conditions.text("coalesce(m.title, m.name)", clause);
            case "version_number", "version" -> Conditions.number("v.number", clause);
            case "run_id" -> Conditions.text("(v.lineage ->> 'run')", clause);
            case "source_path" -> Conditions.text("v.source", clause);
            default -> throw unknown(clause, "name, version_number, run_id, source_path and tags");
        };
    }

    /** The versions of these models, the newest first. */
    List<Found> versionsOf(Collection<String> models) {
        return sql.list(
                VERSION + " and v.model = any(?) order by v.model, v.number desc",
                this::read,
                closed(),
                models.toArray(String[]::new));
    }

    Found version(ModelVersion version) {
        return sql.one(
                VERSION + " and v.model = ? and v.number = ?",
                this::read,
                new String[0],
                version.model(),
                version.number());
    }

    private Found read(ResultSet row) throws SQLException {
        var aliases = row.getArray(10);
        return new Found(
                row.getString(1),
                row.getString(2),
                ModelVersion.State.valueOf(row.getString(4)),
                row.getString(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getString(7),
                row.getString(8),
                row.getString(9),
                aliases == null ? Set.of() : Set.of((String[]) aliases.getArray()),
                new VersionNote(
                        row.getInt(3),
                        row.getString(11),
                        row.getString(12),
                        JsonTexts.read(row, 13),
                        row.getString(14),
                        row.getString(15),
                        row.getObject(16, OffsetDateTime.class).toInstant()));
    }
}
