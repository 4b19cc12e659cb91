package dev.atelier.catalog;

import dev.atelier.catalog.Problems.Place;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.web.Ago;
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
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Registered locations, for people. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class LocationPages {

    /**
     * @param detail when it was read, or what to do
     * @param address of its entity
     */
    record LocationView(
            String id, String target, String address, String state, String word, String detail) {}

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance locations(
                List<LocationView> locations,
                boolean readonly,
                String target,
                @Nullable String error);
    }

    private final Locations locations;
    private final Problems problems;
    private final SourceLoop loop;

    LocationPages(Locations locations, Problems problems, SourceLoop loop) {
        this.locations = locations;
        this.problems = problems;
        this.loop = loop;
    }

    @GET
    @Path("locations")
    @Operation(hidden = true)
    public TemplateInstance locations() {
        return Templates.locations(registered(), locations.isReadonly(), "", null);
    }

    @Needs(Permission.CATALOG_REGISTER)
    @Limited(Limit.LOCATIONS)
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
                    .entity(
                            Templates.locations(
                                    registered(),
                                    locations.isReadonly(),
                                    target,
                                    ((Problem) e).detail()))
                    .build();
        }
        loop.wake();
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
        var places = new HashMap<String, Place>();
        problems.places().forEach(place -> places.put(place.location(), place));
        var now = Instant.now();
        return locations.all().stream()
                .map(location -> view(location, places.get(location.source().toString()), now))
                .toList();
    }

    private static LocationView view(
            Locations.Registered location, @Nullable Place place, Instant now) {
        var worst =
                place == null
                        ? Optional.<Problems.Problem>empty()
                        : place.problems().stream()
                                .filter(Problems.Problem::isError)
                                .min(Comparator.comparing(p -> p.document() != null));
        if (worst.isPresent()) {
            return view(location, "fail", worst.get().reason(), worst.get().remedy());
        }
        var read = place == null ? null : place.read();
        if (place == null || read == null) {
            return view(location, "wait", "Not read yet", "It is read within seconds.");
        }
        return view(
                location,
                place.documents() == 0 ? "warn" : "ok",
                place.documents() == 1
                        ? "1 document"
                        : "%,d documents".formatted(place.documents()),
                "read " + Ago.of(read, now));
    }

    private static LocationView view(
            Locations.Registered location, String state, String word, String detail) {
        return new LocationView(
                location.id().toString(),
                location.target(),
                Ingestion.location(location.source()).ref().address(),
                state,
                word,
                detail);
    }
}
