package dev.atelier.catalog;

import dev.atelier.identity.Caller;
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
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Saved filters of the catalog: keep one, find them again, rename and remove them. */
@Path("/catalog/filters")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class FilterPages {

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance filters(View view);
    }

    /**
     * What the page draws.
     *
     * @param query the question to keep; empty when none is
     * @param words what it asks for
     * @param name as typed before
     * @param fault why the last form was not taken
     */
    public record View(
            String query,
            List<String> words,
            String name,
            List<String> teams,
            List<SavedFilters.Saved> saved,
            @Nullable String fault) {}

    private final SavedFilters filters;
    private final Caller caller;

    FilterPages(SavedFilters filters, Caller caller) {
        this.filters = filters;
        this.caller = caller;
    }

    /** Those that there are and, with a question in the address, a form that keeps it. */
    @GET
    @Operation(hidden = true)
    public TemplateInstance filters(@Context UriInfo address) {
        var query = address.getRequestUri().getRawQuery();
        return Templates.filters(view(CatalogQuestion.parse(query == null ? "" : query), "", null));
    }

    private View view(CatalogQuestion question, String name, @Nullable String fault) {
        var subject = caller.signedIn();
        var words = new ArrayList<String>();
        if (!question.q().isBlank()) {
            words.add("\u201c" + question.q() + "\u201d");
        }
        if (question.isStarred()) {
            words.add("starred");
        }
        question.facets()
                .forEach(
                        (facet, values) ->
                                values.forEach(value -> words.add(facet + ": " + value)));
        if (!question.sort().equals("name")) {
            words.add("recently changed first");
        }
        return new View(
                question.query(),
                words,
                name,
                subject.teams().stream().sorted().toList(),
                filters.of(subject),
                fault);
    }

    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response save(
            @FormParam("name") @Nullable String name,
            @FormParam("team") @Nullable String team,
            @FormParam("query") @Nullable String query) {
        var question = CatalogQuestion.parse(Objects.requireNonNullElse(query, ""));
        var typed = Objects.requireNonNullElse(name, "");
        try {
            var saved =
                    filters.save(
                            caller.signedIn(),
                            typed,
                            team == null || team.isEmpty() ? null : team,
                            question);
            return Response.seeOther(URI.create(saved.address())).build();
        } catch (Invalid | Conflict e) {
            return refused(question, typed, e);
        }
    }

    private Response refused(CatalogQuestion question, String name, Problem e) {
        return Response.status(422)
                .entity(Templates.filters(view(question, name, e.detail())))
                .build();
    }

    /** Opens one: an address that stays when its question changes its words. */
    @GET
    @Path("{id}")
    @Operation(hidden = true)
    public Response open(@PathParam("id") long id) {
        return Response.seeOther(URI.create(filters.get(caller.signedIn(), id).address())).build();
    }

    @POST
    @Path("{id}/name")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response rename(@PathParam("id") long id, @FormParam("name") @Nullable String name) {
        try {
            filters.rename(caller.signedIn(), id, Objects.requireNonNullElse(name, ""));
        } catch (Invalid | Conflict e) {
            return refused(CatalogQuestion.parse(""), "", e);
        }
        return Response.seeOther(URI.create("/catalog/filters")).build();
    }

    @POST
    @Path("{id}/removal")
    @Operation(hidden = true)
    public Response remove(@PathParam("id") long id) {
        filters.remove(caller.signedIn(), id);
        return Response.seeOther(URI.create("/catalog/filters")).build();
    }
}
