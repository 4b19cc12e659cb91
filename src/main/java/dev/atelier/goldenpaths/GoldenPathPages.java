package dev.atelier.goldenpaths;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Golden paths for people: which there are. */
@Path("/golden-paths")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class GoldenPathPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance paths(Listing page);
    }

    /** A golden path as a card. */
    public record Card(
            String address,
            String ref,
            String title,
            String description,
            String type,
            String owner,
            List<String> tags,
            @Nullable String takes,
            boolean mayRun,
            @Nullable String fault) {}

    /** The list. */
    public record Listing(
            List<Card> cards,
            List<String> types,
            String type,
            String q,
            List<Unfinished> drafts,
            List<TaskRow> recent,
            int all,
            boolean mayWrite) {}

    /** A draft to go on with. */
    public record Unfinished(String title, String address, String age) {}

    /**
     * A task in a list.
     *
     * @param about what it makes, as its answers name it; empty when they do not
     */
    public record TaskRow(
            String address,
            String title,
            String about,
            String mark,
            String word,
            String by,
            String at) {}

    private final Templates paths;
    private final Drafts drafts;
    private final Tasks tasks;
    private final Durations durations;
    private final Entities entities;
    private final Rendering rendering;
    private final Access access;
    private final Caller caller;

    GoldenPathPages(
            Templates paths,
            Drafts drafts,
            Tasks tasks,
            Durations durations,
            Entities entities,
            Rendering rendering,
            Access access,
            Caller caller) {
        this.paths = paths;
        this.drafts = drafts;
        this.tasks = tasks;
        this.durations = durations;
        this.entities = entities;
        this.rendering = rendering;
        this.access = access;
        this.caller = caller;
    }

    @GET
    public TemplateInstance list(@RestQuery @Nullable String type, @RestQuery @Nullable String q) {
        // Whoever looks at the list may soon begin one.
        Thread.ofVirtual().name("rendering-warm").start(rendering::warm);
        var all = paths.list();
        var usual = durations.all();
        var titles =
                entities.titles(
                        all.stream()
                                .flatMap(e -> e.owner().stream())
                                .map(EntityRef::toString)
                                .toList());
        var typed = q == null ? "" : q.strip();
        // One look-up for all of them; each card then asks from memory.
        access.resources(all.stream().map(one -> one.ref().toString()).toList());
        var types = new TreeSet<String>();
        var cards = new ArrayList<Card>();
        for (var entity : all) {
            entity.type().ifPresent(types::add);
            if ((type == null || type.isEmpty() || entity.type().filter(type::equals).isPresent())
                    && said(entity).contains(typed.toLowerCase(Locale.ROOT))) {
                cards.add(card(entity, usual, titles));
            }
        }
        return Html.paths(
                new Listing(
                        cards,
                        List.copyOf(types),
                        type == null ? "" : type,
                        typed,
                        drafts.mine(5).stream().map(this::unfinished).toList(),
                        tasks
                                .list(new Tasks.Question(caller.entityRef(), List.of(), null, 5, 0))
                                .tasks()
                                .stream()
                                .map(TaskPages::row)
                                .toList(),
                        all.size(),
                        caller.may(Permission.CATALOG_REGISTER)));
    }

    private static String said(Entity entity) {
        return (entity.displayName()
                        + " "
                        + entity.description().orElse("")
                        + " "
                        + String.join(" ", entity.tags()))
                .toLowerCase(Locale.ROOT);
    }

    private Card card(Entity entity, Map<String, Duration> usual, Map<String, String> titles) {
        String fault = null;
        try {
            Template.of(entity);
        } catch (Template.Wrong e) {
            fault = e.getMessage();
        }
        var ref = entity.ref();
        var owner = entity.owner().map(EntityRef::toString).orElse("");
        return new Card(
                "/golden-paths/%s/%s".formatted(ref.namespace(), ref.name()),
                ref.toString(),
                entity.displayName(),
                entity.description().orElse(""),
                entity.type().orElse(""),
                titles.getOrDefault(owner, owner),
                entity.tags(),
                Abouts.takes(usual.get(ref.toString())),
                caller.may(Permission.TEMPLATE_RUN, ref.toString()),
                fault);
    }

    private Unfinished unfinished(Drafts.Draft draft) {
        return new Unfinished(
                entities.find(draft.template())
                        .map(Entity::displayName)
                        .orElse(draft.template().name()),
                draft.address() + "/1",
                Figures.minute(draft.updatedAt()));
    }
}
