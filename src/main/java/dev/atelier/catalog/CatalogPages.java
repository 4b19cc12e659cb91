package dev.atelier.catalog;

import dev.atelier.platform.problems.NotFound;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;

/** The catalog for people. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class CatalogPages {

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance entity(EntityShell shell);

        static native TemplateInstance source(EntityShell shell, String text);
    }

    private final Entities entities;
    private final EntityShells shells;

    CatalogPages(Entities entities, EntityShells shells) {
        this.entities = entities;
        this.shells = shells;
    }

    @GET
    @Path("{namespace}/{kind}/{name}")
    public Response entity(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        var home = shells.home(entity);
        if (!home.equals(entity.address())) {
            return Response.seeOther(URI.create(home)).build();
        }
        return Response.ok(Templates.entity(shells.shell(entity, home))).build();
    }

    @GET
    @Path("{namespace}/{kind}/{name}/source")
    public TemplateInstance source(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        return Templates.source(
                shells.shell(entity, entity.address() + "/source"), Json.pretty(entity.json()));
    }

    private Entity require(String namespace, String kind, String name) {
        var ref = new EntityRef(kind, namespace, name);
        return entities.find(ref)
                .orElseThrow(() -> new NotFound("The catalog has no " + ref + "."));
    }
}
