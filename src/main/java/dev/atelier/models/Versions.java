package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Resource;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** All versions of all models. */
@ApplicationScoped
public class Versions {

    private static final Logger LOG = Logger.getLogger(Versions.class);

    /**
     * @param since when the model was made: another one may have the name of one that was deleted
     */
    private record Key(String model, int number, Instant since) {}

    private final Sql sql;
    private final ObjectMapper json;
    private final Audit audit;

    /** Versions whose scan is over never change, so they are read once. */
    private final Map<Key, ModelVersion> settled =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(64, 0.75f, true) {
                        @Override
                        protected boolean removeEldestEntry(Map.Entry<Key, ModelVersion> eldest) {
                            return size() > 500;
                        }
                    });

    Versions(Sql sql, ObjectMapper json, Audit audit) {
        this.sql = sql;
        this.audit = audit;
        this.json = json;
    }

    /**
     * A version by its number or by an alias, in whatever state.
     *
     * @throws NotFound when the model has neither
     */
    public ModelVersion find(String model, String numberOrAlias) {
        var number = number(numberOrAlias);
        var found =
                number > 0
                        ? sql.first(
                                """
                                select v.model, v.number, m.created_at from model_version v
                                join model m on m.name = v.model
                                where lower(m.name) = lower(?) and v.number = ?
                                  and v.state <> 'DELETED'
                                """,
                                Versions::key,
                                model,
                                number)
                        : sql.first(
                                """
                                select a.model, a.number, m.created_at from model_alias a
                                join model m on m.name = a.model
                                where m.deleted_at is null and lower(m.name) = lower(?)
                                  and a.alias = ?
                                """,
                                Versions::key,
                                model,
                                numberOrAlias);
        return found.map(this::load).orElseThrow(() -> none(model, numberOrAlias));
    }

    private NotFound none(String model, String numberOrAlias) {
        return missing(
                model,
                "The model \"%s\" has no version or alias \"%s\".".formatted(model, numberOrAlias));
    }

    /** Of a model that is not there nothing more is said than of one that is hidden. */
    private NotFound missing(String model, String sentence) {
        return sql.first(
                        "select 1 from model where deleted_at is null and lower(name) = lower(?)",
                        row -> 1,
                        model)
                .map(row -> new NotFound(sentence))
                .orElseGet(() -> Resource.unknown(Resource.model(model)));
    }

    /**
     * The version that a call without one means: the champion, else the newest that is ready.
     *
     * @throws NotFound when there is no such model, or no version of it is ready
     */
    public ModelVersion ready(String model) {
        return serving(model)
                .orElseThrow(
                        () ->
                                missing(
                                        model,
                                        "No version of the model \"" + model + "\" is ready."));
    }

    /** The same, empty when there is none. */
    public Optional<ModelVersion> serving(String model) {
        return sql.first(
                        """
                        select v.model, v.number, m.created_at from model_version v
                        join model m on m.name = v.model
                        left join model_alias a
                          on a.model = v.model and a.number = v.number and a.alias = 'champion'
                        where lower(m.name) = lower(?) and v.state = 'READY'
                        order by (a.alias is null), v.number desc
                        limit 1
                        """,
                        Versions::key,
                        model)
                .map(this::load);
    }

    /**
     * A version by its number or by an alias that can be used.
     *
     * @throws NotFound when the model has neither
     * @throws Conflict when it is still being scanned or was refused
     */
    public ModelVersion ready(String model, String numberOrAlias) {
        return ready(find(model, numberOrAlias));
    }

    /** As {@link #ready(String, String)}, for a model that was just read. */
    public ModelVersion ready(Model model, String numberOrAlias) {
        return ready(find(model, numberOrAlias));
    }

    private static ModelVersion ready(ModelVersion version) {
        return switch (version.state()) {
            case READY -> version;
            case SCANNING ->
                    throw new Conflict(
                            "Version %d of \"%s\" is still being scanned. Try again in a moment."
                                    .formatted(version.number(), version.model()));
            case REFUSED ->
                    throw new Conflict(
                            "Version %d of \"%s\" was refused: %s"
                                    .formatted(
                                            version.number(), version.model(), version.reason()));
        };
    }

    /** All of them, the newest first. */
    public List<ModelVersion> list(String model) {
        return load(
                sql.list(
                        """
                        select v.model, v.number, m.created_at
                        from model_version v join model m on m.name = v.model
                        where v.model = ? and v.state <> 'DELETED' order by v.number desc
                        """,
                        Versions::key,
                        model));
    }

    /** Those of these numbers, in their order. */
    public List<ModelVersion> list(Model model, Collection<Integer> numbers) {
        return load(
                numbers.stream()
                        .map(number -> new Key(model.name(), number, model.createdAt()))
                        .toList());
    }

    /** As {@link #find(String, String)}, for a model that was just read. */
    public ModelVersion find(Model model, String numberOrAlias) {
        int number = number(numberOrAlias);
        var wanted = number > 0 ? Integer.valueOf(number) : model.aliases().get(numberOrAlias);
        if (wanted == null || wanted > model.lastVersion() || model.deleted().contains(wanted)) {
            throw none(model.name(), numberOrAlias);
        }
        return list(model, List.of(wanted)).getFirst();
    }

    /** Of each of these models the version that serves, by the model's name in lower case. */
    public Map<String, ModelVersion> serving(Collection<Model> models) {
        var keys = new ArrayList<Key>();
        for (var model : models) {
            var number = model.serving();
            if (number != null) {
                keys.add(new Key(model.name(), number, model.createdAt()));
            }
        }
        return load(keys).stream()
                .collect(
                        Collectors.toMap(
                                version -> version.model().toLowerCase(Locale.ROOT),
                                version -> version));
    }

    public Optional<ModelVersion> newest(String model) {
        return sql.first(
                        """
                        select v.model, v.number, m.created_at
                        from model_version v join model m on m.name = v.model
                        where v.model = ? and v.state <> 'DELETED' order by v.number desc limit 1
                        """,
                        Versions::key,
                        model)
                .map(this::load);
    }

    /**
     * How a model stands.
     *
     * @param newest number of its newest version, which is in this state
     * @param serving number of the version that a call without one means; null when none is ready
     */
    public record Standing(int newest, ModelVersion.State state, @Nullable Integer serving) {}

    /** Those of these models that have a version, by their name in small letters. */
    Map<String, Standing> standings(Collection<String> models) {
        var all = new HashMap<String, Standing>();
        sql.list(
                        """
                        select lower(m.name), n.number, n.state, (
                            select v.number from model_version v left join model_alias a
                              on a.model = v.model and a.number = v.number and a.alias = 'champion'
                            where v.model = m.name and v.state = 'READY'
                            order by (a.alias is null), v.number desc limit 1)
                        from model m cross join lateral (
                            select v.number, v.state from model_version v
                            where v.model = m.name and v.state <> 'DELETED'
                            order by v.number desc limit 1) n
                        where lower(m.name) = any(?)
                        """,
                        row ->
                                Map.entry(
                                        row.getString(1),
                                        new Standing(
                                                row.getInt(2),
                                                ModelVersion.State.valueOf(row.getString(3)),
                                                row.getObject(4, Integer.class))),
                        (Object)
                                models.stream()
                                        .map(name -> name.toLowerCase(Locale.ROOT))
                                        .toArray(String[]::new))
                .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        return all;
    }

    /**
     * Newest versions that were refused, of these models or registered by this person: somebody
     * waits for them, and nothing newer replaced them.
     *
     * @param models names in lower case
     */
    public List<ModelVersion> refused(Collection<String> models, String by, int limit) {
        return load(
                sql.list(
                        """
                        select v.model, v.number, m.created_at from model_version v
                        join model m on m.name = v.model and m.last_version = v.number
                        where v.state = 'REFUSED' and (v.created_by = ? or lower(m.name) = any(?))
                        order by v.created_at desc limit ?
                        """,
                        Versions::key,
                        by,
                        models.toArray(String[]::new),
                        limit));
    }

    /** Whether the model has a version of just these files. */
    boolean holds(String model, String digest) {
        return sql.first(
                        "select 1 from model_version where model = ? and digest = ? and state <> 'DELETED'",
                        row -> 1,
                        model,
                        digest)
                .isPresent();
    }

    /**
     * A line of the list of all versions.
     *
     * @param reason why it cannot be served; null when it can
     */
    public record Listed(String model, int number, boolean servable, @Nullable String reason) {}

    /** Every version of every model, by name, the newest first. */
    public List<Listed> index() {
        return sql.list(
                """
                select model, number,
                       state = 'READY' and main_file is not null and unservable is null,
                       case when state = 'READY' then coalesce(unservable, 'it has no ONNX file')
                            when state = 'SCANNING' then 'being scanned'
                            else coalesce(reason, 'refused') end
                from model_version where state <> 'DELETED' order by lower(model), number desc
                """,
                row ->
                        new Listed(
                                row.getString(1),
                                row.getInt(2),
                                row.getBoolean(3),
                                row.getBoolean(3) ? null : row.getString(4)));
    }

    private ModelVersion load(Key key) {
        return load(List.of(key)).getFirst();
    }

    /** Known ones from memory, the others with two statements, however many they are. */
    private List<ModelVersion> load(List<Key> keys) {
        var found = new HashMap<Key, ModelVersion>();
        for (var key : keys) {
            var known = settled.get(key);
            if (known != null) {
                found.put(key, known);
            }
        }
        var missing = keys.stream().filter(key -> !found.containsKey(key)).distinct().toList();
        if (!missing.isEmpty()) {
            var models = missing.stream().map(Key::model).toArray(String[]::new);
            var numbers = missing.stream().map(Key::number).toArray(Integer[]::new);
            var files = files(models, numbers);
            sql.list(
                            """
                            select v.model, v.number, m.created_at, v.digest, v.size, v.state,
                                   v.reason, v.trusted, v.license, v.lineage, v.created_at,
                                   v.created_by, v.main_file, v.unservable, v.signature,
                                   v.interface, v.graph, v.scan, v.warnings, v.stated, v.batch
                            from unnest(?, ?) as k (model, number)
                            join model_version v on v.model = k.model and v.number = k.number
                            join model m on m.name = v.model
                            where v.state <> 'DELETED'
                            """,
                            row -> Map.entry(key(row), read(row, files)),
                            models,
                            numbers)
                    .forEach(
                            read -> {
                                found.put(read.getKey(), read.getValue());
                                if (read.getValue().state() != ModelVersion.State.SCANNING) {
                                    settled.put(read.getKey(), read.getValue());
                                }
                            });
        }
        return keys.stream()
                .map(
                        key ->
                                Optional.ofNullable(found.get(key))
                                        // Its model was renamed or deleted a moment ago.
                                        .orElseThrow(
                                                () ->
                                                        none(
                                                                key.model,
                                                                Integer.toString(key.number))))
                .toList();
    }

    private Map<Key, List<ModelFile>> files(String[] models, Integer[] numbers) {
        var files = new HashMap<Key, List<ModelFile>>();
        sql.list(
                        """
                        select f.model, f.number, m.created_at, f.path, f.digest, f.size
                        from unnest(?, ?) as k (model, number)
                        join model_version_file f on f.model = k.model and f.number = k.number
                        join model m on m.name = f.model
                        order by f.path collate "C"
                        """,
                        row ->
                                Map.entry(
                                        key(row),
                                        new ModelFile(
                                                row.getString(4),
                                                row.getString(5),
                                                row.getLong(6))),
                        models,
                        numbers)
                .forEach(
                        file ->
                                files.computeIfAbsent(file.getKey(), _ -> new ArrayList<>())
                                        .add(file.getValue()));
        return files;
    }

    private static Key key(ResultSet row) throws SQLException {
        return new Key(
                row.getString(1),
                row.getInt(2),
                row.getObject(3, OffsetDateTime.class).toInstant());
    }

    private ModelVersion read(ResultSet row, Map<Key, List<ModelFile>> files) throws SQLException {
        var key = key(row);
        var signature = row.getString(15);
        var graph = row.getString(17);
        var stated = row.getString(20);
        return new ModelVersion(
                key.model,
                key.number,
                row.getString(4),
                row.getLong(5),
                ModelVersion.State.valueOf(row.getString(6)),
                row.getString(7),
                row.getBoolean(8),
                row.getString(9),
                parse(row.getString(10), Lineage.class),
                row.getObject(11, OffsetDateTime.class).toInstant(),
                row.getString(12),
                row.getString(13),
                row.getString(14),
                signature == null ? null : parse(signature, Signature.class),
                stated == null ? null : parse(stated, StatedSignature.class),
                modelInterface(key, row.getString(16)),
                row.getObject(21, Integer.class),
                graph == null ? null : parse(graph, OnnxGraph.class),
                List.of(parse(row.getString(18), FileReport[].class)),
                List.of(parse(row.getString(19), String[].class)),
                List.copyOf(files.getOrDefault(key, List.of())));
    }

    private static @Nullable ModelInterface modelInterface(Key key, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return ModelInterface.parse(text);
        } catch (ModelInterface.Malformed e) {
            // The scan keeps only what it could read, so an older portal wrote what this cannot.
            LOG.warnf(
                    "The interface of %s version %d cannot be read: %s %s",
                    key.model, key.number, e.at(), e.getMessage());
            return null;
        }
    }

    private <T> T parse(String text, Class<T> type) {
        try {
            return json.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A model version's row cannot be read", e);
        }
    }

    /** The number a text states, or 0 when it is none. */
    private static int number(String text) {
        if (text.isEmpty()
                || text.length() > 9
                || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return 0;
        }
        return Integer.parseInt(text);
    }

    /** A damaged file is written into the audit log of each version it belongs to. */
    void tell(@Observes Blobs.Damage damage) {
        for (var file :
                sql.list(
                        """
                        select model, number, path from model_version_file
                        where digest = ? order by model, number desc limit 20
                        """,
                        row -> List.of(row.getString(1), row.getString(2), row.getString(3)),
                        damage.digest())) {
            audit.recordBySystem(
                    "model-version.file-damaged",
                    "model:default/" + file.get(0),
                    Map.of("version", file.get(1), "path", file.get(2), "blob", damage.digest()));
        }
    }
}
