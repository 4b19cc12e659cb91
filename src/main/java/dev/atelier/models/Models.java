package dev.atelier.models;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All models. */
@ApplicationScoped
public class Models {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*");
    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;

    Models(Sql sql, Transaction transaction, Audit audit) {
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
    }

    /** Why a text cannot name a model, or null when it can: the rule of catalog entities. */
    static @Nullable String nameFault(String name) {
        if (name.isEmpty()) {
            return "A model needs a name.";
        }
        if (name.equalsIgnoreCase("new")) {
            return "A model cannot be called \"new\": that is the address of the form.";
        }
        if (name.length() > 63 || !NAME.matcher(name).matches()) {
            return "A model's name has at most 63 letters (a to z), digits, and single - _ . between"
                    + " them.";
        }
        return null;
    }

    public List<Model> list() {
        return sql.list(SELECT + "where m.deleted_at is null order by lower(m.name)", Models::read);
    }

    public Optional<Model> find(String name) {
        return sql.first(
                SELECT + "where m.deleted_at is null and lower(m.name) = lower(?)",
                Models::read,
                name);
    }

    /** The model that clients of MLflow call so: by its title, else by its name. */
    Optional<Model> findCalled(String name) {
        return sql.first(
                SELECT
                        + "where m.deleted_at is null and (m.title = ? or lower(m.name) = lower(?))"
                        + " order by (m.title = ?) desc nulls last limit 1",
                Models::read,
                name,
                name,
                name);
    }

    /**
     * @throws NotFound when there is none
     */
    Model called(String name) {
        return findCalled(name).orElseThrow(() -> Resource.unknown(Resource.model(name)));
    }

    /** One of what {@link #named} found. */
    static Model in(Map<String, Model> known, String name) {
        return Objects.requireNonNull(known.get(name.toLowerCase(Locale.ROOT)));
    }

    /**
     * The portal's name of a model that clients call so; that becomes its title where it differs.
     */
    String freeName(String called) {
        return nameFault(called) == null
                ? called
                : ModelNames.freeFrom(
                        called, other -> nameFault(other) != null || find(other).isPresent());
    }

    /**
     * Makes a model without versions.
     *
     * @param called any name; where it cannot name a catalog entity, it becomes the title
     * @param owner reference of the user or group that will own it
     * @throws Conflict when there is one of that name
     */
    Model create(
            String called,
            String owner,
            @Nullable String description,
            Map<String, String> tags,
            String actor) {
        var name = freeName(called);
        var made =
                transaction.call(
                        () -> {
                            var rows =
                                    sql.update(
                                            """
                                            insert into model (name, title, owner, description,
                                                created_by)
                                            values (?, ?, ?, ?, ?) on conflict do nothing
                                            """,
                                            name,
                                            name.equals(called) ? null : called,
                                            owner,
                                            description,
                                            actor);
                            if (rows == 1) {
                                tags.forEach(
                                        (key, value) ->
                                                sql.update(
                                                        "insert into model_tag (model, key, value) values (?, ?, ?)",
                                                        name,
                                                        key,
                                                        value));
                                audit.record(
                                        "model.create",
                                        Resource.model(name),
                                        Map.of("name", called));
                            }
                            return rows == 1;
                        });
        if (!made) {
            throw new Conflict("There is a model \"%s\" already.".formatted(called));
        }
        return get(name);
    }

    private record Note(Optional<Model> model) {}

    /** The model that a catalog entity describes, asked for once an entity; see {@link #find}. */
    public Optional<Model> of(Entity entity) {
        return entity.kind().equalsIgnoreCase("Model")
                        && entity.namespace().equals(EntityRef.DEFAULT_NAMESPACE)
                ? entity.noted(Note.class, () -> new Note(find(entity.name()))).model
                : Optional.empty();
    }

    /** Those of these names that exist, by their name in lower case. */
    public Map<String, Model> named(Collection<String> names) {
        return sql
                .list(
                        SELECT + "where m.deleted_at is null and lower(m.name) = any(?)",
                        Models::read,
                        (Object)
                                names.stream()
                                        .map(name -> name.toLowerCase(Locale.ROOT))
                                        .toArray(String[]::new))
                .stream()
                .collect(
                        Collectors.toMap(
                                model -> model.name().toLowerCase(Locale.ROOT), model -> model));
    }

    /**
     * The model of that name, whatever its case.
     *
     * @throws NotFound when there is none
     */
    public Model get(String name) {
        return find(name).orElseThrow(() -> Resource.unknown(Resource.model(name)));
    }

    private static final String SELECT =
            """
            select m.name, m.last_version, m.owner, m.license, m.description, m.created_at, m.created_by,
                   (select array_agg(a.alias || '=' || a.number) from model_alias a
                    where a.model = m.name),
                   coalesce((select a.number from model_alias a
                             join model_version v on v.model = a.model and v.number = a.number
                             where a.model = m.name and a.alias = 'champion' and v.state = 'READY'),
                            (select v.number from model_version v
                             where v.model = m.name and v.state = 'READY'
                             order by v.number desc limit 1)),
                   m.title,
                   (select array_agg(v.number) from model_version v
                    where v.model = m.name and v.state = 'DELETED'),
                   m.changed_at
            from model m
            """;

    private static Model read(ResultSet row) throws SQLException {
        var aliases = new TreeMap<String, Integer>();
        var pairs = row.getArray(8);
        if (pairs != null) {
            for (var pair : (String[]) pairs.getArray()) {
                var sides = pair.split("=", 2);
                aliases.put(sides[0], Integer.valueOf(sides[1]));
            }
        }
        var deleted = row.getArray(11);
        return new Model(
                row.getString(1),
                row.getInt(2),
                row.getString(10),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getString(7),
                row.getObject(12, OffsetDateTime.class).toInstant(),
                aliases,
                row.getObject(9, Integer.class),
                deleted == null ? Set.of() : Set.of((Integer[]) deleted.getArray()));
    }
}
