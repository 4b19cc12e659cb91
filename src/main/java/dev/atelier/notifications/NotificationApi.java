package dev.atelier.notifications;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One's notifications for programs. */
@Path("/api/v1/notifications")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "one's own notifications")
public class NotificationApi {

    /**
     * A page of the list.
     *
     * @param unread how much is unread in all
     * @param next what to ask {@code after} with for more; null at the end
     */
    public record Listing(
            int unread, List<Notifications.Note> notifications, @Nullable String next) {}

    private final Notifications notifications;
    private final Caller caller;

    NotificationApi(Notifications notifications, Caller caller) {
        this.notifications = notifications;
        this.caller = caller;
    }

    /** The newest first, thirty at a time. */
    @GET
    public Listing list(
            @QueryParam("unread") boolean unread,
            @QueryParam("topic") @Nullable String topic,
            @QueryParam("after") @Nullable String after) {
        var reader = caller.signedIn();
        var page =
                notifications.list(
                        reader,
                        new Notifications.Question(unread, NotificationPages.topic(topic), after));
        return new Listing(notifications.unread(reader), page.notes(), page.next());
    }

    /** Marks one as read. */
    @POST
    @Path("{id}/reading")
    public void read(@PathParam("id") long id) {
        notifications.markRead(caller.signedIn(), id);
    }

    /** Marks all as read, or all of a topic. */
    @POST
    @Path("reading")
    public void readAll(@QueryParam("topic") @Nullable String topic) {
        notifications.markAllRead(caller.signedIn(), NotificationPages.topic(topic));
    }
}
