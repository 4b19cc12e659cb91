package dev.atelier.catalog;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The list of the catalog for people: facets, search, order, pages. */
@ApplicationScoped
class CatalogList {

    static final int PAGE = 30;
    private static final int MOST_VALUES = 12;

    record Value(String value, String label, long count, boolean chosen) {}

    record Facet(String name, String title, List<Value> values, int hidden) {}

    record Active(String label, String address) {}

    record Result(
            CatalogQuestion question,
            long total,
            String heading,
            List<EntityRows.Row> items,
            List<Facet> facets,
            List<Active> active,
            @Nullable String more,
            Entities.@Nullable Suggestion near) {
        public int shown() {
            return items.size();
        }
    }

    private static final Map<String, String> TITLES =
            Map.of(
                    "kind",
                    "Kind",
                    "type",
                    "Type",
                    "lifecycle",
                    "Lifecycle",
                    "owner",
                    "Owner",
                    "tag",
                    "Tag");

    private final Entities entities;
    private final EntityQueries queries;
    private final EntityRows rows;

    CatalogList(Entities entities, EntityQueries queries, EntityRows rows) {
        this.entities = entities;
        this.queries = queries;
        this.rows = rows;
    }

    Result ask(CatalogQuestion question) {
        long revision = entities.revision();
        var counts = counted(question, revision);
        long total = counts.total();
        var counted = counts.facets();
        var page =
                rows.page(
                        question,
                        PAGE + 1,
                        Stream.concat(
                                        counted.getOrDefault("owner", List.of()).stream()
                                                .limit(50)
                                                .map(EntityQueries.FacetValue::value),
                                        question.owner().stream())
                                .toList());
        var items = page.rows();
        String more = null;
        if (items.size() > PAGE) {
            items = items.subList(0, PAGE);
            more = question.address(null, null, items.getLast().place());
        }
        var near =
                items.isEmpty() && !question.q().isBlank()
                        ? entities.suggest(question.q(), 1).stream().findFirst().orElse(null)
                        : null;
        return new Result(
                question,
                total,
                heading(question, total),
                items,
                facets(question, counted, page.titles()),
                active(question, page.titles()),
                more,
                near);
    }

    private static String heading(CatalogQuestion question, long total) {
        String noun;
        if (question.kind().size() == 1) {
            var kind = question.kind().getFirst();
            var known =
                    EntityRules.kinds().stream()
                            .filter(k -> k.equalsIgnoreCase(kind))
                            .findFirst()
                            .orElse(kind);
            var plural = EntityShells.plural(known);
            noun =
                    known.equals("API") || known.equals("AiResource")
                            ? (total == 1 ? known : plural)
                            : (total == 1 ? known : plural).toLowerCase(java.util.Locale.ROOT);
        } else {
            noun = total == 1 ? "entry" : "entries";
        }
        return "%,d %s".formatted(total, noun);
    }

    /**
     * Facets by their names. Those in which nothing is chosen are counted with the total, from one
     * look; the others as if nothing were chosen in them.
     */
    private EntityQueries.Counted counted(CatalogQuestion question, long revision) {
        var names = question.facets();
        var open =
                names.entrySet().stream()
                        .filter(facet -> facet.getValue().isEmpty())
                        .map(Map.Entry::getKey)
                        .toList();
        var together =
                queries.counted(
                        open.stream().map(CatalogQuestion::field).toList(),
                        question.filter(),
                        revision);
        var counted = new LinkedHashMap<String, List<EntityQueries.FacetValue>>();
        for (var name : names.keySet()) {
            var field = CatalogQuestion.field(name);
            var values = open.contains(name) ? together.facets().get(field) : null;
            counted.put(
                    name,
                    values != null
                            ? values
                            : queries.facet(field, question.filterWithout(name), null, revision));
        }
        return new EntityQueries.Counted(together.total(), counted);
    }

    private static List<Facet> facets(
            CatalogQuestion question,
            Map<String, List<EntityQueries.FacetValue>> counted,
            Map<String, String> titles) {
        var facets = new ArrayList<Facet>();
        question.facets()
                .forEach(
                        (name, chosen) -> {
                            var values = new ArrayList<Value>();
                            var all = counted.getOrDefault(name, List.of());
                            for (var value : all) {
                                boolean on =
                                        chosen.stream().anyMatch(value.value()::equalsIgnoreCase);
                                if (on || values.size() < MOST_VALUES) {
                                    values.add(
                                            new Value(
                                                    name.equals("kind")
                                                            ? EntityIndex.fold(value.value())
                                                            : value.value(),
                                                    label(name, value.value(), titles),
                                                    value.count(),
                                                    on));
                                }
                            }
                            for (var missing : chosen) {
                                if (all.stream()
                                        .noneMatch(v -> v.value().equalsIgnoreCase(missing))) {
                                    values.add(
                                            new Value(
                                                    missing,
                                                    label(name, missing, titles),
                                                    0,
                                                    true));
                                }
                            }
                            if (!values.isEmpty()) {
                                facets.add(
                                        new Facet(
                                                name,
                                                String.valueOf(TITLES.get(name)),
                                                values,
                                                Math.max(0, all.size() - values.size())));
                            }
                        });
        return facets;
    }

    private static String label(String facet, String value, Map<String, String> titles) {
        return switch (facet) {
            case "owner" -> titles.getOrDefault(value, value.substring(value.lastIndexOf('/') + 1));
            case "lifecycle" -> EntityShells.capital(value);
            case "kind" ->
                    switch (value) {
                        case "Dataset" -> "Data set";
                        case "Template" -> "Golden path";
                        default -> value;
                    };
            default -> value;
        };
    }

    private static List<Active> active(CatalogQuestion question, Map<String, String> titles) {
        var active = new ArrayList<Active>();
        if (!question.q().isBlank()) {
            active.add(new Active("“" + question.q() + "”", question.address("q", null, null)));
        }
        if (question.isStarred()) {
            active.add(new Active("Starred", question.address("starred", null, null)));
        }
        question.facets()
                .forEach(
                        (name, values) -> {
                            for (var value : values) {
                                active.add(
                                        new Active(
                                                name.equals("kind")
                                                        ? label(
                                                                name,
                                                                EntityShells.capital(value),
                                                                titles)
                                                        : label(name, value, titles),
                                                question.address(name, value, null)));
                            }
                        });
        return active;
    }
}
