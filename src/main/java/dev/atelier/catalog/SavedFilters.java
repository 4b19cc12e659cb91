package dev.atelier.catalog;

import dev.atelier.identity.Audit;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Questions to the catalog's list that people keep under a name. A private one is its owner's; one
 * that is shared with a team is every member's to use, rename and remove.
 */
@ApplicationScoped
class SavedFilters {

    static final int MOST = 50;
    private static final int LONGEST_NAME = 60;
    private static final int LONGEST_QUERY = 2_000;

    /**
     * A question somebody kept.
     *
     * @param team reference of the group that shares it; null for a private one
     * @param query what stands behind the question mark
     */
    record Saved(long id, @Nullable String team, String name, String query) {
        public String address() {
            return "/catalog?" + query;
        }

        /** The team's name. */
        public @Nullable String teamName() {
            return team == null ? null : team.substring(team.indexOf('/') + 1);
        }
    }

    private static final String VISIBLE =
            "(team is null and account = ? or team is not null and team = any(?))";

    private final Sql sql;
    private final Audit audit;

    SavedFilters(Sql sql, Audit audit) {
        this.sql = sql;
        this.audit = audit;
    }

    private static Saved read(ResultSet row) throws SQLException {
        return new Saved(row.getLong(1), row.getString(2), row.getString(3), row.getString(4));
    }

    private static String[] teams(Subject subject) {
        return subject.teams().toArray(String[]::new);
    }

    /** Their own and those of their teams, by name. */
    List<Saved> of(Subject subject) {
        return sql.list(
                "select id, team, name, query from catalog_saved_filter where "
                        + VISIBLE
                        + " order by team nulls first, lower(name) limit 500",
                SavedFilters::read,
                subject.name(),
                teams(subject));
    }

    /**
     * @throws NotFound when there is none, or it is not theirs to see
     */
    Saved get(Subject subject, long id) {
        return sql.first(
                        "select id, team, name, query from catalog_saved_filter where id = ? and "
                                + VISIBLE,
                        SavedFilters::read,
                        id,
                        subject.name(),
                        teams(subject))
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "There is no such saved filter, or it is not shared with you."));
    }

    /**
     * Keeps a question.
     *
     * @param team to share it with; null to keep it for oneself
     * @throws Invalid when the name or the question cannot be kept, or the team is not theirs
     * @throws Conflict when the name is taken, or there are too many
     */
    @Transactional
    Saved save(Subject subject, String name, @Nullable String team, CatalogQuestion question) {
        var good = name(name);
        var query = question.query();
        if (query.isEmpty()) {
            throw new Invalid("Choose something to filter by first: this is the whole catalog.");
        }
        if (query.length() > LONGEST_QUERY) {
            throw new Invalid("This asks for too much at once to be kept.");
        }
        if (team != null && !subject.teams().contains(team)) {
            throw new Invalid(
                    "You are not in that team.",
                    List.of(new Invalid.Field("team", "is not yours")));
        }
        int known =
                sql.one(
                        team == null
                                ? "select count(*) from catalog_saved_filter where team is null and account = ?"
                                : "select count(*) from catalog_saved_filter where team = ?",
                        row -> row.getInt(1),
                        team == null ? subject.name() : team);
        if (known >= MOST) {
            throw new Conflict(
                    "There are %d saved filters already. Remove one first.".formatted(MOST));
        }
        var id =
                sql.first(
                                """
                                insert into catalog_saved_filter (account, team, name, query)
                                values (?, ?, ?, ?) on conflict do nothing returning id
                                """,
                                row -> row.getLong(1),
                                subject.name(),
                                team,
                                good,
                                query)
                        .orElseThrow(() -> taken(good, team));
        record("catalog-filter.save", subject, team, Map.of("name", good, "query", query));
        return new Saved(id, team, good, query);
    }

    /**
     * @throws Conflict when the name is taken
     */
    @Transactional
    void rename(Subject subject, long id, String name) {
        var saved = get(subject, id);
        var good = name(name);
        try {
            sql.update("update catalog_saved_filter set name = ? where id = ?", good, id);
        } catch (Sql.Failed e) {
            if (e.state().equals("23505")) {
                throw taken(good, saved.team);
            }
            throw e;
        }
        record(
                "catalog-filter.rename",
                subject,
                saved.team,
                Map.of("from", saved.name, "to", good));
    }

    @Transactional
    void remove(Subject subject, long id) {
        var saved = get(subject, id);
        sql.update("delete from catalog_saved_filter where id = ?", id);
        record("catalog-filter.remove", subject, saved.team, Map.of("name", saved.name));
    }

    private void record(
            String action, Subject subject, @Nullable String team, Map<String, ?> detail) {
        audit.record(action, Objects.requireNonNullElse(team, subject.ref()), detail);
    }

    private static Conflict taken(String name, @Nullable String team) {
        return new Conflict(
                team == null
                        ? "You have a saved filter \"%s\" already. Choose another name."
                                .formatted(name)
                        : "%s has a saved filter \"%s\" already. Choose another name."
                                .formatted(team.substring(team.indexOf('/') + 1), name));
    }

    private static String name(String given) {
        var name = given.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new Invalid(
                    "A saved filter needs a name of at most %d characters.".formatted(LONGEST_NAME),
                    List.of(
                            new Invalid.Field(
                                    "name", "has 1 to %d characters".formatted(LONGEST_NAME))));
        }
        return name;
    }
}
