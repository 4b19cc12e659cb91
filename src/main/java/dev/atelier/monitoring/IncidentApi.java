package dev.atelier.monitoring;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Incidents, for scripts. */
@Path("/api/v1/monitoring/incidents")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.MODEL_READ)
public class IncidentApi {

    private static final int MOST = 500;

    /**
     * @param state {@code open} or {@code closed}
     */
    public record Answer(
            long id,
            String model,
            int version,
            String kind,
            String severity,
            String state,
            String title,
            String cause,
            Instant since,
            Instant openedAt,
            @Nullable Instant closedAt,
            @Nullable String acknowledgedBy,
            @Nullable String assignee,
            @Nullable Instant mutedUntil,
            List<Incident.Site> sites,
            String url) {
        static Answer of(Incident one) {
            return new Answer(
                    one.id(),
                    one.model(),
                    one.version(),
                    one.kind().id(),
                    one.severity().id(),
                    one.open() ? "open" : "closed",
                    one.title(),
                    one.cause(),
                    one.since(),
                    one.openedAt(),
                    one.closedAt(),
                    one.acknowledgedBy(),
                    one.assignee(),
                    one.mutedUntil(),
                    one.sites(),
                    one.address());
        }
    }

    public record Listing(List<Answer> incidents) {}

    public record Word(@Nullable String reason) {}

    public record Text(@Nullable String text) {}

    /**
     * @param assignee name of an account; null for nobody
     */
    public record Assignment(@Nullable String assignee) {}

    /**
     * @param until null to hear of it again
     */
    public record Mute(@Nullable Instant until) {}

    private final Incidents incidents;
    private final Handling handling;
    private final Sight sight;

    IncidentApi(Incidents incidents, Handling handling, Sight sight) {
        this.incidents = incidents;
        this.handling = handling;
        this.sight = sight;
    }

    /** The open ones first, then the newest. */
    @GET
    public Listing list(
            @QueryParam("model") @Nullable String model,
            @QueryParam("state") @Nullable String state) {
        return new Listing(
                incidents
                        .list(
                                model == null || model.isBlank() ? null : model,
                                open(state),
                                sight.blind().closed(),
                                MOST)
                        .stream()
                        .map(Answer::of)
                        .toList());
    }

    private static @Nullable Boolean open(@Nullable String state) {
        if (state == null || state.isBlank()) {
            return null;
        }
        return switch (state.toLowerCase(Locale.ROOT)) {
            case "open" -> true;
            case "closed" -> false;
            default ->
                    throw new Invalid(
                            "state is open or closed.",
                            List.of(new Invalid.Field("state", "is neither")));
        };
    }

    @GET
    @Path("/{id}")
    public Answer get(@PathParam("id") long id) {
        return Answer.of(handling.see(id));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/acknowledgement")
    public Answer acknowledge(@PathParam("id") long id) {
        return Answer.of(handling.acknowledge(id));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @PUT
    @Path("/{id}/assignee")
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer assign(@PathParam("id") long id, @Nullable Assignment given) {
        return Answer.of(handling.assign(id, given == null ? null : given.assignee));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @PUT
    @Path("/{id}/mute")
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer mute(@PathParam("id") long id, @Nullable Mute given) {
        return Answer.of(handling.mute(id, given == null ? null : given.until));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/acceptance")
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer accept(@PathParam("id") long id, @Nullable Word given) {
        return Answer.of(handling.accept(id, given == null ? null : given.reason));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/closure")
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer close(@PathParam("id") long id, @Nullable Word given) {
        return Answer.of(handling.close(id, given == null ? null : given.reason));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/notes")
    @Consumes(MediaType.APPLICATION_JSON)
    public Answer note(@PathParam("id") long id, @Nullable Text given) {
        return Answer.of(handling.note(id, given == null ? null : given.text));
    }
}
