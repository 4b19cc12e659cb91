package dev.atelier.webhooks;

import dev.atelier.experiments.MlflowFields;
import dev.atelier.experiments.MlflowJson;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Webhooks for the clients of MLflow 3.3 and later. */
@Path("/api/2.0/mlflow/webhooks")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.MODEL_SHARE)
public class MlflowWebhooks {

    private static final int MOST = 1_000;
    private static final int USUAL = 100;

    private final Webhooks webhooks;
    private final Deliveries deliveries;

    MlflowWebhooks(Webhooks webhooks, Deliveries deliveries) {
        this.webhooks = webhooks;
        this.deliveries = deliveries;
    }

    @Limited(Limit.REQUESTS)
    @POST
    public Map<String, Object> create(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var wish = wish(fields);
        if (wish.name() == null) {
            throw MlflowFields.missing("name");
        }
        if (wish.url() == null) {
            throw MlflowFields.missing("url");
        }
        return answer(webhooks.create(wish));
    }

    @GET
    public Map<String, Object> list(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var limit = (int) Math.min(MOST, Math.max(1, fields.number("max_results").orElse(USUAL)));
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var found = webhooks.list(offset, limit + 1);
        return MlflowJson.page(
                "webhooks",
                found.stream().limit(limit).map(MlflowWebhooks::json).toList(),
                found.size() > limit ? MlflowJson.token(offset + limit) : null);
    }

    @GET
    @Path("{id}")
    public Map<String, Object> get(@PathParam("id") String id) {
        return answer(webhooks.get(id));
    }

    @PATCH
    @Path("{id}")
    public Map<String, Object> change(@PathParam("id") String id, @Nullable MlflowFields body) {
        return answer(webhooks.change(webhooks.get(id), wish(MlflowFields.orNone(body))));
    }

    @DELETE
    @Path("{id}")
    public Map<String, Object> delete(@PathParam("id") String id) {
        webhooks.delete(webhooks.get(id));
        return Map.of();
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Path("{id}/test")
    public Map<String, Object> tryOut(@PathParam("id") String id, @Nullable MlflowFields body) {
        var hook = webhooks.get(id);
        var event =
                MlflowFields.orNone(body)
                        .object("event")
                        .map(MlflowWebhooks::event)
                        .orElse(hook.events().getFirst());
        var trial = deliveries.tryOut(hook, event);
        var result = new LinkedHashMap<String, Object>();
        result.put("success", trial.success());
        if (trial.status() != null) {
            result.put("response_status", trial.status());
        }
        if (trial.body() != null) {
            result.put("response_body", trial.body());
        }
        if (trial.fault() != null) {
            result.put("error_message", trial.fault());
        }
        return Map.of("result", result);
    }

    private static Webhooks.Wish wish(MlflowFields fields) {
        var events = fields.list("events").stream().map(MlflowWebhooks::event).toList();
        return new Webhooks.Wish(
                fields.text("name").orElse(null),
                fields.text("url").orElse(null),
                fields.text("description").orElse(null),
                events.isEmpty() ? null : events,
                fields.text("status").map(MlflowWebhooks::active).orElse(null),
                fields.text("secret").orElse(null));
    }

    private static boolean active(String status) {
        return switch (status) {
            case "ACTIVE" -> true;
            case "DISABLED" -> false;
            default -> throw MlflowFields.wrong("status", "ACTIVE or DISABLED");
        };
    }

    private static RegistryEvent event(MlflowFields fields) {
        var entity = fields.required("entity");
        var action = fields.required("action");
        return RegistryEvent.of(entity, action)
                .orElseThrow(
                        () ->
                                new Invalid(
                                        "Atelier has no event %s of %s. It offers: %s."
                                                .formatted(
                                                        action,
                                                        entity,
                                                        String.join(
                                                                ", ",
                                                                List.of(RegistryEvent.values())
                                                                        .stream()
                                                                        .map(RegistryEvent::id)
                                                                        .toList()))));
    }

    private static Map<String, Object> answer(Webhook hook) {
        return Map.of("webhook", json(hook));
    }

    private static Map<String, Object> json(Webhook hook) {
        var json = new LinkedHashMap<String, Object>();
        json.put("webhook_id", hook.id().toString());
        json.put("name", hook.name());
        json.put("url", hook.url());
        json.put(
                "events",
                hook.events().stream()
                        .map(e -> Map.of("entity", e.entity(), "action", e.action()))
                        .toList());
        if (hook.description() != null) {
            json.put("description", hook.description());
        }
        json.put("status", hook.active() ? "ACTIVE" : "DISABLED");
        json.put("creation_timestamp", hook.createdAt().toEpochMilli());
        json.put("last_updated_timestamp", hook.changedAt().toEpochMilli());
        return json;
    }
}
