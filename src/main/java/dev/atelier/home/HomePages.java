package dev.atelier.home;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Open;
import dev.atelier.identity.Sight;
import dev.atelier.identity.SingleSignOn;
import dev.atelier.identity.Subject;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.notifications.Stars;
import dev.atelier.sandbox.Calls;
import dev.atelier.serving.Gateway;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The landing page: what needs somebody, what can be tried, what was tried. */
@Path("/")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.SIGNED_IN, because = "everybody has a home; it shows what they may see")
public class HomePages {

    private static final int MODELS = 12;
    private static final int YOURS = 6;
    private static final int MOST_OWNED = 200;
    private static final int STARRED = 8;
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
     * @param yours models of the person and their teams, the last changed first
     * @param allYours address of the list of them; null when these are all
     * @param kinds entities by kind, the most first
     * @param signIn how people sign in here, as a word and a sentence
     * @param level letter of the sandbox level, null while it is being tried out
     */
    public record View(
            String news,
            String sentence,
            List<NeedsYou.Thing> attention,
            List<ModelRow> yours,
            @Nullable String allYours,
            List<ModelRow> models,
            int allModels,
            List<Followed> starred,
            List<CallRow> calls,
            Map<String, Long> kinds,
            @Nullable String level,
            String levelSentence,
            SignIn signIn,
            boolean demo) {}

    /** Something the person starred. */
    public record Followed(String title, String kind, String address) {}

    /** How people sign in. */
    public record SignIn(String word, String sentence, boolean connected) {}

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
    private final Models models;
    private final Versions versions;
    private final Calls calls;
    private final Gateway gateway;
    private final NeedsYou needsYou;
    private final Stars stars;
    private final SingleSignOn singleSignOn;
    private final Caller caller;
    private final Sight sight;

    HomePages(
            Entities entities,
            Models models,
            Versions versions,
            Calls calls,
            Gateway gateway,
            NeedsYou needsYou,
            Stars stars,
            SingleSignOn singleSignOn,
            Caller caller,
            Sight sight) {
        this.entities = entities;
        this.models = models;
        this.versions = versions;
        this.calls = calls;
        this.gateway = gateway;
        this.needsYou = needsYou;
        this.stars = stars;
        this.singleSignOn = singleSignOn;
        this.caller = caller;
        this.sight = sight;
    }

    @GET
    public TemplateInstance home() {
        var person = caller.signedIn();
        var owned = entities.ownedBy(NeedsYou.mine(person), "Model", MOST_OWNED);
        var attention = needsYou.of(person, owned.stream().map(m -> m.ref().name()).toList());
        var yours = owned.stream().limit(YOURS).toList();
        var others =
                entities.firstOfKind("Model", MODELS + YOURS).stream()
                        .filter(m -> yours.stream().noneMatch(own -> own.ref().equals(m.ref())))
                        .limit(MODELS - yours.size())
                        .toList();
        var shown = Stream.concat(yours.stream(), others.stream()).toList();
        var titles =
                entities.titles(
                        shown.stream()
                                .flatMap(m -> m.owner().stream())
                                .map(EntityRef::toString)
                                .toList());
        var serving =
                versions.serving(models.named(shown.stream().map(Entity::name).toList()).values());
        var kinds = entities.countByKind();
        var level = gateway.level();
        return Templates.home(
                new View(
                        news(attention.size()),
                        attention.isEmpty()
                                ? "Find a model, try it, use it."
                                : "Everything else of yours is running as expected.",
                        attention,
                        rows(yours, serving, titles),
                        owned.size() > yours.size() ? listOf(owned) : null,
                        rows(others, serving, titles),
                        kinds.getOrDefault("Model", 0L).intValue(),
                        starred(person),
                        calls.recent(person.ref(), CALLS).stream().map(HomePages::row).toList(),
                        kinds,
                        level.map(l -> l.letter()).orElse(null),
                        level.map(l -> l.explanation())
                                .orElse(
                                        "The sandbox is being tried out. This takes a few seconds."),
                        singleSignOn
                                .name()
                                .map(
                                        name ->
                                                new SignIn(
                                                        name,
                                                        "People sign in there; roles and teams come from it, and from here.",
                                                        true))
                                .orElse(
                                        new SignIn(
                                                "Local accounts",
                                                "Single sign-on is not connected.",
                                                false)),
                        entities.anyAnnotated("atelier.dev/demo")));
    }

    /** What is still there of it and shown to them, the latest first. */
    private List<Followed> starred(Subject person) {
        var refs = stars.of(person).stream().limit(STARRED).map(EntityRef::parse).toList();
        if (refs.isEmpty()) {
            return List.of();
        }
        var found = entities.find(refs).stream().collect(Collectors.toMap(Entity::ref, one -> one));
        return refs.stream()
                .map(found::get)
                .filter(Objects::nonNull)
                .map(one -> new Followed(one.displayName(), one.kind(), one.address()))
                .toList();
    }

    /** The catalog's list of all models of these owners. */
    private static String listOf(List<Entity> owned) {
        return owned.stream()
                .flatMap(m -> m.owner().stream())
                .map(owner -> "&owner=" + URLEncoder.encode(owner.toString(), UTF_8))
                .distinct()
                .limit(20)
                .collect(Collectors.joining("", "/catalog?kind=model", ""));
    }

    private List<ModelRow> rows(
            List<Entity> shown, Map<String, ModelVersion> serving, Map<String, String> titles) {
        return shown.stream()
                .map(
                        entity ->
                                row(
                                        entity,
                                        sight.closes(entity.ref().toString())
                                                ? null
                                                : serving.get(entity.ref().name()),
                                        titles))
                .toList();
    }

    private static String news(int things) {
        return switch (things) {
            case 0 -> "Nothing needs you";
            case 1 -> "One thing needs you";
            default -> (things < NUMBERS.length ? NUMBERS[things] : things) + " things need you";
        };
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
