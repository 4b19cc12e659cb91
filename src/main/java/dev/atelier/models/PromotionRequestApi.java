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
import org.jspecify.annotations.Nullable;

/** Answers to those who ask for a promotion. */
@Path("/api/v1/models/{name}/promotions/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_ALIAS, model = "name")
public class PromotionRequestApi {

    /** What whoever decides writes. */
    public record Word(@Nullable String reason) {}

    private final Promotions promotions;

    PromotionRequestApi(Promotions promotions) {
        this.promotions = promotions;
    }

    @POST
    @Path("approval")
    public PromotionApi.RequestAnswer approve(
            @PathParam("name") String name, @PathParam("id") long id, @Nullable Word word) {
        return PromotionApi.RequestAnswer.of(promotions.approve(name, id, reason(word)));
    }

    @POST
    @Path("refusal")
    public PromotionApi.RequestAnswer decline(
            @PathParam("name") String name, @PathParam("id") long id, @Nullable Word word) {
        return PromotionApi.RequestAnswer.of(promotions.decline(name, id, reason(word)));
    }

    @POST
    @Path("withdrawal")
    public PromotionApi.RequestAnswer withdraw(
            @PathParam("name") String name, @PathParam("id") long id) {
        return PromotionApi.RequestAnswer.of(promotions.withdraw(name, id));
    }

    private static @Nullable String reason(@Nullable Word word) {
        return word == null ? null : word.reason;
    }
}
