package dev.atelier.home;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.Problems;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.sandbox.Calls;
import dev.atelier.serving.Gateway;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The landing page: what needs somebody, what can be tried, what was tried. */
@Path("/")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "everybody has a home; it shows what they may see")
public class HomePages {

    private static final int MODELS = 12;
    private static final int CALLS = 6;
    private static final String[] NUMBERS = {
        "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"
    };

    @CheckedTemplate(basePath = "home")
    static class Templates {
        static native TemplateInstance home(View view);
    }

    /**
     * What the page draws.
     *
     * @param kinds entities by kind, the most first
     * @param level letter of the sandbox level, null while it is being tried out
     */
    public record View(
            String news,
            String sentence,
            List<Attention> attention,
            List<ModelRow> models,
            int allModels,
            List<CallRow> calls,
            Map<String, Long> kinds,
            @Nullable String level,
            String levelSentence,
            boolean demo) {}

    /** Something that needs somebody: state, what, why, what to do. */
    public record Attention(
            String state, String word, String what, String why, String action, String address) {}

    public record ModelRow(
            String name,
            String title,
            String description,
            String type,
            String owner,
            @Nullable Integer version,
            boolean servable) {}

    public record CallRow(
            String address, String model, String summary, String time, boolean failed) {}

    private final Entities entities;
    private final Problems problems;
    private final Models models;
    private final Versions versions;
    private final Calls calls;
    private final Gateway gateway;
    private final Blobs blobs;
    private final Caller caller;

    HomePages(
            Entities entities,
            Problems problems,
            Models models,
            Versions versions,
            Calls calls,
            Gateway gateway,
            Blobs blobs,
            Caller caller) {
        this.entities = entities;
        this.problems = problems;
        this.models = models;
        this.versions = versions;
        this.calls = calls;
        this.gateway = gateway;
        this.blobs = blobs;
        this.caller = caller;
    }

    @GET
    public TemplateInstance home() {
        var attention = attention();
        var shown = entities.firstOfKind("Model", MODELS);
        var titles =
                entities.titles(
                        shown.stream()
                                .flatMap(m -> m.owner().stream())
                                .map(EntityRef::toString)
                                .toList());
        var serving =
                versions.serving(models.named(shown.stream().map(Entity::name).toList()).values());
        var rows =
                shown.stream()
                        .map(entity -> row(entity, serving.get(entity.ref().name()), titles))
                        .toList();
        var kinds = entities.countByKind();
        var level = gateway.level();
        return Templates.home(
                new View(
                        news(attention.size()),
                        attention.isEmpty()
                                ? "Find a model, try it, use it."
                                : "Everything else is running as expected.",
                        attention,
                        rows,
                        kinds.getOrDefault("Model", 0L).intValue(),
                        calls.recent(caller.entityRef(), CALLS).stream()
                                .map(HomePages::row)
                                .toList(),
                        kinds,
                        level.map(l -> l.letter()).orElse(null),
                        level.map(l -> l.explanation())
                                .orElse(
                                        "The sandbox is being tried out. This takes a few seconds."),
                        entities.anyAnnotated("atelier.dev/demo")));
    }

    private static String news(int things) {
        return switch (things) {
            case 0 -> "Nothing needs you";
            case 1 -> "One thing needs you";
            default -> (things < NUMBERS.length ? NUMBERS[things] : things) + " things need you";
        };
    }

    private List<Attention> attention() {
        var list = new ArrayList<Attention>();
        for (var version : versions.refused(5)) {
            list.add(
                    new Attention(
                            "fail",
                            "Refused",
                            "%s version %d was refused"
                                    .formatted(version.model(), version.number()),
                            String.valueOf(version.reason()),
                            "See why",
                            "/models/%s/versions/%d".formatted(version.model(), version.number())));
        }
        for (var runner : gateway.runners()) {
            if (runner.reason() != null) {
                list.add(
                        new Attention(
                                "fail",
                                "On hold",
                                "%s version %s is on hold"
                                        .formatted(runner.name(), runner.version()),
                                runner.reason(),
                                "Open it",
                                "/models/" + runner.name()));
            }
        }
        blobs.shortage()
                .ifPresent(
                        what ->
                                list.add(
                                        new Attention(
                                                "warn",
                                                "Disk",
                                                "A disk is nearly full",
                                                what,
                                                "See the system",
                                                "/admin/system")));
        var open = problems.count();
        if (open > 0) {
            list.add(
                    new Attention(
                            "warn",
                            "Problems",
                            open == 1
                                    ? "One entity file has a problem"
                                    : open + " problems in entity files",
                            "Nothing disappeared: the last good version of each entity is still shown.",
                            "See the problems",
                            "/catalog/problems"));
        }
        gateway.level()
                .filter(level -> !level.confines())
                .ifPresent(
                        level ->
                                list.add(
                                        new Attention(
                                                "warn",
                                                "Not confined",
                                                "No sandbox works on this machine",
                                                level.explanation(),
                                                "How to mend it",
                                                "/docs/serving")));
        return list;
    }

    private static ModelRow row(
            Entity entity, @Nullable ModelVersion serving, Map<String, String> titles) {
        return new ModelRow(
                entity.name(),
                entity.displayName(),
                entity.description().orElse(""),
                entity.type().orElse(""),
                entity.owner()
                        .map(o -> titles.getOrDefault(o.toString(), o.name()))
                        .orElse("Nobody"),
                serving == null ? null : serving.number(),
                serving != null && serving.servable());
    }

    private static CallRow row(Calls.Call call) {
        return new CallRow(
                "/models/" + call.model() + "/try?call=" + call.id(),
                call.model(),
                call.summary(),
                ago(call.at()),
                call.failed());
    }

    private static String ago(Instant at) {
        var minutes = java.time.Duration.between(at, Instant.now()).toMinutes();
        return minutes < 1
                ? "now"
                : minutes < 60
                        ? minutes + " min"
                        : minutes < 48 * 60 ? minutes / 60 + " h" : minutes / (24 * 60) + " days";
    }
}
