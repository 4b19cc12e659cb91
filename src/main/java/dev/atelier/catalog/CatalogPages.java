package dev.atelier.catalog;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.notifications.Stars;
import dev.atelier.platform.problems.NotFound;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The catalog for people. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class CatalogPages {

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance catalog(
                CatalogList.Result result, List<SavedFilters.Saved> saved);

        static native TemplateInstance entity(EntityShell shell, EntityOverview.Content content);

        static native TemplateInstance source(EntityShell shell, String text);
    }

    private final Entities entities;
    private final EntityShells shells;
    private final EntityOverview overview;
    private final CatalogList list;
    private final Sources sources;
    private final SourceLoop loop;
    private final SavedFilters filters;
    private final Stars stars;
    private final Caller caller;

    CatalogPages(
            Entities entities,
            EntityShells shells,
            EntityOverview overview,
            CatalogList list,
            Sources sources,
            SourceLoop loop,
            SavedFilters filters,
            Stars stars,
            Caller caller) {
        this.entities = entities;
        this.shells = shells;
        this.overview = overview;
        this.list = list;
        this.sources = sources;
        this.loop = loop;
        this.filters = filters;
        this.stars = stars;
        this.caller = caller;
    }

    @GET
    @Operation(hidden = true)
    public TemplateInstance catalog(
            @QueryParam("q") @Nullable String q,
            @QueryParam("kind") List<String> kind,
            @QueryParam("type") List<String> type,
            @QueryParam("lifecycle") List<String> lifecycle,
            @QueryParam("owner") List<String> owner,
            @QueryParam("tag") List<String> tag,
            @QueryParam("starred") @Nullable String starred,
            @QueryParam("sort") @Nullable String sort,
            @QueryParam("after") @Nullable String after) {
        var words = q == null ? "" : q.strip();
        return Templates.catalog(
                list.ask(
                        new CatalogQuestion(
                                words.length() > 200 ? words.substring(0, 200) : words,
                                kind,
                                type,
                                lifecycle,
                                owner,
                                tag,
                                "true".equals(starred)
                                        ? List.copyOf(stars.of(caller.signedIn()))
                                        : null,
                                "changed".equals(sort) ? "changed" : "name",
                                after == null || after.isEmpty() ? null : after)),
                filters.of(caller.signedIn()));
    }

    @GET
    @Path("{namespace}/{kind}/{name}")
    @Operation(hidden = true)
    public Response entity(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        var home = shells.home(entity);
        if (!home.equals(entity.address())) {
            return Response.seeOther(URI.create(home)).build();
        }
        return Response.ok(Templates.entity(shells.shell(entity, home), overview.of(entity)))
                .build();
    }

    @GET
    @Path("{namespace}/{kind}/{name}/relations")
    @Operation(hidden = true)
    public TemplateInstance relations(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        return Templates.entity(
                shells.shell(entity, entity.address() + "/relations"), overview.of(entity));
    }

    @GET
    @Path("{namespace}/{kind}/{name}/source")
    @Operation(hidden = true)
    public TemplateInstance source(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        return Templates.source(
                shells.shell(entity, entity.address() + "/source"),
                EntityYaml.write(entity.json()));
    }

    @Needs(Permission.CATALOG_REFRESH)
    @Limited(Limit.REFRESHES)
    @POST
    @Path("{namespace}/{kind}/{name}/refresh")
    @Operation(hidden = true)
    public Response refresh(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        sources.dueFor(entity.ref());
        loop.wake();
        return Response.seeOther(URI.create(entity.address())).build();
    }

    private Entity require(String namespace, String kind, String name) {
        var ref = new EntityRef(kind, namespace, name);
        return entities.find(ref)
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "The catalog has no %s. It may have been renamed or removed; the search finds near names."
                                                .formatted(ref)));
    }
}
