package dev.atelier.catalog;

import dev.atelier.catalog.EntityAction.Action;
import dev.atelier.catalog.EntityFact.Fact;
import dev.atelier.catalog.EntityTab.Tab;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects what features draw around an entity; see {@link EntityTab}. */
@ApplicationScoped
public class EntityShells {

    private static final int MOST_FACTS = 6;
    private static final java.util.Set<String> OWNERLESS =
            java.util.Set.of("Group", "User", "Location");

    private static final Map<String, String> ICONS =
            Map.ofEntries(
                    Map.entry("model", "model"),
                    Map.entry("dataset", "dataset"),
                    Map.entry("endpoint", "endpoint"),
                    Map.entry("api", "endpoint"),
                    Map.entry("template", "path"),
                    Map.entry("workspace", "workspace"),
                    Map.entry("site", "pin"),
                    Map.entry("group", "people"),
                    Map.entry("user", "person"),
                    Map.entry("system", "system"),
                    Map.entry("domain", "system"),
                    Map.entry("location", "ext"));

    private static final Map<String, String> PLURALS =
            Map.of(
                    "API",
                    "APIs",
                    "Template",
                    "Golden paths",
                    "Dataset",
                    "Data sets",
                    "AiResource",
                    "AI resources");

    private final Entities entities;
    private final List<EntityTab> tabs;
    private final List<EntityFact> facts;
    private final List<EntityAction> actions;

    EntityShells(
            Entities entities,
            @All List<EntityTab> tabs,
            @All List<EntityFact> facts,
            @All List<EntityAction> actions) {
        this.entities = entities;
        this.tabs = tabs;
        this.facts = facts;
        this.actions = actions;
    }

    /**
     * The shell of a page about an entity.
     *
     * @param current address of the tab that is open, as the tab gives it
     */
    public EntityShell shell(Entity entity, String current) {
        return new EntityShell(
                entity,
                plural(entity.kind()),
                "/catalog?kind=" + EntityIndex.fold(entity.kind()),
                icon(entity.kind()),
                facts(entity),
                actions.stream()
                        .map(action -> action.action(entity))
                        .flatMap(Optional::stream)
                        .sorted(Comparator.comparing(Action::primary))
                        .toList(),
                tabs(entity),
                current);
    }

    /** Where the entity's front page is: a feature's own, or the catalog's. */
    String home(Entity entity) {
        return tabs(entity).getFirst().address();
    }

    static String plural(String kind) {
        return PLURALS.getOrDefault(
                kind,
                kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s");
    }

    /** The kind as it is written in documents. */
    static String kindName(String kind) {
        return EntityRules.kinds().stream()
                .filter(known -> known.equalsIgnoreCase(kind))
                .findFirst()
                .orElse(kind);
    }

    static String icon(String kind) {
        return ICONS.getOrDefault(EntityIndex.fold(kind), "features");
    }

    private List<Tab> tabs(Entity entity) {
        var all = new ArrayList<Tab>();
        for (var contributor : tabs) {
            contributor.tab(entity).ifPresent(all::add);
        }
        if (all.stream().noneMatch(tab -> tab.order() <= Tab.HOME)) {
            all.add(new Tab("Overview", entity.address(), Tab.HOME));
        } else {
            all.add(new Tab("Relations", entity.address() + "/relations", 800));
        }
        all.add(new Tab("Source", entity.address() + "/source", 900));
        all.sort(Comparator.comparingInt(Tab::order));
        return all;
    }

    private List<Fact> facts(Entity entity) {
        var all = new ArrayList<Fact>();
        for (var contributor : facts) {
            all.addAll(contributor.facts(entity));
        }
        var refs = new ArrayList<String>();
        var owner = entity.owner();
        owner.ifPresent(ref -> refs.add(ref.toString()));
        var system =
                entity.relations().stream()
                        .filter(relation -> relation.type().equals("partOf"))
                        .map(Entity.Relation::target)
                        .findFirst();
        system.ifPresent(ref -> refs.add(ref.toString()));
        var titles = entities.titles(refs);
        if (!OWNERLESS.contains(entity.kind())) {
            all.add(
                    owner.map(ref -> linked("Owner", ref, titles, 30))
                            .orElseGet(() -> new Fact("Owner", "Nobody", 30).status("off")));
        }
        long members = count(entity, "hasMember");
        if (members > 0) {
            all.add(new Fact("Members", String.valueOf(members), 32));
        }
        long owned = count(entity, "ownerOf");
        if (owned > 0) {
            all.add(new Fact("Owns", owned + (owned == 1 ? " entry" : " entries"), 34));
        }
        entity.lifecycle().ifPresent(text -> all.add(new Fact("Lifecycle", capital(text), 40)));
        entity.type().ifPresent(text -> all.add(new Fact("Type", text, 45)));
        system.ifPresent(ref -> all.add(linked("Part of", ref, titles, 50)));
        all.sort(Comparator.comparingInt(Fact::order));
        return all.subList(0, Math.min(MOST_FACTS, all.size()));
    }

    private static long count(Entity entity, String relation) {
        return entity.relations().stream().filter(r -> r.type().equals(relation)).count();
    }

    private static Fact linked(String title, EntityRef ref, Map<String, String> titles, int order) {
        var name = titles.get(ref.toString());
        return name == null
                ? new Fact(title, ref.name(), order).status("warn").note("not in the catalog")
                : new Fact(title, name, order).link(ref.address());
    }

    static String capital(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + text.substring(1);
    }
}
