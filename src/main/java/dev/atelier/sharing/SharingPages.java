package dev.atelier.sharing;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.identity.Resource;
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
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tab of a model where one reads, and its owner decides, who may use it. */
@Path("/models/{model}/access")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class SharingPages {

    @CheckedTemplate(basePath = "sharing")
    static class Templates {
        static native TemplateInstance access(
                EntityShell shell,
                Sharing.View view,
                List<Resource.Visibility> visibilities,
                List<Use> uses,
                @Nullable String fault);
    }

    private final Entities entities;
    private final EntityShells shells;
    private final Sharing sharing;
    private final Policies policies;
    private final Holders holders;

    SharingPages(
            Entities entities,
            EntityShells shells,
            Sharing sharing,
            Policies policies,
            Holders holders) {
        this.entities = entities;
        this.shells = shells;
        this.sharing = sharing;
        this.policies = policies;
        this.holders = holders;
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    public TemplateInstance access(@PathParam("model") String model) {
        return page(model, null);
    }

    private TemplateInstance page(String model, @Nullable String fault) {
        var ref = EntityRef.of("model", model);
        var entity = entities.find(ref).orElseThrow(() -> Resource.unknown(Resource.model(model)));
        return Templates.access(
                shells.shell(entity, SharingTab.address(entity)),
                sharing.view(ref.toString()),
                Arrays.asList(Resource.Visibility.values()),
                Use.of(Thing.MODEL),
                fault);
    }

    @Needs(value = Permission.MODEL_SHARE, model = "model")
    @POST
    @Path("visibility")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response show(
            @PathParam("model") String model,
            @FormParam("visibility") @Nullable String visibility) {
        policies.show(sharing.existing(model), visibility(visibility));
        return back(model, "who");
    }

    static Resource.Visibility visibility(@Nullable String id) {
        return Arrays.stream(Resource.Visibility.values())
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new Invalid(
                                        "A thing is shown to company, team or restricted.",
                                        List.of(
                                                new Invalid.Field(
                                                        "visibility", "is none of them"))));
    }

    @Needs(value = Permission.MODEL_SHARE, model = "model")
    @POST
    @Path("grants")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response grant(
            @PathParam("model") String model,
            @FormParam("holder") @Nullable String holder,
            @FormParam("use") @Nullable String use,
            @FormParam("until") @Nullable String until,
            @FormParam("reason") @Nullable String reason) {
        var ref = sharing.existing(model);
        try {
            policies.grant(
                    ref,
                    holders.named(holder == null ? "" : holder),
                    Use.of(Thing.MODEL, use).permissions(),
                    reason == null ? "" : reason.strip(),
                    endOf(until));
        } catch (Invalid e) {
            return Response.status(422).entity(page(model, e.detail())).build();
        }
        return back(model, "who");
    }

    /**
     * The end of a day in UTC; null when none is given.
     *
     * @throws Invalid when it is no day
     */
    static @Nullable Instant endOf(@Nullable String day) {
        if (day == null || day.isBlank()) {
            return null;
        }
        try {
            return LocalDate.parse(day.strip())
                    .plusDays(1)
                    .atStartOfDay(ZoneOffset.UTC)
                    .toInstant();
        } catch (DateTimeParseException e) {
            throw new Invalid(
                    "\"%s\" is no day; write it as 2027-03-31.".formatted(day.strip()),
                    List.of(new Invalid.Field("until", "is no day")));
        }
    }

    @Needs(value = Permission.MODEL_SHARE, model = "model")
    @POST
    @Path("revocation")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response revoke(
            @PathParam("model") String model, @FormParam("holder") @Nullable String holder) {
        policies.revoke(sharing.existing(model), holder == null ? "" : holder);
        return back(model, "who");
    }

    private static Response back(String model, String part) {
        return Response.seeOther(
                        URI.create(
                                "/models/%s/access#%s"
                                        .formatted(EntityRef.of("model", model).name(), part)))
                .build();
    }
}
