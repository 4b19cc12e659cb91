package dev.atelier.sharing;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Open;
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
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Asking for access, and answering those who ask. */
@Path("/access")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(
        value = Open.To.SIGNED_IN,
        because = "whoever may not must be able to ask; who may decide is asked for each request")
public class RequestPages {

    @CheckedTemplate(basePath = "sharing")
    static class Templates {
        static native TemplateInstance requests(
                String title,
                List<AccessRequests.AccessRequest> waiting,
                List<AccessRequests.AccessRequest> mine,
                @Nullable String fault);

        static native TemplateInstance ask(Form form, List<Use> uses);
    }

    /** What was typed, and what is wrong with it. */
    public record Form(
            String on, String use, String purpose, String until, @Nullable String fault) {
        public String heading() {
            var ref = Thing.ref(on);
            return on.isEmpty() ? "Ask for access" : "Ask for access to " + Thing.of(ref).name(ref);
        }

        /** The kind of the thing. */
        public String label() {
            return Thing.of(on).label();
        }
    }

    private final AccessRequests requests;

    RequestPages(AccessRequests requests) {
        this.requests = requests;
    }

    @GET
    public TemplateInstance requests() {
        return page(null);
    }

    private TemplateInstance page(@Nullable String fault) {
        var waiting = requests.waiting();
        return Templates.requests(
                switch (waiting.size()) {
                    case 0 -> "No request waits for you";
                    case 1 -> "One request waits for you";
                    default -> waiting.size() + " requests wait for you";
                },
                waiting,
                requests.mine(),
                fault);
    }

    @GET
    @Path("new")
    public TemplateInstance form(@QueryParam("on") @Nullable String on) {
        return form(new Form(typed(on), "", "", "", null));
    }

    private static TemplateInstance form(Form form) {
        return Templates.ask(form, Use.of(Thing.of(form.on)));
    }

    /** The bare name of a model, or the reference of something else. */
    private static String typed(@Nullable String on) {
        var ref = Thing.ref(on);
        return Thing.of(ref).typed(ref);
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response ask(
            @FormParam("on") @Nullable String on,
            @FormParam("use") @Nullable String use,
            @FormParam("purpose") @Nullable String purpose,
            @FormParam("until") @Nullable String until) {
        try {
            requests.ask(
                    Thing.ref(on),
                    Use.of(Thing.of(Thing.ref(on)), use),
                    purpose == null ? "" : purpose,
                    SharingPages.endOf(until));
        } catch (Invalid | Conflict e) {
            return Response.status(422)
                    .entity(
                            form(
                                    new Form(
                                            typed(on),
                                            use == null ? "" : use,
                                            purpose == null ? "" : purpose,
                                            until == null ? "" : until,
                                            e.detail())))
                    .build();
        }
        return Response.seeOther(URI.create("/access#yours")).build();
    }

    @POST
    @Path("{id}/approval")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response approve(
            @PathParam("id") long id,
            @FormParam("until") @Nullable String until,
            @FormParam("answer") @Nullable String answer) {
        requests.approve(id, SharingPages.endOf(until), answer == null ? "" : answer);
        return done();
    }

    @POST
    @Path("{id}/refusal")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response decline(
            @PathParam("id") long id, @FormParam("answer") @Nullable String answer) {
        requests.decline(id, answer == null ? "" : answer);
        return done();
    }

    @POST
    @Path("{id}/withdrawal")
    public Response withdraw(@PathParam("id") long id) {
        requests.withdraw(id);
        return Response.seeOther(URI.create("/access#yours")).build();
    }

    @ServerExceptionMapper({Invalid.class, Conflict.class})
    public Response refused(Problem e) {
        return Response.status(422).type(MediaType.TEXT_HTML_TYPE).entity(page(e.detail())).build();
    }

    private static Response done() {
        return Response.seeOther(URI.create("/access")).build();
    }
}
