package dev.atelier.catalog;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What someone asks the catalog's list for; the address of the page says all of it. */
record CatalogQuestion(
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
        if (!q.isBlank()) {
            var words = Arrays.stream(q.strip().split("\\s+")).limit(10).toList();
            all.add(new EntityFilter.Words(words));
        }
        return new EntityFilter.All(all);
    }
}
