package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.platform.web.Ago;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.RawString;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.Period;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the catalog itself can say about an entity. */
@ApplicationScoped
class EntityOverview {

    private static final int LARGEST_DOCS = 1 << 20;
    private static final int MOST_COLUMNS = 2_000;
    private static final int MOST_VALUES = 20;

    record Target(EntityRef ref, String title, String kind, String icon, boolean missing) {
        public String address() {
            return ref.address();
        }
    }

    record Group(String title, List<Target> targets) {}

    record Detail(String name, String value, @Nullable String link) {}

    /**
     * A column of a data set.
     *
     * @param more what else its schema says: its range, its values, whether it may be missing
     */
    record Column(String name, String type, String description, String more) {}

    record Content(
            List<Column> columns,
            List<Group> relations,
            List<EntityRows.Row> owned,
            LineageDrawing lineage,
            List<Entity.Link> links,
            List<String> tags,
            List<Detail> details,
            @Nullable RawString docs,
            @Nullable String definition,
            boolean refreshable) {}

    private static final Map<String, String> TITLES =
            Map.ofEntries(
                    Map.entry("ownedBy", "Owned by"),
                    Map.entry("ownerOf", "Owns"),
                    Map.entry("partOf", "Part of"),
                    Map.entry("hasPart", "Consists of"),
                    Map.entry("providesApi", "Provides"),
                    Map.entry("apiProvidedBy", "Provided by"),
                    Map.entry("consumesApi", "Calls"),
                    Map.entry("apiConsumedBy", "Called by"),
                    Map.entry("dependsOn", "Depends on"),
                    Map.entry("dependencyOf", "Needed by"),
                    Map.entry("childOf", "Belongs to"),
                    Map.entry("parentOf", "Teams below"),
                    Map.entry("memberOf", "Member of"),
                    Map.entry("hasMember", "Members"),
                    Map.entry("trainedOn", "Trained on"),
                    Map.entry("usedToTrain", "Used to train"),
                    Map.entry("derivedFrom", "Derived from"),
                    Map.entry("derivedInto", "Became"),
                    Map.entry("serves", "Serves"),
                    Map.entry("servedBy", "Served by"),
                    Map.entry("runsAt", "Runs at"),
                    Map.entry("hosts", "Hosts"));

    private final EntityRows rows;
    private final Entities entities;
    private final Lineages lineages;
    private final CatalogConfig config;

    EntityOverview(EntityRows rows, Entities entities, Lineages lineages, CatalogConfig config) {
        this.rows = rows;
        this.entities = entities;
        this.lineages = lineages;
        this.config = config;
    }

    Content of(Entity entity) {
        var relations = entity.relations();
        boolean owner = entity.kind().equals("Group") || entity.kind().equals("User");
        var owned =
                owner
                        ? rows.of(
                                relations.stream()
                                        .filter(r -> r.type().equals("ownerOf"))
                                        .map(Entity.Relation::target)
                                        .limit(500)
                                        .toList())
                        : List.<EntityRows.Row>of();
        return new Content(
                columns(entity),
                groups(relations, owner),
                owned,
                lineages.of(entity.ref()),
                safe(entity.links()),
                entity.tags(),
                details(entity),
                docs(entity),
                entity.kind().equals("API") ? entity.spec().path("definition").asText(null) : null,
                entity.location().filter(l -> !l.startsWith("provider:")).isPresent());
    }

    private List<Group> groups(List<Entity.Relation> relations, boolean owner) {
        var shown =
                relations.stream()
                        .filter(r -> !(owner && r.type().equals("ownerOf")))
                        // The same arrow in Backstage's words; ours says more.
                        .filter(r -> !doubled(relations, r))
                        .limit(300)
                        .toList();
        var titles =
                entities.titles(shown.stream().map(r -> r.target().toString()).distinct().toList());
        var groups = new LinkedHashMap<String, List<Target>>();
        for (var relation : shown) {
            var ref = relation.target();
            var title = titles.get(ref.toString());
            groups.computeIfAbsent(
                            TITLES.getOrDefault(relation.type(), relation.type()),
                            _ -> new ArrayList<>())
                    .add(
                            new Target(
                                    ref,
                                    title == null ? ref.name() : title,
                                    EntityShells.kindName(ref.kind()),
                                    EntityShells.icon(ref.kind()),
                                    title == null));
        }
        return groups.entrySet().stream()
                .map(entry -> new Group(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static boolean doubled(List<Entity.Relation> relations, Entity.Relation relation) {
        var better =
                switch (relation.type()) {
                    case "dependsOn" -> List.of("trainedOn", "serves");
                    case "dependencyOf" -> List.of("usedToTrain", "servedBy");
                    default -> List.<String>of();
                };
        return better.stream()
                .anyMatch(type -> relations.contains(new Entity.Relation(type, relation.target())));
    }

    /** Links that a browser may follow. */
    private static List<Entity.Link> safe(List<Entity.Link> links) {
        return links.stream()
                .filter(link -> link.url().strip().matches("(?i)(https?|mailto):.*"))
                .toList();
    }

    private List<Detail> details(Entity entity) {
        var details = new ArrayList<Detail>();
        entity.location()
                .ifPresent(
                        location ->
                                details.add(
                                        new Detail(
                                                location.startsWith("provider:")
                                                        ? "Published by"
                                                        : "Written in",
                                                config.shown(location),
                                                entity.annotation("backstage.io/view-url")
                                                        .filter(url -> url.matches("https?://.*"))
                                                        .orElse(null))));
        entity.annotation("atelier.dev/account")
                .map(
                        account ->
                                switch (account) {
                                    case "local" -> "signs in here";
                                    case "teams" -> "its members sign in here";
                                    default -> "signs in at " + account;
                                })
                .ifPresent(account -> details.add(new Detail("Account", account, null)));
        details.add(new Detail("Reference", entity.ref().toString(), null));
        var now = Instant.now();
        details.add(new Detail("Changed", Ago.of(entity.updatedAt(), now), null));
        details.add(new Detail("In the catalog", Ago.of(entity.createdAt(), now), null));
        for (var key : List.of("license", "region", "sensitivity", "presence", "target")) {
            var value = entity.spec().path(key);
            if (value.isTextual()) {
                details.add(new Detail(EntityShells.capital(key), value.textValue(), null));
            }
        }
        var retention = entity.spec().path("retention");
        if (retention.isTextual()) {
            details.add(new Detail("Kept for", period(retention.textValue()), null));
        }
        var labels = new TreeMap<String, String>();
        entity.metadata()
                .path("labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), text(label.getValue())));
        if (!labels.isEmpty()) {
            details.add(
                    new Detail(
                            "Labels",
                            labels.entrySet().stream()
                                    .limit(30)
                                    .map(label -> label.getKey() + "=" + label.getValue())
                                    .collect(Collectors.joining(", ")),
                            null));
        }
        return details;
    }

    /** {@code P1Y6M} is "1 year, 6 months"; what is no period stays as it is. */
    private static String period(String text) {
        try {
            var period = Period.parse(text);
            var words = new ArrayList<String>();
            part(words, period.getYears(), "year");
            part(words, period.getMonths(), "month");
            part(words, period.getDays(), "day");
            return words.isEmpty() ? text : String.join(", ", words);
        } catch (DateTimeParseException e) {
            return text;
        }
    }

    private static void part(List<String> words, int count, String unit) {
        if (count > 0) {
            words.add("%,d %s%s".formatted(count, unit, count == 1 ? "" : "s"));
        }
    }

    /** What {@code spec.schema} of a data set lists. */
    private static List<Column> columns(Entity entity) {
        var columns = new ArrayList<Column>();
        if (!entity.kind().equals("Dataset")) {
            return columns;
        }
        for (var column : entity.spec().path("schema")) {
            if (column.path("name").isTextual() && columns.size() < MOST_COLUMNS) {
                columns.add(
                        new Column(
                                text(column.path("name")),
                                text(column.path("type")),
                                text(column.path("description")),
                                more(column)));
            }
        }
        return columns;
    }

    private static String more(JsonNode column) {
        var more = new ArrayList<String>();
        if (column.path("required").asBoolean()) {
            more.add("never missing");
        }
        if (column.path("unique").asBoolean()) {
            more.add("unique");
        }
        var least = text(column.path("minimum"));
        var most = text(column.path("maximum"));
        if (!least.isEmpty() || !most.isEmpty()) {
            more.add(
                    most.isEmpty()
                            ? "from " + least
                            : least.isEmpty() ? "up to " + most : least + " to " + most);
        }
        var values = new ArrayList<String>();
        column.path("values").forEach(value -> values.add(text(value)));
        if (!values.isEmpty()) {
            more.add(
                    String.join(", ", values.subList(0, Math.min(values.size(), MOST_VALUES)))
                            + (values.size() > MOST_VALUES ? ", …" : ""));
        }
        return String.join("; ", more);
    }

    private static String text(JsonNode node) {
        return node.asText("");
    }

    /**
     * The Markdown that {@code backstage.io/techdocs-ref: dir:…} names, for entities from files.
     */
    private @Nullable RawString docs(Entity entity) {
        var named =
                entity.annotation("backstage.io/techdocs-ref")
                        .filter(ref -> ref.startsWith("dir:"));
        var folder = entity.folder();
        if (named.isEmpty() || folder.isEmpty()) {
            return null;
        }
        try {
            var base = folder.get().resolve(named.get().substring(4)).normalize();
            for (var file : List.of("docs/index.md", "index.md", "README.md")) {
                var path = base.resolve(file);
                if (Files.isRegularFile(path)
                        && isInside(path)
                        && Files.size(path) <= LARGEST_DOCS) {
                    return Markdown.html(Files.readString(path));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            return new RawString("<p>The documentation cannot be read.</p>");
        }
        return null;
    }

    private boolean isInside(Path path) throws IOException {
        var real = path.toRealPath();
        for (var root : config.roots()) {
            if (Files.exists(root) && real.startsWith(root.toRealPath())) {
                return true;
            }
        }
        return false;
    }
}
