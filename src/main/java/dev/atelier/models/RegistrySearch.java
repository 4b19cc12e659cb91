package dev.atelier.models;

import dev.atelier.experiments.Clause;
import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Conditions;
import dev.atelier.experiments.FilterParser;
import dev.atelier.experiments.SqlText;
import dev.atelier.experiments.Unseen;
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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Finds models and versions by filters in MLflow's grammar. */
@ApplicationScoped
class RegistrySearch {

    /**
     * A version as MLflow's registry tells of it to whoever asks.
     *
     * @param model the portal's name of the model
     * @param called the name that clients know the model by
     * @param run the run that made it, by its id; null also where it must not be named
     * @param loggedModel the logged model that it was made of, by its id; null as the run
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

        private Found without(HiddenMakers.Hidden hidden) {
            return new Found(
                    model,
                    called,
                    state,
                    reason,
                    createdAt,
                    createdBy,
                    hidden.run() ? null : run,
                    hidden.loggedModel() ? null : loggedModel,
                    aliases,
                    hidden.without(note));
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
    private final HiddenMakers makers;
    private final Unseen unseen;

    RegistrySearch(Sql sql, Sight sight, HiddenMakers makers, Unseen unseen) {
        this.sql = sql;
        this.sight = sight;
        this.makers = makers;
        this.unseen = unseen;
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
        return shown(sql.list(statement.text(), this::read, statement.values()));
    }

    /** Without the names of what made them that are hidden from whoever asks. */
    private List<Found> shown(List<Found> all) {
        var hidden =
                makers.of(
                        all.stream()
                                .map(
                                        one ->
                                                new HiddenMakers.Said(
                                                        one.run,
                                                        one.loggedModel,
                                                        one.note.source()))
                                .toList());
        return IntStream.range(0, all.size())
                .mapToObj(i -> all.get(i).without(hidden.get(i)))
                .toList();
    }

    private SqlText ofVersion(Clause clause) {
        if (isTag(clause)) {
            return clause.key().equals(PROMPT)
                    ? prompt(clause)
                    : tag(clause, new SqlText().add("(v.tags ->> ?::text)", clause.key()));
        }
        return switch (attribute(clause)) {
            case "name" -> Conditions.text("coalesce(m.title, m.name)", clause);
            case "version_number", "version" -> Conditions.number("v.number", clause);
            case "run_id" -> run().add(Conditions.text("", clause));
            case "source_path" -> source().add(Conditions.text("", clause));
            default -> throw unknown(clause, "name, version_number, run_id, source_path and tags");
        };
    }

    /** The run that made it, null where it is hidden: what must not be named, nobody guesses. */
    private SqlText run() {
        var closed = unseen.experiments();
        return closed.length == 0
                ? new SqlText().add("(v.lineage ->> 'run')")
                : new SqlText()
                        .add(
                                """
                                (case when exists (
                                    select from run k where k.experiment = any(?) and k.id =
                                        substring(replace(v.lineage ->> 'run', '-', '')
                                                  from '^[0-9a-fA-F]{32}$')::uuid)
                                 then null else v.lineage ->> 'run' end)
                                """,
                                (Object) closed);
    }

    /** The address of its files, null where it names what is hidden. */
    private SqlText source() {
        var experiments = unseen.experiments();
        var models = closed();
        return experiments.length == 0 && models.length == 0
                ? new SqlText().add("v.source")
                : new SqlText()
                        .add(
                                """
                                (case when exists (
                                        select from run k where k.experiment = any(?) and k.id =
                                            substring(v.source from '[0-9a-fA-F]{32}')::uuid)
                                    or exists (
                                        select from logged_model k
                                        where k.experiment = any(?) and k.id =
                                            substring(v.source from '[0-9a-fA-F]{32}')::uuid)
                                    or exists (
                                        select from model k,
                                            substring(v.source from '^models:/+([^/@]+)') as called
                                        where (k.title = called or lower(k.name) = lower(called))
                                          and lower(k.name) = any(?))
                                 then null else v.source end)
                                """,
                                experiments,
                                experiments,
                                models);
    }

    /** The versions of these models, the newest first. */
    List<Found> versionsOf(Collection<String> models) {
        return shown(
                sql.list(
                        VERSION + " and v.model = any(?) order by v.model, v.number desc",
                        this::read,
                        closed(),
                        models.toArray(String[]::new)));
    }

    Found version(ModelVersion version) {
        return shown(
                        List.of(
                                sql.one(
                                        VERSION + " and v.model = ? and v.number = ?",
                                        this::read,
                                        new String[0],
                                        version.model(),
                                        version.number())))
                .getFirst();
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
