package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An entity of the catalog as it was last read and found good. */
public final class Entity {

    /** A typed arrow to another entity, which need not exist. */
    public record Relation(String type, EntityRef target) {}

    /** What is wrong with the newest document of this entity; the last good version is shown. */
    public record Fault(String field, String reason) {}

    /** A web address given by the document. */
    public record Link(String url, String title) {}

    final long id;
    final UUID uid;
    final EntityRef ref;
    final String apiVersion;
    final String kind;
    final String namespace;
    final String name;
    final @Nullable String type;
    final @Nullable String lifecycle;
    final @Nullable String owner;
    final @Nullable String title;
    final @Nullable String description;
    final List<String> tags;
    final String document;
    final String relations;
    final @Nullable String errors;
    final @Nullable String sourceType;
    final @Nullable String sourceTarget;
    final boolean orphan;
    final long revision;
    final Instant createdAt;
    final Instant updatedAt;
    private @Nullable JsonNode json;
    private @Nullable List<Relation> arrows;
    private final Map<Class<?>, Object> notes = new ConcurrentHashMap<>(2);

    Entity(
            long id,
            UUID uid,
            String apiVersion,
            String kind,
            String namespace,
            String name,
            @Nullable String type,
            @Nullable String lifecycle,
            @Nullable String owner,
            @Nullable String title,
            @Nullable String description,
            List<String> tags,
            String document,
            String relations,
            @Nullable String errors,
            @Nullable String sourceType,
            @Nullable String sourceTarget,
            boolean orphan,
            long revision,
            Instant createdAt,
            Instant updatedAt) {
        this.id = id;
        this.uid = uid;
        this.ref = new EntityRef(kind, namespace, name);
        this.apiVersion = apiVersion;
        this.kind = kind;
        this.namespace = namespace;
        this.name = name;
        this.type = type;
        this.lifecycle = lifecycle;
        this.owner = owner;
        this.title = title;
        this.description = description;
        this.tags = tags;
        this.document = document;
        this.relations = relations;
        this.errors = errors;
        this.sourceType = sourceType;
        this.sourceTarget = sourceTarget;
        this.orphan = orphan;
        this.revision = revision;
        this.createdAt = createdAt;
        this.updatedAt = updatedAt;
    }

    /** This entity without its relations to these: for somebody they are hidden from. */
    Entity without(Set<String> hidden) {
        var shown = Relations.without(relations, hidden);
        return shown.equals(relations)
                ? this
                : new Entity(
                        id,
                        uid,
                        apiVersion,
                        kind,
                        namespace,
                        name,
                        type,
                        lifecycle,
                        owner,
                        title,
                        description,
                        tags,
                        document,
                        shown,
                        errors,
                        sourceType,
                        sourceTarget,
                        orphan,
                        revision,
                        createdAt,
                        updatedAt);
    }

    public UUID uid() {
        return uid;
    }

    public EntityRef ref() {
        return ref;
    }

    public String apiVersion() {
        return apiVersion;
    }

    /** As written, say {@code Model}. */
    public String kind() {
        return kind;
    }

    public String namespace() {
        return namespace;
    }

    public String name() {
        return name;
    }

    /**
     * What people call it: the title, else the name. A User or Group may carry it in its profile.
     */
    public String displayName() {
        if (title != null) {
            return title;
        }
        return text(spec().path("profile").path("displayName")).orElse(name);
    }

    public Optional<String> title() {
        return Optional.ofNullable(title);
    }

    public Optional<String> description() {
        return Optional.ofNullable(description);
    }

    /** {@code spec.type}. */
    public Optional<String> type() {
        return Optional.ofNullable(type);
    }

    public Optional<String> lifecycle() {
        return Optional.ofNullable(lifecycle);
    }

    public Optional<EntityRef> owner() {
        return Optional.ofNullable(owner).map(EntityRef::parse);
    }

    public List<String> tags() {
        return tags;
    }

    public Instant createdAt() {
        return createdAt;
    }

    public Instant updatedAt() {
        return updatedAt;
    }

    /** The catalog revision that last changed it. */
    public long revision() {
        return revision;
    }

    /** Nothing names it any more; it is deleted soon unless something does again. */
    public boolean orphan() {
        return orphan;
    }

    /** The whole document: apiVersion, kind, metadata (with uid and annotations), spec. */
    public JsonNode json() {
        var parsed = json;
        if (parsed == null) {
            parsed = Json.trusted(document);
            json = parsed;
        }
        return parsed;
    }

    public JsonNode metadata() {
        return json().path("metadata");
    }

    public JsonNode spec() {
        return json().path("spec");
    }

    public Optional<String> annotation(String key) {
        return text(metadata().path("annotations").path(key));
    }

    private static Optional<String> text(JsonNode node) {
        return node.isTextual() ? Optional.of(node.textValue()) : Optional.empty();
    }

    public List<Link> links() {
        var links = new ArrayList<Link>();
        for (var link : metadata().path("links")) {
            var url = link.path("url").asText();
            links.add(new Link(url, link.path("title").asText(url)));
        }
        return links;
    }

    public List<Relation> relations() {
        var parsed = arrows;
        if (parsed == null) {
            parsed = List.copyOf(parse(relations));
            arrows = parsed;
        }
        return parsed;
    }

    private static List<Relation> parse(String relations) {
        var list = new ArrayList<Relation>();
        for (var relation : Json.trusted(relations)) {
            list.add(
                    new Relation(
                            relation.path("type").asText(),
                            EntityRef.parse(relation.path("targetRef").asText())));
        }
        return list;
    }

    /**
     * What a feature knows about this entity, looked up once: the tabs, facts and actions of a page
     * ask for the same, and an entity is read anew for each page.
     *
     * @param type of the feature's own, so that no other's note is met
     */
    public <T> T noted(Class<T> type, Supplier<T> lookUp) {
        return type.cast(notes.computeIfAbsent(type, _ -> lookUp.get()));
    }

    public List<Fault> faults() {
        if (errors == null) {
            return List.of();
        }
        var list = new ArrayList<Fault>();
        for (var error : Json.trusted(errors)) {
            list.add(new Fault(error.path("field").asText(), error.path("reason").asText()));
        }
        return list;
    }

    /** Where its document is, say {@code file:/srv/catalog/models/fraud/model.yaml}. */
    public Optional<String> location() {
        return sourceType == null ? Optional.empty() : Optional.of(sourceType + ":" + sourceTarget);
    }

    /** Whether somebody wrote it down; else a feature of the portal publishes it. */
    public boolean isWritten() {
        return sourceType != null && !sourceType.equals("provider");
    }

    /** The folder of the file it came from; empty when it came from a URL or a feature. */
    public Optional<Path> folder() {
        return "file".equals(sourceType) && sourceTarget != null
                ? Optional.ofNullable(Path.of(sourceTarget).getParent())
                : Optional.empty();
    }

    /** Its page; see {@link EntityRef#address}. */
    public String address() {
        return ref.address();
    }

    /** The entity with relations and status, as Backstage's API gives it. */
    String output() {
        var out = new StringBuilder(document.length() + relations.length() + 64);
        append(out, document, relations, errors);
        return out.toString();
    }

    static void append(
            StringBuilder out, String document, String relations, @Nullable String errors) {
        out.append(document, 0, document.length() - 1).append(",\"relations\":").append(relations);
        if (errors != null) {
            out.append(",\"status\":").append(status(errors));
        }
        out.append('}');
    }

    static String status(String errors) {
        var status = Json.object();
        var items = status.putArray("items");
        for (var error : Json.trusted(errors)) {
            var message = error.path("field").asText() + ": " + error.path("reason").asText();
            items.addObject()
                    .put("type", "backstage.io/catalog-processing")
                    .put("level", "error")
                    .put("message", "InputError: " + message)
                    .putObject("error")
                    .put("name", "InputError")
                    .put("message", message);
        }
        return Json.write(status);
    }
}
