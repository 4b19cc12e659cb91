package dev.atelier.webhooks;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;

/** Webhooks for people: what there is, what arrived, and what did not. */
@Path("/webhooks")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_SHARE)
public class WebhookPages {

    private static final int SHOWN = 1_000;

    @CheckedTemplate(basePath = "webhooks")
    static class Templates {
        static native TemplateInstance webhooks(
                List<Row> hooks, List<RegistryEvent> events, boolean all, @Nullable String fault);

        static native TemplateInstance webhook(
                Webhook hook,
                boolean signed,
                List<RegistryEvent> events,
                List<Deliveries.Line> log,
                @Nullable Trial trial,
                @Nullable String fault);
    }

    /** A webhook in the list. */
    public record Row(Webhook hook, String standing) {}

    /** What came of trying it out. */
    public record Trial(boolean success, String sentence) {}

    private final Webhooks webhooks;
    private final Deliveries deliveries;

    WebhookPages(Webhooks webhooks, Deliveries deliveries) {
        this.webhooks = webhooks;
        this.deliveries = deliveries;
    }

    @GET
    public TemplateInstance list() {
        return list(null);
    }

    private TemplateInstance list(@Nullable String fault) {
        var standing = deliveries.standing();
        return Templates.webhooks(
                webhooks.list(0, SHOWN).stream()
                        .map(
                                hook ->
                                        new Row(
                                                hook,
                                                standing.getOrDefault(
                                                        hook.id(), "nothing sent yet")))
                        .toList(),
                Arrays.asList(RegistryEvent.values()),
                webhooks.ofAll(),
                fault);
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response create(
            @RestForm @Nullable String name,
            @RestForm @Nullable String url,
            @RestForm @Nullable String secret,
            @RestForm List<String> event) {
        try {
            var made =
                    webhooks.create(
                            new Webhooks.Wish(name, url, null, events(event), true, secret));
            return to(made);
        } catch (Invalid e) {
            return Response.status(422).entity(list(e.detail())).build();
        }
    }

    private static List<RegistryEvent> events(List<String> ids) {
        return ids.stream().map(RegistryEvent::of).flatMap(Optional::stream).toList();
    }

    private static Response to(Webhook hook) {
        return Response.seeOther(URI.create("/webhooks/" + hook.id())).build();
    }

    @GET
    @Path("{id}")
    public TemplateInstance webhook(@PathParam("id") String id) {
        return page(webhooks.get(id), null, null);
    }

    private TemplateInstance page(Webhook hook, @Nullable Trial trial, @Nullable String fault) {
        return Templates.webhook(
                hook,
                webhooks.signed(hook),
                Arrays.asList(RegistryEvent.values()),
                deliveries.log(hook),
                trial,
                fault);
    }

    /** Changes what is stated; an empty secret leaves it as it is. */
    @POST
    @Path("{id}")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response change(
            @PathParam("id") String id,
            @RestForm @Nullable String url,
            @RestForm @Nullable String secret,
            @RestForm List<String> event,
            @RestForm boolean active) {
        var hook = webhooks.get(id);
        try {
            return to(
                    webhooks.change(
                            hook,
                            new Webhooks.Wish(
                                    null,
                                    url,
                                    null,
                                    events(event),
                                    active,
                                    secret == null || secret.isEmpty() ? null : secret)));
        } catch (Invalid e) {
            return Response.status(422).entity(page(hook, null, e.detail())).build();
        }
    }

    @POST
    @Path("{id}/removal")
    public Response remove(@PathParam("id") String id) {
        webhooks.delete(webhooks.get(id));
        return Response.seeOther(URI.create("/webhooks")).build();
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Path("{id}/trial")
    public TemplateInstance tryOut(@PathParam("id") String id) {
        var hook = webhooks.get(id);
        var trial = deliveries.tryOut(hook, hook.events().getFirst());
        return page(
                hook,
                new Trial(
                        trial.success(),
                        trial.success()
                                ? "It answered %d.".formatted(trial.status())
                                : String.valueOf(trial.fault())),
                null);
    }

    @POST
    @Path("{id}/deliveries/{delivery}/again")
    public Response again(@PathParam("id") String id, @PathParam("delivery") String delivery) {
        var hook = webhooks.get(id);
        deliveries.again(hook, delivery);
        return to(hook);
    }
}
