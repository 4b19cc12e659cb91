package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.atelier.catalog.EntityQueries.Order;
import dev.atelier.catalog.EntityQueries.Page;
import dev.atelier.catalog.EntityQueries.Row;
import dev.atelier.catalog.EntityQueries.Text;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The entities of {@link BackstageCatalog}: lists, queries, single ones, facets. */
@Path("/api/catalog")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Backstage catalog")
@Needs(Permission.CATALOG_READ)
public class BackstageEntities {

    private static final int MOST_PER_PAGE = 10_000;

    private final Transaction transaction;
    private final Entities entities;
    private final EntityQueries queries;
    private final Ancestry ancestry;
    private final Locations locations;
    private final Sight sight;

    BackstageEntities(
            Transaction transaction,
            Entities entities,
            EntityQueries queries,
            Ancestry ancestry,
            Locations locations,
            Sight sight) {
        this.transaction = transaction;
        this.entities = entities;
        this.queries = queries;
        this.ancestry = ancestry;
        this.locations = locations;
        this.sight = sight;
    }

    @GET
    @Path("entities")
    public Response list(
            @QueryParam("filter") List<String> filter,
            @QueryParam("fields") List<String> fields,
            @QueryParam("order") List<String> order,
            @QueryParam("limit") @Nullable String limitText,
            @QueryParam("offset") @Nullable String offsetText,
            @QueryParam("after") @Nullable String after,
            @HeaderParam("If-None-Match") @Nullable String known,
            @Context UriInfo uri) {
        var where = EntityFilter.parse(filter);
        var selection = FieldSelection.of(fields);
        var orders = order.stream().limit(10).map(BackstageEntities::listOrder).toList();
        int limit = Backstage.number("limit", limitText, -1);
        int offset = Backstage.number("offset", offsetText, 0);
        if (after != null) {
            var place = Backstage.Place.decode(after);
            limit = limit < 0 ? place.limit() : limit;
            offset = place.offset();
        }
        var tag = tag(entities.revision(), uri);
        if (tag.equals(known)) {
            return Response.notModified().header("ETag", tag).build();
        }
        if (limit < 0) {
            int from = offset;
            return Response.ok(queries.stream(where, orders, from, selection::apply))
                    .header("ETag", tag)
                    .build();
        }
        int most = Math.min(limit, MOST_PER_PAGE);
        var rows = queries.slice(where, orders, offset, most + 1);
        var body = new ByteArrayOutputStream();
        write(body, rows.subList(0, Math.min(most, rows.size())), selection);
        var answer = Response.ok(body.toByteArray()).header("ETag", tag);
        if (rows.size() > most) {
            var next = new Backstage.Place(most, offset + most).encode();
            var link = uri.getRequestUriBuilder().replaceQueryParam("after", next).build();
            answer.header(
                    "Link",
                    "<%s?%s>; rel=\"next\"".formatted(link.getRawPath(), link.getRawQuery()));
        }
        return answer.build();
    }

    private static Order listOrder(String text) {
        var colon = text.indexOf(':');
        var direction = colon < 0 ? "" : text.substring(0, colon);
        if (!direction.equals("asc") && !direction.equals("desc") || colon == text.length() - 1) {
            throw new Invalid(
                    "Invalid order parameter \"%s\", expected <asc or desc>:<field name>"
                            .formatted(text));
        }
        return new Order(text.substring(colon + 1), direction.equals("desc"));
    }

    @GET
    @Path("entities/by-query")
    public Response byQuery(
            @QueryParam("filter") List<String> filter,
            @QueryParam("fields") List<String> fields,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("offset") @Nullable String offset,
            @QueryParam("orderField") List<String> orderField,
            @QueryParam("cursor") @Nullable String cursor,
            @QueryParam("totalItems") @Nullable String totalItems,
            @QueryParam("fullTextFilterTerm") @Nullable String term,
            @QueryParam("fullTextFilterFields") List<String> termFields,
            @HeaderParam("If-None-Match") @Nullable String known,
            @Context UriInfo uri) {
        var question =
                cursor != null
                        ? BackstageCursor.decode(cursor)
                        : BackstageCursor.of(
                                filter,
                                MissingNode.getInstance(),
                                term == null ? null : new Text(term, fieldNames(termFields)),
                                orderField.isEmpty() ? null : order(orderField.getFirst()));
        if (known != null && known.equals(tag(entities.revision(), uri))) {
            return Response.notModified().header("ETag", known).build();
        }
        return page(
                question,
                FieldSelection.of(fields),
                Backstage.number("limit", limit, Backstage.DEFAULT_LIMIT),
                Backstage.number("offset", offset, 0),
                !"exclude".equals(totalItems),
                uri);
    }

    private static List<String> fieldNames(List<String> parameters) {
        return parameters.stream()
                .flatMap(names -> Arrays.stream(names.split(",")))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
    }

    @POST
    @Path("entities/by-query")
    public Response byQuery(String body, @Context UriInfo uri) {
        var json = Backstage.body(body);
        var question =
                json.path("cursor").isTextual()
                        ? BackstageCursor.decode(json.path("cursor").asText())
                        : BackstageCursor.of(
                                List.of(),
                                json.path("query"),
                                text(json.path("fullTextFilter")),
                                order(json.path("orderBy")));
        return page(
                question,
                FieldSelection.of(EntityDocument.strings(json.path("fields"))),
                Backstage.number("limit", json.path("limit").asText(null), Backstage.DEFAULT_LIMIT),
                Backstage.number("offset", json.path("offset").asText(null), 0),
                !json.path("totalItems").asText("").equals("exclude"),
                uri);
    }

    private static @Nullable Text text(JsonNode filter) {
        return filter.path("term").isTextual()
                ? new Text(
                        filter.path("term").asText(), EntityDocument.strings(filter.path("fields")))
                : null;
    }

    private static @Nullable Order order(JsonNode orderBy) {
        var first = orderBy.isArray() ? orderBy.path(0) : orderBy;
        return first.path("field").isTextual()
                ? new Order(
                        first.path("field").asText(), first.path("order").asText().equals("desc"))
                : null;
    }

    private static Order order(String text) {
        var comma = text.lastIndexOf(',');
        var field = comma < 0 ? text : text.substring(0, comma);
        var direction = comma < 0 ? "asc" : text.substring(comma + 1);
        if (field.isBlank() || !(direction.equals("asc") || direction.equals("desc"))) {
            throw new Invalid(
                    "Invalid orderField parameter \"%s\", expected <field name>,<asc or desc>"
                            .formatted(text));
        }
        return new Order(field.strip(), direction.equals("desc"));
    }

    private String tag(long revision, UriInfo uri) {
        return Backstage.tag(revision, uri, sight.blind().hidden());
    }

    private Response page(
            BackstageCursor question,
            FieldSelection selection,
            int limit,
            int offset,
            boolean withTotal,
            UriInfo uri) {
        var filter = question.entityFilter();
        var rows =
                queries.page(
                        new Page(
                                filter,
                                question.text(),
                                question.order(),
                                question.at(),
                                question.previous(),
                                question.at() == null ? offset : 0,
                                Math.min(limit, MOST_PER_PAGE)));
        long revision = rows.revision() >= 0 ? rows.revision() : entities.revision();
        Long total =
                !withTotal
                        ? null
                        : question.total() != null
                                ? question.total()
                                : (Long)
                                        queries.count(
                                                filter,
                                                question.text(),
                                                question.order(),
                                                revision);
        var list = rows.rows();
        var first = question.first();
        if (question.at() == null && !list.isEmpty()) {
            first = offset == 0 ? list.getFirst().position() : null;
        }
        var base = question.begin(first, total);
        String next = null;
        String previous = null;
        if (!list.isEmpty()) {
            if (rows.more() || question.previous()) {
                next = base.at(list.getLast().position(), false).encode();
            }
            boolean atStart =
                    question.previous() ? !rows.more() : list.getFirst().position().equals(first);
            if (!atStart) {
                previous = base.at(list.getFirst().position(), true).encode();
            }
        }
        var out = new ByteArrayOutputStream(list.size() * 1024 + 256);
        out.writeBytes("{\"items\":".getBytes(StandardCharsets.UTF_8));
        write(out, list.stream().map(Row::json).toList(), selection);
        var tail = new StringBuilder(",\"totalItems\":").append(total == null ? 0 : total);
        tail.append(",\"pageInfo\":{");
        if (next != null) {
            tail.append("\"nextCursor\":\"").append(next).append('"');
        }
        if (previous != null) {
            tail.append(next == null ? "" : ",").append("\"prevCursor\":\"");
            tail.append(previous).append('"');
        }
        out.writeBytes(tail.append("}}").toString().getBytes(StandardCharsets.UTF_8));
        return Response.ok(out.toByteArray()).header("ETag", tag(revision, uri)).build();
    }

    private static void write(
            ByteArrayOutputStream out, List<byte[]> rows, FieldSelection selection) {
        out.write('[');
        for (int i = 0; i < rows.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            out.writeBytes(selection.apply(rows.get(i)));
        }
        out.write(']');
    }

    @GET
    @Path("entities/by-uid/{uid}")
    public Response byUid(@PathParam("uid") String uid) {
        return Response.ok(requireUid(uid).output()).build();
    }

    private Entity requireUid(String uid) {
        try {
            return entities.findByUid(UUID.fromString(uid))
                    .orElseThrow(() -> new NotFound("No entity with uid " + uid));
        } catch (IllegalArgumentException e) {
            throw new NotFound("No entity with uid " + uid);
        }
    }

    @Needs(Permission.CATALOG_REMOVE)
    @DELETE
    @Path("entities/by-uid/{uid}")
    public void delete(@PathParam("uid") String uid) {
        locations.requireWritable();
        transaction.run(() -> entities.delete(requireUid(uid)));
    }

    @GET
    @Path("entities/by-name/{kind}/{namespace}/{name}")
    public Response byName(
            @PathParam("kind") String kind,
            @PathParam("namespace") String namespace,
            @PathParam("name") String name) {
        return Response.ok(require(kind, namespace, name).output()).build();
    }

    private Entity require(String kind, String namespace, String name) {
        return entities.find(new EntityRef(kind, namespace, name))
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "No entity named '%s' found, with kind '%s' in namespace '%s'"
                                                .formatted(name, kind, namespace)));
    }

    @GET
    @Path("entities/by-name/{kind}/{namespace}/{name}/ancestry")
    public Response ancestry(
            @PathParam("kind") String kind,
            @PathParam("namespace") String namespace,
            @PathParam("name") String name) {
        var entity = require(kind, namespace, name);
        var json = Json.object().put("rootEntityRef", entity.ref().toString());
        var items = json.putArray("items");
        for (var item : ancestry.of(entity)) {
            var node = items.addObject();
            node.set("entity", Json.trusted(item.entity().output()));
            item.parents().forEach(node.putArray("parentEntityRefs")::add);
        }
        return Response.ok(Json.write(json)).build();
    }

    @POST
    @Path("entities/by-refs")
    public Response byRefs(String body, @QueryParam("filter") List<String> filter) {
        var json = Backstage.body(body);
        if (!json.path("entityRefs").isArray()) {
            throw new Invalid("Malformed request: entityRefs is required");
        }
        var refs = EntityDocument.strings(json.path("entityRefs"));
        if (refs.size() > MOST_PER_PAGE) {
            throw new Invalid("Malformed request: too many entityRefs");
        }
        var selection = FieldSelection.of(EntityDocument.strings(json.path("fields")));
        var where =
                new EntityFilter.All(
                        List.of(
                                EntityFilter.parse(filter),
                                EntityFilter.parse(json.path("query"))));
        var found =
                queries.byRefs(
                        refs.stream().map(BackstageEntities::normal).distinct().toList(), where);
        var out = new ByteArrayOutputStream();
        out.writeBytes("{\"items\":[".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < refs.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            var entity = found.get(normal(refs.get(i)));
            out.writeBytes(
                    entity == null
                            ? "null".getBytes(StandardCharsets.UTF_8)
                            : selection.apply(entity));
        }
        out.writeBytes("]}".getBytes(StandardCharsets.UTF_8));
        return Response.ok(out.toByteArray()).build();
    }

    private static String normal(String ref) {
        try {
            return EntityRef.parse(ref).toString();
        } catch (IllegalArgumentException e) {
            return EntityIndex.fold(ref);
        }
    }

    @GET
    @Path("entity-facets")
    public Response facets(
            @QueryParam("facet") List<String> facets, @QueryParam("filter") List<String> filter) {
        return facets(facets, EntityFilter.parse(filter), null);
    }

    @POST
    @Path("entity-facets")
    public Response facets(String body) {
        var json = Backstage.body(body);
        return facets(
                EntityDocument.strings(json.path("facets")),
                EntityFilter.parse(json.path("query")),
                text(json.path("fullTextFilter")));
    }

    private Response facets(List<String> facets, EntityFilter filter, @Nullable Text text) {
        if (facets.isEmpty() || facets.size() > 50) {
            throw new Invalid("Missing facet parameter");
        }
        long revision = entities.revision();
        var result = new LinkedHashMap<String, List<EntityQueries.FacetValue>>();
        for (var facet : facets) {
            result.put(facet, queries.facet(facet, filter, text, revision));
        }
        return Response.ok(Json.write(Map.of("facets", result))).build();
    }
}
