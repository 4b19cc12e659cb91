package dev.atelier.monitoring;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Directory;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Incidents of all models, and what people do about one. */
@Path("/incidents")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_READ)
public class IncidentPages {

    private static final int MOST = 200;
    private static final int PEOPLE = 200;

    @CheckedTemplate(basePath = "monitoring")
    static class Templates {
        static native TemplateInstance incidents(Listing page);

        static native TemplateInstance incident(
                IncidentView view, boolean mayHandle, List<Directory.Person> people);
    }

    /**
     * @param state {@code open}, {@code closed} or empty for both
     */
    public record Listing(String title, String state, String model, List<Incident> incidents) {}

    private final Incidents incidents;
    private final IncidentViews views;
    private final Handling handling;
    private final Directory directory;
    private final Caller caller;
    private final Sight sight;

    IncidentPages(
            Incidents incidents,
            IncidentViews views,
            Handling handling,
            Directory directory,
            Caller caller,
            Sight sight) {
        this.incidents = incidents;
        this.views = views;
        this.handling = handling;
        this.directory = directory;
        this.caller = caller;
        this.sight = sight;
    }

    @GET
    public TemplateInstance list(
            @RestQuery Optional<String> state, @RestQuery Optional<String> model) {
        var chosen = state.filter(one -> one.equals("closed") || one.equals("all")).orElse("open");
        var found =
                incidents.list(
                        model.filter(one -> !one.isBlank()).orElse(null),
                        chosen.equals("all") ? null : chosen.equals("open"),
                        sight.blind().closed(),
                        MOST);
        var open = found.stream().filter(Incident::open).count();
        return Templates.incidents(
                new Listing(
                        chosen.equals("closed")
                                ? "Closed incidents"
                                : open == 0
                                        ? "No open incident"
                                        : open == 1
                                                ? "One open incident"
                                                : open + " open incidents",
                        chosen,
                        model.orElse(""),
                        found));
    }

    @GET
    @Path("/{id}")
    public TemplateInstance page(@PathParam("id") long id) {
        var incident = handling.see(id);
        var may = caller.may(Permission.INCIDENT_HANDLE, Resource.model(incident.model()));
        return Templates.incident(
                views.of(incident),
                may,
                may ? directory.people().stream().limit(PEOPLE).toList() : List.of());
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/acknowledgement")
    public Response acknowledge(@PathParam("id") long id) {
        return to(handling.acknowledge(id));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/assignee")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response assign(@PathParam("id") long id, @RestForm @Nullable String assignee) {
        return to(handling.assign(id, assignee));
    }

    /**
     * @param time an ISO 8601 duration from now; blank to hear of it again
     */
    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/mute")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response mute(@PathParam("id") long id, @RestForm("for") @Nullable String time) {
        if (time == null || time.isBlank()) {
            return to(handling.mute(id, null));
        }
        try {
            return to(handling.mute(id, Instant.now().plus(Duration.parse(time))));
        } catch (DateTimeParseException e) {
            throw new Invalid(
                    "Choose how long to mute it.",
                    List.of(new Invalid.Field("for", "is no duration as PT4H")));
        }
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/acceptance")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response accept(@PathParam("id") long id, @RestForm @Nullable String reason) {
        return to(handling.accept(id, reason));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/closure")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response close(@PathParam("id") long id, @RestForm @Nullable String reason) {
        return to(handling.close(id, reason));
    }

    @Needs(Permission.INCIDENT_HANDLE)
    @POST
    @Path("/{id}/notes")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response note(@PathParam("id") long id, @RestForm @Nullable String text) {
        return to(handling.note(id, text));
    }

    private static Response to(Incident incident) {
        return Response.seeOther(URI.create(incident.address())).build();
    }
}
