package dev.atelier.notifications;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import dev.atelier.identity.Subject;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** One's notifications. */
@Path("/notifications")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "one's own notifications")
public class NotificationPages {

    @CheckedTemplate(basePath = "notifications")
    static class Templates {
        static native TemplateInstance notifications(View view);
    }

    /** Another question the list may be asked. */
    public record Choice(String label, String address, boolean chosen) {}

    /**
     * What the page draws.
     *
     * @param more where the list goes on; null at the end
     * @param first whether the list begins at its beginning
     * @param topic id of the chosen one; null for all
     */
    public record View(
            String heading,
            int unread,
            List<Notifications.Note> notes,
            List<Choice> states,
            List<Choice> topics,
            @Nullable String topic,
            boolean unreadOnly,
            boolean first,
            String start,
            @Nullable String more) {}

    private final Notifications notifications;
    private final Caller caller;

    NotificationPages(Notifications notifications, Caller caller) {
        this.notifications = notifications;
        this.caller = caller;
    }

    @GET
    @Operation(hidden = true)
    public TemplateInstance notifications(
            @QueryParam("unread") @Nullable String unread,
            @QueryParam("topic") @Nullable String topic,
            @QueryParam("after") @Nullable String after) {
        var reader = caller.signedIn();
        return Templates.notifications(
                view(
                        reader,
                        new Notifications.Question(
                                "true".equals(unread),
                                topic(topic),
                                after == null || after.isEmpty() ? null : after)));
    }

    /**
     * @throws Invalid when there is no such topic
     */
    static @Nullable Topic topic(@Nullable String id) {
        return id == null || id.isEmpty()
                ? null
                : Topic.of(id)
                        .orElseThrow(
                                () ->
                                        new Invalid(
                                                "There is no topic of that name.",
                                                List.of(
                                                        new Invalid.Field(
                                                                "topic", "is no topic"))));
    }

    private View view(Subject reader, Notifications.Question question) {
        var page = notifications.list(reader, question);
        int unread = notifications.unread(reader);
        var states =
                List.of(
                        new Choice("All", address(false, question.topic()), !question.unread()),
                        new Choice("Unread", address(true, question.topic()), question.unread()));
        var topics = new ArrayList<Choice>();
        topics.add(
                new Choice(
                        "Every topic", address(question.unread(), null), question.topic() == null));
        for (var topic : Topic.values()) {
            topics.add(
                    new Choice(
                            topic.label(),
                            address(question.unread(), topic),
                            topic == question.topic()));
        }
        var start = address(question.unread(), question.topic());
        return new View(
                unread == 0
                        ? "Nothing new"
                        : unread == 1
                                ? "One unread notification"
                                : unread + " unread notifications",
                unread,
                page.notes(),
                states,
                topics,
                question.topic() == null ? null : question.topic().id(),
                question.unread(),
                question.after() == null,
                start,
                page.next() == null
                        ? null
                        : start + (start.contains("?") ? "&" : "?") + "after=" + page.next());
    }

    private static String address(boolean unread, @Nullable Topic topic) {
        var parts = new ArrayList<String>();
        if (unread) {
            parts.add("unread=true");
        }
        if (topic != null) {
            parts.add("topic=" + topic.id());
        }
        return "/notifications" + (parts.isEmpty() ? "" : "?" + String.join("&", parts));
    }

    /** Marks one as read. */
    @POST
    @Path("{id}/reading")
    @Operation(hidden = true)
    public Response read(
            @PathParam("id") long id, @HeaderParam("Referer") @Nullable String referer) {
        notifications.markRead(caller.signedIn(), id);
        return Response.seeOther(Back.to(referer, "/notifications")).build();
    }

    /** Marks all as read, or all of a topic. */
    @POST
    @Path("reading")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response readAll(
            @FormParam("topic") @Nullable String topic,
            @HeaderParam("Referer") @Nullable String referer) {
        notifications.markAllRead(caller.signedIn(), topic(topic));
        return Response.seeOther(Back.to(referer, "/notifications")).build();
    }
}
