package dev.atelier.goldenpaths;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Tasks that wait for somebody's word, for programs. */
@Path("/api/v1/tasks")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.TASK_APPROVE)
@Tag(name = "Golden paths")
public class ApprovalApi {

    /** What whoever decides writes. */
    public record Word(@Nullable String reason) {}

    private final Approvals approvals;

    ApprovalApi(Approvals approvals) {
        this.approvals = approvals;
    }

    @GET
    @Path("approvals")
    @Operation(summary = "Tasks that wait for your approval")
    public List<Approvals.Waiting> waiting() {
        return approvals.waiting();
    }

    @POST
    @Path("{id}/approval")
    @Operation(summary = "Approve what a task waits for")
    public void approve(@PathParam("id") String id, @Nullable Word word) {
        approvals.decide(id, true, text(word));
    }

    @POST
    @Path("{id}/refusal")
    @Operation(summary = "Decline what a task waits for; the reason is needed")
    public void decline(@PathParam("id") String id, @Nullable Word word) {
        approvals.decide(id, false, text(word));
    }

    private static String text(@Nullable Word word) {
        return word == null || word.reason == null ? "" : word.reason;
    }
}
