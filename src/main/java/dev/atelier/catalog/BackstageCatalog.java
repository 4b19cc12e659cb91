package dev.atelier.catalog;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * Backstage's catalog API, as {@code @backstage/catalog-client} speaks it: same paths, parameters,
 * answers and errors (catalog-backend 3.9). Entities are in {@link BackstageEntities}, locations in
 * {@link BackstageLocations}; what belongs to neither is here.
 */
@Path("/api/catalog")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Backstage catalog")
@Needs(Permission.CATALOG_READ)
public class BackstageCatalog {

    private final Sources sources;
    private final SourceLoop loop;

    BackstageCatalog(Sources sources, SourceLoop loop) {
        this.sources = sources;
        this.loop = loop;
    }

    @Needs(Permission.CATALOG_REFRESH)
    @Limited(Limit.REFRESHES)
    @POST
    @Path("refresh")
    public Response refresh(String body) {
        var ref = Backstage.body(body).path("entityRef").asText("");
        try {
            sources.dueFor(EntityRef.parse(ref));
        } catch (IllegalArgumentException e) {
            throw new Invalid("Malformed entityRef: " + e.getMessage());
        }
        loop.wake();
        return Response.ok().build(); // the client takes no other status for success
    }

    /** An error of {@code validate-entity}. */
    public record EntityError(String name, String message) {}

    @POST
    @Path("validate-entity")
    public Response validate(String body) {
        var json = Backstage.body(body);
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

    /** What {@code @backstage} tools ask for to learn the API; written by hand, held by a test. */
    @GET
    @Path("openapi.json")
    @Operation(hidden = true)
    public byte[] openApi() throws IOException {
        try (var yaml =
                BackstageCatalog.class.getResourceAsStream("/catalog/backstage-openapi.yaml")) {
            return Json.write(new YAMLMapper().readTree(Objects.requireNonNull(yaml)))
                    .getBytes(StandardCharsets.UTF_8);
        }
    }
}
