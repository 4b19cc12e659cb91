package dev.atelier.notifications;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** The star button of every entity. One form serves all buttons of a page. */
@Path("/stars")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class StarPages {

    private final Stars stars;
    private final Caller caller;

    StarPages(Stars stars, Caller caller) {
        this.stars = stars;
        this.caller = caller;
    }

    /**
     * Gives or takes a star.
     *
     * @param star reference to follow
     * @param unstar reference not to follow any more
     */
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response set(
            @FormParam("star") @Nullable String star,
            @FormParam("unstar") @Nullable String unstar,
            @HeaderParam("HX-Request") @Nullable String htmx,
            @HeaderParam("Referer") @Nullable String referer) {
        var subject = caller.signedIn();
        if (star != null) {
            stars.give(subject, star);
        } else if (unstar != null) {
            stars.take(subject, unstar);
        } else {
            throw new Invalid("Say what to follow: star=model:default/churn");
        }
        return htmx == null
                ? Response.seeOther(Back.to(referer, "/catalog")).build()
                : Response.noContent().build();
    }
}
