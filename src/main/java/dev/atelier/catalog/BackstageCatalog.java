package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityQueries.Order;
import dev.atelier.catalog.EntityQueries.Page;
import dev.atelier.catalog.EntityQueries.Row;
import dev.atelier.catalog.EntityQueries.Text;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Problem;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * Backstage's catalog API, as {@code @backstage/catalog-client} speaks it: same paths, parameters,
 * answers and errors (catalog-backend 3.9).
 */
@Path("/api/catalog")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Backstage catalog")
public class BackstageCatalog {

    private static final int DEFAULT_LIMIT = 200;
    private static final int MOST_PER_PAGE = 10_000;

    private final Entities entities;
    private final EntityQueries queries;
    private final Locations locations;
    private final Ancestry ancestry;
    private final Sources sources;
    private final SourceReader reader;
    private final Ingestion ingestion;

    BackstageCatalog(
            Entities entities,
            EntityQueries queries,
            Locations locations,
            Ancestry ancestry,
            Sources sources,
            SourceReader reader,
            Ingestion ingestion) {
        this.entities = entities;
        this.queries = queries;
        this.locations = locations;
        this.ancestry = ancestry;
        this.sources = sources;
        this.reader = reader;
        this.ingestion = ingestion;
    }

    // ---- entities

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
        var orders = order.stream().limit(10).map(BackstageCatalog::listOrder).toList();
        int limit = number("limit", limitText, -1);
        int offset = number("offset", offsetText, 0);
        if (after != null) {
            var cursor = after(after);
            limit = limit < 0 ? cursor[0] : limit;
            offset = cursor[1];
        }
        var tag = tag(entities.revision(), uri);
        if (tag.equals(known)) {
            return Response.notModified().header("ETag", tag).build();
        }
        if (limit < 0) {
            int from = offset;
            return Response.ok(
                            (StreamingOutput)
                                    out ->
                                            queries.stream(
                                                    where, orders, from, -1, out, selection::apply))
                    .header("ETag", tag)
                    .build();
        }
        int most = Math.min(limit, MOST_PER_PAGE);
        var body = new ByteArrayOutputStream();
        var seen = new int[1];
        try {
            var rows = new ByteArrayOutputStream();
            queries.stream(
                    where,
                    orders,
                    offset,
                    most + 1,
                    rows,
                    json -> {
                        seen[0]++;
                        return seen[0] > most ? new byte[] {'0'} : selection.apply(json);
                    });
            body = rows;
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
        var bytes = body.toByteArray();
        var answer = Response.ok().header("ETag", tag);
        if (seen[0] > most) {
            // The row too many was written as a single 0 behind a comma.
            bytes = Arrays.copyOf(bytes, most == 0 ? 2 : bytes.length - 2);
            bytes[bytes.length - 1] = ']';
            var next =
                    Base64.getEncoder()
                            .encodeToString(
                                    Json.write(Map.of("limit", most, "offset", offset + most))
                                            .getBytes(StandardCharsets.UTF_8));
            var link = uri.getRequestUriBuilder().replaceQueryParam("after", next).build();
            answer.header(
                    "Link",
                    "<%s?%s>; rel=\"next\"".formatted(link.getRawPath(), link.getRawQuery()));
        }
        return answer.entity(bytes).build();
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

    private static int[] after(String text) {
        try {
            var json =
                    Json.read(new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
            int limit = json.path("limit").asInt(-1);
            int offset = json.path("offset").asInt(-1);
            if (limit < 0 || offset < 0) {
                throw new IllegalArgumentException();
            }
            return new int[] {limit, offset};
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new Invalid("Malformed after cursor, could not be decoded");
        }
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
                        : new BackstageCursor(
                                filter,
                                com.fasterxml.jackson.databind.node.MissingNode.getInstance(),
                                term == null
                                        ? null
                                        : new Text(
                                                term,
                                                termFields.stream()
                                                        .flatMap(f -> Arrays.stream(f.split(",")))
                                                        .map(String::strip)
                                                        .filter(f -> !f.isEmpty())
                                                        .toList()),
                                orderField.isEmpty() ? null : order(orderField.getFirst()),
                                null,
                                null,
                                false,
                                null);
        if (known != null && known.equals(tag(entities.revision(), uri))) {
            return Response.notModified().header("ETag", known).build();
        }
        return page(
                question,
                FieldSelection.of(fields),
                number("limit", limit, DEFAULT_LIMIT),
                number("offset", offset, 0),
                !"exclude".equals(totalItems),
                uri);
    }

    @POST
    @Path("entities/by-query")
    public Response byQuery(String body, @Context UriInfo uri) {
        var json = body(body);
        var orderBy = json.path("orderBy");
        var first = orderBy.isArray() ? orderBy.path(0) : orderBy;
        var text = json.path("fullTextFilter");
        var question =
                json.path("cursor").isTextual()
                        ? BackstageCursor.decode(json.path("cursor").asText())
                        : new BackstageCursor(
                                List.of(),
                                json.path("query"),
                                text.path("term").isTextual()
                                        ? new Text(
                                                text.path("term").asText(),
                                                EntityDocument.strings(text.path("fields")))
                                        : null,
                                first.path("field").isTextual()
                                        ? new Order(
                                                first.path("field").asText(),
                                                first.path("order").asText().equals("desc"))
                                        : null,
                                null,
                                null,
                                false,
                                null);
        return page(
                question,
                FieldSelection.of(EntityDocument.strings(json.path("fields"))),
                number("limit", json.path("limit").asText(null), DEFAULT_LIMIT),
                number("offset", json.path("offset").asText(null), 0),
                !json.path("totalItems").asText("").equals("exclude"),
                uri);
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
        write(out, list, selection);
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

    private static void write(ByteArrayOutputStream out, List<Row> rows, FieldSelection selection) {
        out.write('[');
        for (int i = 0; i < rows.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            out.writeBytes(selection.apply(rows.get(i).json()));
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

    @DELETE
    @Path("entities/by-uid/{uid}")
    @Transactional
    public void delete(@PathParam("uid") String uid) {
        entities.delete(requireUid(uid));
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
        var json = body(body);
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
                        refs.stream().map(BackstageCatalog::normal).distinct().toList(), where);
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

    // ---- facets

    @GET
    @Path("entity-facets")
    public Response facets(
            @QueryParam("facet") List<String> facets, @QueryParam("filter") List<String> filter) {
        return facets(facets, EntityFilter.parse(filter), null);
    }

    @POST
    @Path("entity-facets")
    public Response facets(String body) {
        var json = body(body);
        var text = json.path("fullTextFilter");
        return facets(
                EntityDocument.strings(json.path("facets")),
                EntityFilter.parse(json.path("query")),
                text.path("term").isTextual()
                        ? new Text(
                                text.path("term").asText(),
                                EntityDocument.strings(text.path("fields")))
                        : null);
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

    // ---- locations

    @GET
    @Path("locations")
    public List<Map<String, Locations.Registered>> locations() {
        return locations.all().stream().map(location -> Map.of("data", location)).toList();
    }

    @POST
    @Path("locations/by-query")
    public Map<String, Object> locationsByQuery(String body) {
        var json = body(body);
        int limit = number("limit", json.path("limit").asText(null), DEFAULT_LIMIT);
        int from = 0;
        if (json.path("cursor").isTextual()) {
            from = after(json.path("cursor").asText())[1];
        }
        var query = json.path("query");
        var all =
                locations.all().stream()
                        .filter(
                                location ->
                                        matches(query, "type", location.type())
                                                && matches(query, "target", location.target()))
                        .toList();
        var page = all.stream().skip(from).limit(limit).toList();
        var info = new LinkedHashMap<String, String>();
        if (from + page.size() < all.size() && limit > 0) {
            info.put(
                    "nextCursor",
                    Base64.getEncoder()
                            .encodeToString(
                                    Json.write(Map.of("limit", limit, "offset", from + limit))
                                            .getBytes(StandardCharsets.UTF_8)));
        }
        return Map.of("items", page, "totalItems", all.size(), "pageInfo", info);
    }

    private static boolean matches(JsonNode query, String field, String value) {
        var wanted = query.path(field);
        return !wanted.isTextual() || wanted.asText().equalsIgnoreCase(value);
    }

    @POST
    @Path("locations")
    public Response register(
            String body,
            @QueryParam("dryRun") @Nullable String dryRun,
            @QueryParam("onConflict") @Nullable String onConflict) {
        var json = body(body);
        var type = json.path("type").asText("");
        var target = json.path("target").asText("");
        if (type.isEmpty() || target.isEmpty()) {
            throw new Invalid("Malformed request: type and target are required");
        }
        if (dryRun != null && !dryRun.equals("false") && !dryRun.equals("0")) {
            return Response.status(201).entity(Json.write(dryRun(type, target))).build();
        }
        Locations.Registered location;
        try {
            location = locations.register(type, target);
        } catch (Conflict e) {
            if (!"refresh".equals(onConflict)) {
                throw e;
            }
            location = locations.find(type, target).orElseThrow();
            sources.due(List.of(location.source()));
        }
        locations.readSoon();
        return Response.status(201)
                .entity(Json.write(Map.of("location", location, "entities", List.of())))
                .build();
    }

    private Map<String, Object> dryRun(String type, String target) {
        locations.check(type, target);
        var source = new Sources.Source(0, type, target, false, 0, null, type + ":" + target);
        var reading = reader.read(source);
        if (reading.fault() != null) {
            throw new Invalid(reading.fault().reason());
        }
        var read = new ArrayList<JsonNode>();
        read.add(Ingestion.location(source(type, target)).json());
        for (var document : reading.documents()) {
            if (!document.isGood()) {
                var fault =
                        document.faults().stream().filter(Fault::isError).findFirst().orElseThrow();
                throw new Invalid(
                        "Document %d: %s: %s"
                                .formatted(document.index() + 1, fault.field(), fault.reason()));
            }
            if (document.document() != null) {
                read.add(document.document().json());
            }
        }
        return Map.of(
                "location",
                Map.of("id", UUID.randomUUID(), "type", type, "target", target),
                "entities",
                read,
                "exists",
                locations.find(type, target).isPresent());
    }

    private static Sources.Target source(String type, String target) {
        return new Sources.Target(type, target, false);
    }

    @GET
    @Path("locations/{id}")
    public Locations.Registered location(@PathParam("id") String id) {
        return locations.require(id);
    }

    @PUT
    @Path("locations/{id}")
    public Locations.Registered change(@PathParam("id") String id, String body) {
        var json = body(body);
        var changed =
                locations.change(
                        id, json.path("type").asText("url"), json.path("target").asText(""));
        locations.readSoon();
        return changed;
    }

    @DELETE
    @Path("locations/{id}")
    public void remove(@PathParam("id") String id) {
        locations.remove(id);
    }

    @GET
    @Path("locations/by-entity/{kind}/{namespace}/{name}")
    public Locations.Registered locationOf(
            @PathParam("kind") String kind,
            @PathParam("namespace") String namespace,
            @PathParam("name") String name) {
        var entity = require(kind, namespace, name);
        var origin =
                entity.annotation("backstage.io/managed-by-origin-location").orElse("unknown:");
        var colon = origin.indexOf(':');
        return locations
                .find(origin.substring(0, colon), origin.substring(colon + 1))
                .orElseThrow(
                        () -> new NotFound("Found no location for entity ref " + entity.ref()));
    }

    // ---- checks

    @POST
    @Path("refresh")
    public Response refresh(String body) {
        var ref = body(body).path("entityRef").asText("");
        try {
            sources.dueFor(EntityRef.parse(ref));
        } catch (IllegalArgumentException e) {
            throw new Invalid("Malformed entityRef: " + e.getMessage());
        }
        ingestion.wake();
        return Response.ok().build(); // the client takes no other status for success
    }

    /** An error of {@code validate-entity}. */
    public record EntityError(String name, String message) {}

    @POST
    @Path("validate-entity")
    public Response validate(String body) {
        var json = body(body);
        var errors = new ArrayList<EntityError>();
        if (!json.path("location").asText("").startsWith("url:")) {
            errors.add(
                    new EntityError(
                            "TypeError",
                            "Invalid location ref '%s', expected '<type>:<target>', e.g. 'url:https://host/path'"
                                    .formatted(json.path("location").asText(""))));
        }
        if (!json.path("entity").isObject()) {
            errors.add(new EntityError("InputError", "entity is required"));
        } else {
            for (var fault : EntityRules.check(json.path("entity"))) {
                if (fault.isError()) {
                    errors.add(
                            new EntityError("InputError", fault.field() + ": " + fault.reason()));
                }
            }
        }
        return errors.isEmpty()
                ? Response.ok().build()
                : Response.status(400).entity(Json.write(Map.of("errors", errors))).build();
    }

    @POST
    @Path("analyze-location")
    public Map<String, Object> analyze(String body) {
        var location = body(body).path("location");
        var type = location.path("type").asText("");
        var target = location.path("target").asText("");
        locations.check(type, target);
        var existing = new ArrayList<Map<String, Object>>();
        var source = new Sources.Source(0, type, target, false, 0, null, type + ":" + target);
        for (var document : reader.read(source).documents()) {
            if (document.isGood() && document.document() != null) {
                existing.add(
                        Map.of(
                                "location",
                                Map.of("type", type, "target", target),
                                "isRegistered",
                                locations.find(type, target).isPresent(),
                                "entity",
                                document.document().json()));
            }
        }
        return Map.of("existingEntityFiles", existing, "generateEntities", List.of());
    }

    // ---- shared

    private static ObjectNode body(String text) {
        try {
            if (Json.read(text.isBlank() ? "{}" : text) instanceof ObjectNode object) {
                return object;
            }
            throw new Invalid("Malformed request: expected a JSON object");
        } catch (JsonProcessingException e) {
            throw new Invalid("Malformed request: " + e.getOriginalMessage());
        }
    }

    private static int number(String name, @Nullable String text, int otherwise) {
        if (text == null || text.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below, as for negative numbers.
        }
        throw new Invalid("Invalid %s, expected a number that is zero or more".formatted(name));
    }

    /** Weak: the catalog's revision and the question decide what is answered. */
    private static String tag(long revision, UriInfo uri) {
        var question = String.valueOf(uri.getRequestUri().getRawQuery());
        return "W/\"%x-%x-%x\"".formatted(revision, question.hashCode(), question.length());
    }

    /** Backstage's form of an error. */
    @ServerExceptionMapper
    public Response failed(Problem problem, UriInfo uri, Request request) {
        var name =
                switch (problem.status()) {
                    case 400, 413 -> "InputError";
                    case 403 -> "NotAllowedError";
                    case 404 -> "NotFoundError";
                    case 409 -> "ConflictError";
                    default -> "ServiceUnavailableError";
                };
        var query = uri.getRequestUri().getRawQuery();
        var detail = problem.detail();
        if (problem instanceof Invalid invalid && !invalid.fields().isEmpty()) {
            detail +=
                    invalid.fields().stream()
                            .map(field -> field.name() + ": " + field.reason())
                            .collect(Collectors.joining("; ", " (", ")"));
        }
        return Response.status(problem.status())
                .type(MediaType.APPLICATION_JSON)
                .entity(
                        Json.write(
                                Map.of(
                                        "error",
                                        Map.of("name", name, "message", detail),
                                        "request",
                                        Map.of(
                                                "method",
                                                request.getMethod(),
                                                "url",
                                                uri.getRequestUri().getRawPath()
                                                        + (query == null ? "" : "?" + query)),
                                        "response",
                                        Map.of("statusCode", problem.status()))))
                .build();
    }
}
