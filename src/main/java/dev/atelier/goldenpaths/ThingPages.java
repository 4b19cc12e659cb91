package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of a golden path, what of it is behind, and the way to bring that up to date. */
@Path("/golden-paths/{namespace}/{name}/things")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class ThingPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance things(Listing page);
    }

    /** A thing. */
    public record Thing(
            String ref,
            String name,
            String address,
            String version,
            String task,
            String by,
            String at,
            boolean current,
            boolean behind,
            boolean mayUpdate,
            @Nullable String waiting) {}

    /**
     * The list.
     *
     * @param silent why hosts did not say whether updates were merged
     */
    public record Listing(
            String title,
            String address,
            String version,
            List<Thing> things,
            long behind,
            List<String> silent) {}

    private final Templates paths;
    private final MadeThings things;
    private final Standings standings;
    private final Updates updates;
    private final Drafts drafts;
    private final Entities entities;
    private final Access access;
    private final Caller caller;
    private final ObjectMapper json;

    ThingPages(
            Templates paths,
            MadeThings things,
            Standings standings,
            Updates updates,
            Drafts drafts,
            Entities entities,
            Access access,
            Caller caller,
            ObjectMapper json) {
        this.paths = paths;
        this.things = things;
        this.standings = standings;
        this.updates = updates;
        this.drafts = drafts;
        this.entities = entities;
        this.access = access;
        this.caller = caller;
        this.json = json;
    }

    @GET
    public TemplateInstance list(
            @PathParam("namespace") String namespace, @PathParam("name") String name) {
        var template = paths.get(WizardPages.ref(namespace, name));
        var all = things.of(template.ref());
        access.resources(all.stream().map(one -> one.getFirst().ref()).toList());
        var found = standings.of(all);
        boolean mayRun = caller.may(Permission.TEMPLATE_RUN, template.ref().toString());
        var list = new ArrayList<Thing>();
        for (var history : all) {
            var newest = history.getFirst();
            var standing = found.standings().get(newest.ref());
            if (standing != null) {
                list.add(repository(template, newest, standing, mayRun));
            } else if (!newest.isRepository() && !newest.isElsewhere() && isShown(newest.ref())) {
                list.add(thing(template, newest, newest.address(), false, false, null));
            }
        }
        return Html.things(
                new Listing(
                        template.title(),
                        template.address(),
                        template.version(),
                        list,
                        list.stream().filter(Thing::behind).count(),
                        List.copyOf(found.silent())));
    }

    private boolean isShown(String ref) {
        return entities.find(EntityRef.parse(ref)).isPresent()
                && (!ref.startsWith("model:") || caller.may(Permission.MODEL_READ, ref));
    }

    private static Thing repository(
            Template template, Made newest, Standings.Standing standing, boolean mayRun) {
        var at = standing.at();
        boolean behind = !at.version().equals(template.version());
        return thing(
                template,
                at,
                standing.address(),
                behind,
                behind && standing.mayWrite() && mayRun,
                newest.version().equals(template.version()) ? standing.waiting() : null);
    }

    private static Thing thing(
            Template template,
            Made made,
            String address,
            boolean behind,
            boolean mayUpdate,
            @Nullable String waiting) {
        return new Thing(
                made.ref(),
                made.name(),
                address,
                made.version(),
                "/tasks/" + made.task(),
                Figures.actor(made.by()),
                Figures.minute(made.at()),
                made.version().equals(template.version()),
                behind,
                mayUpdate,
                waiting);
    }

    /** Begins an update: the answers of then, to be looked at before it runs. */
    @POST
    @Limited(Limit.REQUESTS)
    public Response update(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @FormParam("ref") @Nullable String ref) {
        var template = paths.get(WizardPages.ref(namespace, name));
        caller.require(Permission.TEMPLATE_RUN, template.ref().toString());
        var made = updates.check(updates.standing(ref == null ? "" : ref), template);
        var answers =
                made.answers() instanceof ObjectNode object
                        ? object.deepCopy()
                        : json.createObjectNode();
        var draft = drafts.create(template.ref(), answers, Map.of(), made.ref());
        return Response.seeOther(URI.create(draft.address() + "/review")).build();
    }
}
