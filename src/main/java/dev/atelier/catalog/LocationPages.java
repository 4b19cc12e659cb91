package dev.atelier.catalog;

import dev.atelier.catalog.Problems.Place;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Registered locations, for people. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class LocationPages {

    record LocationView(String id, String target, String state, String word) {}

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance locations(
                List<LocationView> locations, String target, @Nullable String error);
    }

    private final Locations locations;
    private final Problems problems;
    private final Ingestion ingestion;

    LocationPages(Locations locations, Problems problems, Ingestion ingestion) {
        this.locations = locations;
        this.problems = problems;
        this.ingestion = ingestion;
    }

    @GET
    @Path("locations")
    @Operation(hidden = true)
    public TemplateInstance locations() {
        return Templates.locations(registered(), "", null);
    }

    @Needs(Permission.CATALOG_REGISTER)
    @POST
    @Path("locations")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response register(@FormParam("target") @Nullable String given) {
        var target = given == null ? "" : given.strip();
        try {
            if (target.isEmpty()) {
                throw new Invalid("Enter the address of a file.");
            }
            locations.register("url", target);
        } catch (Invalid | Conflict e) {
            return Response.status(422)
                    .entity(Templates.locations(registered(), target, ((Problem) e).detail()))
                    .build();
        }
        ingestion.wake();
        return Response.seeOther(URI.create("/catalog/locations")).build();
    }

    @Needs(Permission.CATALOG_REMOVE)
    @POST
    @Path("locations/{id}/removal")
    @Operation(hidden = true)
    public Response remove(@PathParam("id") String id) {
        locations.remove(id);
        return Response.seeOther(URI.create("/catalog/locations")).build();
    }

    private List<LocationView> registered() {
        var places = problems.places();
        return locations.all().stream()
                .map(
                        location ->
                                places.stream()
                                        .filter(
                                                p ->
                                                        p.location()
                                                                .equals(
                                                                        location.source()
                                                                                .toString()))
                                        .findFirst()
                                        .map(place -> view(location, place))
                                        .orElseGet(() -> waiting(location)))
                .toList();
    }

    private static LocationView view(Locations.Registered location, Place place) {
        if (place.errors() > 0) {
            return new LocationView(
                    location.id().toString(),
                    location.target(),
                    "fail",
                    place.problems().getFirst().reason());
        }
        return place.read() == null
                ? waiting(location)
                : new LocationView(
                        location.id().toString(),
                        location.target(),
                        "ok",
                        "%d documents".formatted(place.documents()));
    }

    private static LocationView waiting(Locations.Registered location) {
        return new LocationView(
                location.id().toString(), location.target(), "wait", "Not read yet");
    }
}
