package dev.atelier.catalog;

import dev.atelier.platform.problems.Invalid;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What someone asks the catalog's list for; the address of the page says all of it.
 *
 * @param stars references of what the asker follows, when only those are asked for
 */
record CatalogQuestion(
        String q,
        List<String> kind,
        List<String> type,
        List<String> lifecycle,
        List<String> owner,
        List<String> tag,
        @Nullable List<String> stars,
        String sort,
        @Nullable String after) {

    private static final int MOST_VALUES = 100;
    private static final int LONGEST = 200;

    /**
     * Reads the part of an address behind the question mark; what is not part of a question is left
     * out, and so is the place in the list.
     *
     * @throws Invalid when it holds too much
     */
    static CatalogQuestion parse(String query) {
        var values = new LinkedHashMap<String, List<String>>();
        int count = 0;
        for (var part : query.split("&")) {
            var equals = part.indexOf('=');
            if (equals < 1) {
                continue;
            }
            var value = decode(part.substring(equals + 1)).strip();
            if (!value.isEmpty()) {
                if (++count > MOST_VALUES || value.length() > LONGEST) {
                    throw new Invalid("This asks for too much at once to be kept.");
                }
                values.computeIfAbsent(part.substring(0, equals), _ -> new ArrayList<>())
                        .add(value);
            }
        }
        return new CatalogQuestion(
                values.getOrDefault("q", List.of("")).getFirst(),
                values.getOrDefault("kind", List.of()),
                values.getOrDefault("type", List.of()),
                values.getOrDefault("lifecycle", List.of()),
                values.getOrDefault("owner", List.of()),
                values.getOrDefault("tag", List.of()),
                values.containsKey("starred") ? List.of() : null,
                values.getOrDefault("sort", List.of("name")).getFirst().equals("changed")
                        ? "changed"
                        : "name",
                null);
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** The part of the address behind the question mark; empty when everything is asked for. */
    public String query() {
        var address = start();
        var mark = address.indexOf('?');
        return mark < 0 ? "" : address.substring(mark + 1);
    }

    public boolean isStarred() {
        return stars != null;
    }

    /** Where the list begins again. */
    public String start() {
        return address(null, null, null);
    }

    public boolean isFiltered() {
        return !q.isBlank()
                || stars != null
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
    String address(@Nullable String dropFacet, @Nullable String dropValue, @Nullable String at) {
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
        if (stars != null && !"starred".equals(dropFacet)) {
            parts.add("starred=true");
        }
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

    /** The path that a facet counts and filters. */
    static String field(String facet) {
        return switch (facet) {
            case "kind" -> "kind";
            case "type" -> "spec.type";
            case "lifecycle" -> "spec.lifecycle";
            case "owner" -> EntityFilter.OWNER;
            case "tag" -> "metadata.tags";
            default -> throw new IllegalArgumentException(facet);
        };
    }

    EntityFilter filter() {
        return filterWithout(null);
    }

    /** What the question asks if nothing of this facet were chosen: what else there would be. */
    EntityFilter filterWithout(@Nullable String facet) {
        var all = new ArrayList<EntityFilter>();
        facets().forEach(
                        (name, values) -> {
                            if (!values.isEmpty() && !name.equals(facet)) {
                                all.add(new EntityFilter.Is(field(name), values));
                            }
                        });
        if (kind.isEmpty() || "kind".equals(facet)) {
            // Bookkeeping of the catalog itself; asked for by name it is there.
            all.add(new EntityFilter.Not(new EntityFilter.Is("kind", List.of("location"))));
        }
        if (stars != null) {
            all.add(new EntityFilter.Is(EntityFilter.REF, stars));
        }
        if (!q.isBlank()) {
            var words = Arrays.stream(q.strip().split("\\s+")).limit(10).toList();
            all.add(new EntityFilter.Words(words));
        }
        return new EntityFilter.All(all);
    }
}
