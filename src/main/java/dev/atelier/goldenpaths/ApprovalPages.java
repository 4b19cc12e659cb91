package dev.atelier.goldenpaths;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Answers of people to tasks that wait for them; asked for on the page of the task. */
@Path("/tasks/{id}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.TASK_APPROVE)
public class ApprovalPages {

    private final Approvals approvals;

    ApprovalPages(Approvals approvals) {
        this.approvals = approvals;
    }

    @POST
    @Path("approval")
    public Response approve(
            @PathParam("id") String id, @FormParam("answer") @Nullable String answer) {
        return decide(id, true, answer);
    }

    @POST
    @Path("refusal")
    public Response decline(
            @PathParam("id") String id, @FormParam("answer") @Nullable String answer) {
        return decide(id, false, answer);
    }

    private Response decide(String id, boolean approves, @Nullable String answer) {
        approvals.decide(id, approves, answer == null ? "" : answer);
        return Response.seeOther(URI.create("/tasks/" + id)).build();
    }
}
