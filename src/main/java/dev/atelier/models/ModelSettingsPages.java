package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
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
import org.jspecify.annotations.Nullable;

/** The tab of a model where it is renamed and deleted. */
@Path("/models/{model}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_REGISTER, model = "model")
public class ModelSettingsPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance settings(EntityShell shell, Settings page);
    }

    /**
     * Everything on the tab.
     *
     * @param described whether a catalog file describes it, so that nothing changes here
     * @param fault why nothing was changed; null when nothing was tried
     */
    public record Settings(String address, Model model, boolean described, @Nullable String fault) {
        public String called() {
            return model.called();
        }

        public int versions() {
            return model.count();
        }
    }

    private final Models models;
    private final Renaming renaming;
    private final ModelDeletion deletion;
    private final Publication publication;
    private final Entities entities;
    private final EntityShells shells;

    ModelSettingsPages(
            Models models,
            Renaming renaming,
            ModelDeletion deletion,
            Publication publication,
            Entities entities,
            EntityShells shells) {
        this.models = models;
        this.renaming = renaming;
        this.deletion = deletion;
        this.publication = publication;
        this.entities = entities;
        this.shells = shells;
    }

    @GET
    @Path("settings")
    public TemplateInstance settings(@PathParam("model") String name) {
        return page(models.get(name), null);
    }

    private TemplateInstance page(Model model, @Nullable String fault) {
        var entity =
                entities.find(EntityRef.of("model", model.name()))
                        .orElseThrow(() -> Resource.unknown(Resource.model(model.name())));
        var address = ModelTabs.address(entity);
        return Templates.settings(
                shells.shell(entity, address + "/settings"),
                new Settings(address, model, publication.isDescribed(model.name()), fault));
    }

    @POST
    @Path("name")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response rename(
            @PathParam("model") String name, @FormParam("name") @Nullable String called) {
        var model = models.get(name);
        try {
            var renamed = renaming.rename(model, called == null ? "" : called.strip());
            return Response.seeOther(URI.create("/models/" + renamed.name() + "/settings")).build();
        } catch (Invalid | Conflict e) {
            return Response.status(422).entity(page(model, e.detail())).build();
        }
    }

    /**
     * @param typed the model's name, so that nobody deletes another one than they mean
     */
    @POST
    @Path("deletion")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response delete(
            @PathParam("model") String name, @FormParam("typed") @Nullable String typed) {
        var model = models.get(name);
        if (typed == null || !typed.strip().equals(model.called())) {
            return Response.status(422)
                    .entity(
                            page(
                                    model,
                                    "Type the name of the model, %s, to delete it."
                                            .formatted(model.called())))
                    .build();
        }
        try {
            deletion.delete(model.name());
            return Response.seeOther(URI.create("/deleted-models")).build();
        } catch (Conflict | Denied e) {
            return Response.status(422).entity(page(model, e.detail())).build();
        }
    }
}
