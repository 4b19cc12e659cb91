package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.atelier.catalog.EntityQueries.Order;
import dev.atelier.catalog.EntityQueries.Position;
import dev.atelier.catalog.EntityQueries.Text;
import dev.atelier.platform.problems.Invalid;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cursor of {@code by-query}: everything of the question and the place where its next page
 * begins, as base64 of JSON with Backstage's member names.
 *
 * @param filter parameters as they were given
 * @param query predicate as it was given; a missing node when there is none
 * @param first the first row of the first page: there is nothing before it
 */
record BackstageCursor(
        List<String> filter,
        JsonNode query,
        @Nullable Text text,
        @Nullable Order order,
        @Nullable Position first,
        @Nullable Position at,
        boolean previous,
        @Nullable Long total) {

    private static final int LONGEST = 64 << 10;

    /** The question itself, at the beginning of its list. */
    static BackstageCursor of(
            List<String> filter, JsonNode query, @Nullable Text text, @Nullable Order order) {
        return new BackstageCursor(filter, query, text, order, null, null, false, null);
    }

    BackstageCursor begin(@Nullable Position first, @Nullable Long total) {
        return new BackstageCursor(filter, query, text, order, first, at, previous, total);
    }

    BackstageCursor at(Position position, boolean previous) {
        return new BackstageCursor(filter, query, text, order, first, position, previous, total);
    }

    EntityFilter entityFilter() {
        return new EntityFilter.All(List.of(EntityFilter.parse(filter), EntityFilter.parse(query)));
    }

    String encode() {
        var json = Json.object();
        var orders = json.putArray("orderFields");
        if (order != null) {
            orders.addObject()
                    .put("field", order.field())
                    .put("order", order.descending() ? "desc" : "asc");
        }
        put(json.putArray("orderFieldValues"), at);
        put(json.putArray("firstSortFieldValues"), first);
        json.put("isPrevious", previous);
        var filters = json.putArray("filter");
        filter.forEach(filters::add);
        if (!query.isMissingNode()) {
            json.set("query", query);
        }
        if (text != null) {
            var node = json.putObject("fullTextFilter").put("term", text.term());
            text.fields().forEach(node.putArray("fields")::add);
        }
        if (total != null) {
            json.put("totalItems", total);
        }
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Json.write(json).getBytes(StandardCharsets.UTF_8));
    }

    private static void put(ArrayNode array, @Nullable Position position) {
        if (position != null) {
            array.add(position.value()).add(position.id());
        }
    }

    static BackstageCursor decode(String text) {
        try {
            if (text.length() > LONGEST) {
                throw new IllegalArgumentException();
            }
            var bytes = Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'));
            var json = Json.read(new String(bytes, StandardCharsets.UTF_8));
            var orders = json.path("orderFields");
            var order =
                    orders.isEmpty()
                            ? null
                            : new Order(
                                    orders.get(0).path("field").asText(),
                                    orders.get(0).path("order").asText().equals("desc"));
            var fullText = json.path("fullTextFilter");
            return new BackstageCursor(
                    EntityDocument.strings(json.path("filter")),
                    json.path("query"),
                    fullText.isObject()
                            ? new Text(
                                    fullText.path("term").asText(),
                                    EntityDocument.strings(fullText.path("fields")))
                            : null,
                    order,
                    position(json.path("firstSortFieldValues")),
                    position(json.path("orderFieldValues")),
                    json.path("isPrevious").asBoolean(),
                    json.has("totalItems") ? json.path("totalItems").asLong() : null);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new Invalid("Malformed cursor, could not be decoded");
        }
    }

    private static @Nullable Position position(JsonNode values) {
        return values.size() == 2
                ? new Position(
                        values.get(0).isNull() ? null : values.get(0).asText(),
                        values.get(1).asLong())
                : null;
    }
}
