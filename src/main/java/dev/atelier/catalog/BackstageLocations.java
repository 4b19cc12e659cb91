package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The locations of {@link BackstageCatalog}. */
@Path("/api/catalog")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Backstage catalog")
@Needs(Permission.CATALOG_READ)
public class BackstageLocations {

    private final Locations locations;
    private final Entities entities;
    private final Sources sources;
    private final SourceReader reader;
    private final SourceLoop loop;

    BackstageLocations(
            Locations locations,
            Entities entities,
            Sources sources,
            SourceReader reader,
            SourceLoop loop) {
        this.locations = locations;
        this.entities = entities;
        this.sources = sources;
        this.reader = reader;
        this.loop = loop;
    }

    @GET
    @Path("locations")
    public List<Map<String, Locations.Registered>> locations() {
        return locations.all().stream().map(location -> Map.of("data", location)).toList();
    }

    @POST
    @Path("locations/by-query")
    public Map<String, Object> locationsByQuery(String body) {
        var json = Backstage.body(body);
        int limit =
                Backstage.number("limit", json.path("limit").asText(null), Backstage.DEFAULT_LIMIT);
        int from = 0;
        if (json.path("cursor").isTextual()) {
            from = Backstage.Place.decode(json.path("cursor").asText()).offset();
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
            info.put("nextCursor", new Backstage.Place(limit, from + limit).encode());
        }
        return Map.of("items", page, "totalItems", all.size(), "pageInfo", info);
    }

    private static boolean matches(JsonNode query, String field, String value) {
        var wanted = query.path(field);
        return !wanted.isTextual() || wanted.asText().equalsIgnoreCase(value);
    }

    @Needs(Permission.CATALOG_REGISTER)
    @Limited(Limit.LOCATIONS)
    @POST
    @Path("locations")
    public Response register(
            String body,
            @QueryParam("dryRun") @Nullable String dryRun,
            @QueryParam("onConflict") @Nullable String onConflict) {
        var json = Backstage.body(body);
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
            location = locations.find(type, target).orElseThrow(() -> e);
            sources.due(List.of(location.source()));
        }
        loop.wake();
        return Response.status(201)
                .entity(Json.write(Map.of("location", location, "entities", List.of())))
                .build();
    }

    private Map<String, Object> dryRun(String type, String target) {
        locations.check(type, target);
        var source = Sources.Source.unsaved(type, target);
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

    @Needs(Permission.CATALOG_REGISTER)
    @Limited(Limit.LOCATIONS)
    @PUT
    @Path("locations/{id}")
    public Locations.Registered change(@PathParam("id") String id, String body) {
        var json = Backstage.body(body);
        var changed =
                locations.change(
                        id, json.path("type").asText("url"), json.path("target").asText(""));
        loop.wake();
        return changed;
    }

    @Needs(Permission.CATALOG_REMOVE)
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
        var entity =
                entities.find(new EntityRef(kind, namespace, name))
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "Found no location for entity ref %s:%s/%s"
                                                        .formatted(kind, namespace, name)));
        var origin =
                entity.annotation("backstage.io/managed-by-origin-location").orElse("unknown:");
        var colon = origin.indexOf(':');
        return locations
                .find(origin.substring(0, colon), origin.substring(colon + 1))
                .orElseThrow(
                        () -> new NotFound("Found no location for entity ref " + entity.ref()));
    }

    @Needs(Permission.CATALOG_REGISTER)
    @Limited(Limit.LOCATIONS)
    @POST
    @Path("analyze-location")
    public Map<String, Object> analyze(String body) {
        var location = Backstage.body(body).path("location");
        var type = location.path("type").asText("");
        var target = location.path("target").asText("");
        locations.check(type, target);
        var existing = new ArrayList<Map<String, Object>>();
        var source = Sources.Source.unsaved(type, target);
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
}
