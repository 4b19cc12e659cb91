package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Where a version comes from, and how to make it again. */
@Path("/models/{model}/versions/{version}/lineage")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class LineagePages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance lineage(
                EntityShell shell, ModelVersion version, VersionLineage shown);
    }

    private final Versions versions;
    private final VersionOrigins origins;
    private final Entities entities;
    private final EntityShells shells;

    LineagePages(
            Versions versions, VersionOrigins origins, Entities entities, EntityShells shells) {
        this.versions = versions;
        this.origins = origins;
        this.entities = entities;
        this.shells = shells;
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    public TemplateInstance lineage(
            @PathParam("model") String model, @PathParam("version") String number) {
        var version = versions.find(model, number);
        var entity =
                entities.find(EntityRef.of("model", version.model()))
                        .orElseThrow(() -> Resource.unknown(Resource.model(model)));
        return Templates.lineage(
                shells.shell(entity, ModelTabs.address(entity) + "/versions"),
                version,
                origins.of(version));
    }
}
