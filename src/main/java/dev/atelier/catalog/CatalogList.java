package dev.atelier.catalog;

import dev.atelier.catalog.EntityFilter.SqlText;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
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

    /** What someone asked for; the address of the page says all of it. */
    record Question(
            String q,
            List<String> kind,
            List<String> type,
            List<String> lifecycle,
            List<String> owner,
            List<String> tag,
            String sort,
            @Nullable String after) {

        /** Where the list begins again. */
        public String start() {
            return address(null, null, null);
        }

        public boolean isFiltered() {
            return !q.isBlank()
                    || !(kind.isEmpty()
                            && type.isEmpty()
                            && lifecycle.isEmpty()
                            && owner.isEmpty()
                            && tag.isEmpty());
        }

        Map<String, List<String>> facets() {
            var facets = new LinkedHashMap<String, List<String>>();
            facets.put("kind", kind);
            facets.put("type", type);
            facets.put("lifecycle", lifecycle);
            facets.put("owner", owner);
            facets.put("tag", tag);
            return facets;
        }

        /** The address of this question, without one value of one facet, at another place. */
        String address(
                @Nullable String dropFacet, @Nullable String dropValue, @Nullable String at) {
            var parts = new ArrayList<String>();
            if (!q.isBlank() && !"q".equals(dropFacet)) {
                parts.add("q=" + encode(q));
            }
            facets().forEach(
                            (name, values) -> {
                                for (var value : values) {
                                    if (!(name.equals(dropFacet) && value.equals(dropValue))) {
                                        parts.add(name + "=" + encode(value));
                                    }
                                }
                            });
            if (!sort.equals("name")) {
                parts.add("sort=" + sort);
            }
            if (at != null) {
                parts.add("after=" + encode(at));
            }
            return "/catalog" + (parts.isEmpty() ? "" : "?" + String.join("&", parts));
        }

        private static String encode(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }
    }

    record Value(String value, String label, long count, boolean chosen) {}

    record Facet(String name, String title, List<Value> values, int hidden) {}

    record Active(String label, String address) {}

    record Item(
            EntityRef ref,
            String kind,
            String icon,
            String title,
            @Nullable String type,
            String description,
            String owner,
            String state,
            String stateWord,
            String changed,
            @Nullable String lifecycle,
            String lifecycleColour) {
        public String address() {
            return ref.address();
        }
    }

    record Result(
            Question question,
            long total,
            String heading,
            List<Item> items,
            List<Facet> facets,
            List<Active> active,
            @Nullable String more,
            Entities.@Nullable Suggestion near) {
        public int shown() {
            return items.size();
        }
    }

    private static final Map<String, String> FIELDS =
            Map.of(
                    "kind", "kind",
                    "type", "spec.type",
                    "lifecycle", "spec.lifecycle",
                    "owner", EntityFilter.OWNER,
                    "tag", "metadata.tags");
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

    private final Sql sql;
    private final Entities entities;
    private final EntityQueries queries;
    private final Clock clock = Clock.systemUTC();

    CatalogList(Sql sql, Entities entities, EntityQueries queries) {
        this.sql = sql;
        this.entities = entities;
        this.queries = queries;
    }

    Result ask(Question question) {
        long revision = entities.revision();
        var filter = filter(question, null);
        long total = queries.count(filter, null, null, revision);
        var rows = rows(question, filter);
        String more = null;
        if (rows.size() > PAGE) {
            rows = rows.subList(0, PAGE);
            more = question.address(null, null, rows.getLast().place);
        }
        var counted = counted(question, revision);
        var titles =
                entities.titles(
                        Stream.of(
                                        rows.stream().map(Found::owner).filter(o -> o != null),
                                        counted.getOrDefault("owner", List.of()).stream()
                                                .limit(50)
                                                .map(EntityQueries.FacetValue::value),
                                        question.owner.stream())
                                .flatMap(refs -> refs)
                                .distinct()
                                .toList());
        var items = rows.stream().map(row -> item(row, titles)).toList();
        var near =
                items.isEmpty() && !question.q.isBlank()
                        ? entities.suggest(question.q, 1).stream().findFirst().orElse(null)
                        : null;
        return new Result(
                question,
                total,
                heading(question, total),
                items,
                facets(question, counted, titles),
                active(question, titles),
                more,
                near);
    }

    private static String heading(Question question, long total) {
        String noun;
        if (question.kind.size() == 1) {
            var kind = question.kind.getFirst();
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

    private static EntityFilter filter(Question question, @Nullable String without) {
        var all = new ArrayList<EntityFilter>();
        question.facets()
                .forEach(
                        (name, values) -> {
                            if (!values.isEmpty() && !name.equals(without)) {
                                all.add(new EntityFilter.Is(field(name), values));
                            }
                        });
        if (question.kind.isEmpty() || "kind".equals(without)) {
            // Bookkeeping of the catalog itself; asked for by name it is there.
            all.add(new EntityFilter.Not(new EntityFilter.Is("kind", List.of("location"))));
        }
        if (!question.q.isBlank()) {
            var words = Arrays.stream(question.q.strip().split("\\s+")).limit(10).toList();
            all.add(new EntityFilter.Words(words));
        }
        return new EntityFilter.All(all);
    }

    private static String field(String facet) {
        return String.valueOf(FIELDS.get(facet));
    }

    private Map<String, List<EntityQueries.FacetValue>> counted(Question question, long revision) {
        var counted = new LinkedHashMap<String, List<EntityQueries.FacetValue>>();
        question.facets()
                .forEach(
                        (name, _) ->
                                counted.put(
                                        name,
                                        queries.facet(
                                                field(name),
                                                filter(question, name),
                                                null,
                                                revision)));
        return counted;
    }

    private static List<Facet> facets(
            Question question,
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

    private static List<Active> active(Question question, Map<String, String> titles) {
        var active = new ArrayList<Active>();
        if (!question.q.isBlank()) {
            active.add(new Active("“" + question.q + "”", question.address("q", null, null)));
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

    private record Found(
            EntityRef ref,
            String kind,
            String title,
            @Nullable String type,
            String description,
            @Nullable String owner,
            boolean faulty,
            boolean orphan,
            @Nullable String lifecycle,
            Instant updated,
            String place) {}

    private static final String COLUMNS =
            """
            select e.ref, e.kind, coalesce(e.title, e.facts -> 'spec.profile.displayname' ->> 0,
                   e.name), e.type, e.description, e.owner, e.errors is not null,
                   e.orphaned_at is not null, e.lifecycle, e.updated_at, e.id, %s
            from catalog_entity e where\s
            """;

    private static Found found(java.sql.ResultSet row) throws java.sql.SQLException {
        return new Found(
                EntityRef.parse(row.getString(1)),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5) == null ? "" : row.getString(5),
                row.getString(6),
                row.getBoolean(7),
                row.getBoolean(8),
                row.getString(9),
                row.getObject(10, OffsetDateTime.class).toInstant(),
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(
                                (row.getString(12) + "\n" + row.getLong(11))
                                        .getBytes(StandardCharsets.UTF_8)));
    }

    private List<Found> rows(Question question, EntityFilter filter) {
        boolean recent = question.sort.equals("changed");
        var query = new SqlText();
        query.add(COLUMNS.formatted(recent ? "e.revision" : "lower(e.name)"));
        filter.write(query);
        if (question.after != null) {
            var place = place(question.after);
            if (recent) {
                query.add(
                        " and (e.revision, e.id) < (?, ?)",
                        Long.parseLong(place[0]),
                        Long.parseLong(place[1]));
            } else {
                query.add(
                        " and (lower(e.name), e.id) > (?, ?)", place[0], Long.parseLong(place[1]));
            }
        }
        query.add(
                recent
                        ? " order by e.revision desc, e.id desc limit ?"
                        : " order by lower(e.name), e.id limit ?",
                PAGE + 1);
        return sql.list(query.text(), CatalogList::found, query.values());
    }

    private static String[] place(String after) {
        try {
            var parts =
                    new String(Base64.getUrlDecoder().decode(after), StandardCharsets.UTF_8)
                            .split("\n", -1);
            if (parts.length == 2) {
                var unused = Long.parseLong(parts[1]);
                return parts;
            }
        } catch (IllegalArgumentException _) {
            // Told below.
        }
        throw new Invalid("This page of the list does not exist. Begin at its start.");
    }

    private Item item(Found row, Map<String, String> owners) {
        var now = clock.instant();
        var state = row.faulty ? "fail" : row.orphan ? "warn" : "";
        var word = row.faulty ? "Error in its file" : row.orphan ? "Orphaned" : "";
        return new Item(
                row.ref,
                row.kind,
                EntityShells.icon(row.kind),
                row.title,
                row.type,
                row.description,
                row.owner == null
                        ? ""
                        : owners.getOrDefault(
                                row.owner, row.owner.substring(row.owner.lastIndexOf('/') + 1)),
                state,
                word,
                "changed " + Ago.of(row.updated, now),
                row.lifecycle == null ? null : EntityShells.capital(row.lifecycle),
                "deprecated".equalsIgnoreCase(row.lifecycle)
                        ? "amber"
                        : "candidate".equalsIgnoreCase(row.lifecycle) ? "blue" : "");
    }

    /** Those of these that exist, by kind and name. */
    List<Item> items(List<EntityRef> refs) {
        var rows =
                sql.list(
                        COLUMNS.formatted("lower(e.name)")
                                + " e.ref = any(?) order by e.kind, lower(e.name) limit 500",
                        CatalogList::found,
                        (Object) refs.stream().map(EntityRef::toString).toArray(String[]::new));
        var owners =
                entities.titles(
                        rows.stream().map(Found::owner).filter(o -> o != null).distinct().toList());
        return rows.stream().map(row -> item(row, owners)).toList();
    }
}
