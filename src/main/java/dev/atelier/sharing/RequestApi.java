package dev.atelier.sharing;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Open;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Asking for access, and answering those who ask, for programs. */
@Path("/api/v1/access-requests")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Tag(name = "Access")
@Open(
        value = Open.To.SIGNED_IN,
        because = "whoever may not must be able to ask; who may decide is asked for each request")
public class RequestApi {

    /**
     * @param on name of a model, or the reference of an experiment ({@code experiment:default/7})
     *     or repository ({@code repository:default/vision/churn})
     * @param use see, try, call, download or change; of an experiment follow or record; of a
     *     repository clone or push
     */
    public record Question(
            @Nullable String on,
            @Nullable String use,
            @Nullable String purpose,
            @Nullable Instant until) {}

    public record Decision(@Nullable String answer, @Nullable Instant until) {}

    /** A request for access. */
    public record RequestAnswer(
            long id,
            String resource,
            String asker,
            Set<String> permissions,
            String purpose,
            @Nullable Instant until,
            String state,
            Instant askedAt,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy,
            @Nullable String answer) {

        static RequestAnswer of(AccessRequests.AccessRequest request) {
            return new RequestAnswer(
                    request.id(),
                    request.resource(),
                    request.asker(),
                    SharingApi.ids(request.permissions()),
                    request.purpose(),
                    request.until(),
                    request.state().name().toLowerCase(Locale.ROOT),
                    request.askedAt(),
                    request.decidedAt(),
                    request.decidedBy(),
                    request.answer());
        }
    }

    private final AccessRequests requests;

    RequestApi(AccessRequests requests) {
        this.requests = requests;
    }

    /**
     * @param to {@code decide}: those that wait for the caller; else the caller's own
     */
    @GET
    public List<RequestAnswer> requests(@QueryParam("to") @Nullable String to) {
        return ("decide".equals(to) ? requests.waiting() : requests.mine())
                .stream().map(RequestAnswer::of).toList();
    }

    @Limited(Limit.REQUESTS)
    @POST
    public Response ask(@Nullable Question question) {
        if (question == null || question.on() == null) {
            throw new Invalid("Send {\"on\": …, \"use\": …, \"purpose\": …}.");
        }
        var made =
                requests.ask(
                        Thing.ref(question.on()),
                        Use.of(Thing.of(Thing.ref(question.on())), question.use()),
                        question.purpose() == null ? "" : question.purpose(),
                        question.until());
        return Response.created(URI.create("/api/v1/access-requests/" + made.id()))
                .entity(RequestAnswer.of(made))
                .build();
    }

    @POST
    @Path("{id}/approval")
    public RequestAnswer approve(@PathParam("id") long id, @Nullable Decision decision) {
        return RequestAnswer.of(
                requests.approve(id, decision == null ? null : decision.until(), answer(decision)));
    }

    @POST
    @Path("{id}/refusal")
    public RequestAnswer decline(@PathParam("id") long id, @Nullable Decision decision) {
        return RequestAnswer.of(requests.decline(id, answer(decision)));
    }

    private static String answer(@Nullable Decision decision) {
        return decision == null || decision.answer() == null ? "" : decision.answer();
    }

    @DELETE
    @Path("{id}")
    public void withdraw(@PathParam("id") long id) {
        requests.withdraw(id);
    }
}
