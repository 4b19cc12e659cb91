package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.catalog.EntityRef;
import dev.atelier.githosts.Proposal;
import dev.atelier.identity.Moved;
import dev.atelier.platform.database.Sql;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.GitRepository;
import dev.atelier.repositories.Origin;
import dev.atelier.repositories.Origins;
import dev.atelier.repositories.Repositories;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What came of golden paths. */
@ApplicationScoped
class MadeThings implements Origins {

    private static final int MOST = 200;

    private static final String SELECT =
            """
            select m.id, m.ref, m.task, t.template, t.title, t.version, t.spec -> 'parameters',
                   t.created_by, m.commit, m.made_at, m.request, m.request_page, m.request_state
            from task_made m join task t on t.id = m.task
            """;

    private final Sql sql;
    private final ObjectMapper json;
    private final Repositories repositories;
    private final Contents contents;

    MadeThings(Sql sql, ObjectMapper json, Repositories repositories, Contents contents) {
        this.sql = sql;
        this.json = json;
        this.repositories = repositories;
        this.contents = contents;
    }

    private Made read(ResultSet row) throws SQLException {
        try {
            return new Made(
                    row.getLong(1),
                    row.getString(2),
                    row.getObject(3, UUID.class),
                    EntityRef.parse(row.getString(4)),
                    row.getString(5),
                    row.getString(6),
                    json.readTree(Objects.requireNonNullElse(row.getString(7), "{}")),
                    row.getString(8),
                    row.getString(9),
                    row.getString(12) == null
                            ? null
                            : new Made.Request(
                                    row.getLong(11),
                                    row.getString(12),
                                    Proposal.State.valueOf(row.getString(13))),
                    Objects.requireNonNull(Sql.instant(row, 10)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Everything that was done to a thing, the newest first. */
    List<Made> history(String ref) {
        return sql.list(SELECT + "where m.ref = ? order by m.id desc", this::read, ref);
    }

    /** Things of a template with all that was done to each, the newest first. */
    List<List<Made>> of(EntityRef template) {
        var all = new LinkedHashMap<String, List<Made>>();
        sql.list(
                        SELECT + "where t.template = ? order by m.id desc limit " + MOST,
                        this::read,
                        template.toString())
                .forEach(one -> all.computeIfAbsent(one.ref(), _ -> new ArrayList<>()).add(one));
        return List.copyOf(all.values());
    }

    /** The repository that a reference names, if it is there. */
    Optional<GitRepository> repository(String ref) {
        var parts = ref.substring(Made.REPOSITORY.length()).split("/", -1);
        return parts.length == 2 ? repositories.find(parts[0], parts[1]) : Optional.empty();
    }

    /**
     * What a repository is at: the newest that its default branch holds. An update whose branch was
     * not merged does not count; empty when its history was written anew, or when it is another
     * repository of the same name.
     */
    Optional<Made> standing(GitRepository repository, List<Made> history) {
        return history.stream()
                .filter(one -> one.commit() != null && contents.holds(repository, "", one.commit()))
                .findFirst();
    }

    /**
     * Of repositories elsewhere, those that somebody is shown: whoever made one, owners of the
     * template that it was made with, and owners of entities that were registered with it.
     *
     * @param holders the references that somebody acts as
     */
    Set<String> seen(List<String> refs, List<String> holders) {
        return Set.copyOf(
                sql.list(
                        """
                        select distinct m.ref
                        from task_made m join task t on t.id = m.task
                        where m.ref = any(?)
                          and (t.created_by = any(?)
                               or exists (select from catalog_entity e
                                          where e.ref = t.template
                                            and e.owner = any(?))
                               or exists (select from task_made o join catalog_entity e on e.ref = o.ref
                                          where o.task = m.task and e.owner = any(?)))
                        """,
                        row -> row.getString(1),
                        refs.toArray(String[]::new),
                        holders.toArray(String[]::new),
                        holders.toArray(String[]::new),
                        holders.toArray(String[]::new)));
    }

    /** Keeps what a host said of a request. */
    void became(Made made, Proposal.State state) {
        sql.update("update task_made set request_state = ? where id = ?", state.name(), made.id());
    }

    /** The files of a repository as its template made them. */
    byte @Nullable [] files(Made made) {
        return sql.one(
                "select files from task_made where id = ?", row -> row.getBytes(1), made.id());
    }

    @Override
    public Optional<Origin> of(GitRepository repository) {
        var history = history(repository.ref());
        return standing(repository, history)
                .map(
                        made ->
                                new Origin(
                                        made.title(),
                                        "/golden-paths/%s/%s/things"
                                                .formatted(
                                                        made.template().namespace(),
                                                        made.template().name()),
                                        made.version(),
                                        "/tasks/" + made.task()));
    }

    /** A thing that has another name keeps where it comes from; of what is gone nothing is kept. */
    void follow(@Observes Moved moved) {
        if (moved.gone()) {
            sql.update("delete from task_made where ref = ?", moved.fromRef());
        } else {
            sql.update(
                    "update task_made set ref = ? where ref = ?", moved.toRef(), moved.fromRef());
        }
    }
}
