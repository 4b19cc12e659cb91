package dev.atelier.models;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;

/** The answers to those who ask for a promotion. */
@Path("/models/{model}/promotions/{id}")
@Produces(MediaType.TEXT_HTML)
@Consumes(MediaType.APPLICATION_FORM_URLENCODED)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_ALIAS, model = "model")
public class PromotionRequestPages {

    private final Promotions promotions;

    PromotionRequestPages(Promotions promotions) {
        this.promotions = promotions;
    }

    @POST
    @Path("approval")
    public Response approve(
            @PathParam("model") String model,
            @PathParam("id") long id,
            @RestForm @Nullable String reason) {
        return to(promotions.approve(model, id, reason));
    }

    @POST
    @Path("refusal")
    public Response decline(
            @PathParam("model") String model,
            @PathParam("id") long id,
            @RestForm @Nullable String reason) {
        return to(promotions.decline(model, id, reason));
    }

    @POST
    @Path("withdrawal")
    public Response withdraw(@PathParam("model") String model, @PathParam("id") long id) {
        return to(promotions.withdraw(model, id));
    }

    private static Response to(PromotionRequest request) {
        return Response.seeOther(URI.create(request.address())).build();
    }
}
