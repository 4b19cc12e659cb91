package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.NotFound;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;

/** The actions, and a page for each with what it takes and gives. */
@Path("/golden-paths")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class ActionPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance actions(List<Action> actions);

        static native TemplateInstance action(ActionView a);
    }

    /** An action with what it takes and gives. */
    public record ActionView(
            String id,
            String description,
            List<Member> input,
            List<Member> output,
            List<Action.Example> examples,
            boolean dry,
            boolean repeatable,
            String missing) {}

    /** A member of an input or output. */
    public record Member(String name, String type, String text, boolean required) {}

    private final Actions actions;
    private final ObjectMapper json;

    ActionPages(Actions actions, ObjectMapper json) {
        this.actions = actions;
        this.json = json;
    }

    @GET
    @Path("actions")
    public TemplateInstance actions() {
        return Html.actions(actions.all());
    }

    @GET
    @Path("actions/{id}")
    public TemplateInstance action(@PathParam("id") String id) throws JsonProcessingException {
        var action =
                actions.find(id)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "There is no action \"%s\" here.%s"
                                                        .formatted(
                                                                Workspace.shown(id),
                                                                actions.near(id))));
        return Html.action(
                new ActionView(
                        action.id(),
                        action.description(),
                        members(json.readTree(action.input())),
                        members(json.readTree(action.output())),
                        action.examples(),
                        action.hasDryRun(),
                        action.repeatable(),
                        action.missing()));
    }

    private static List<Member> members(JsonNode schema) {
        var required = BuiltIn.texts(schema.path("required"));
        var members = new ArrayList<Member>();
        for (var one : schema.path("properties").properties()) {
            var part = one.getValue();
            var text = part.path("title").asText("");
            var more = part.path("description").asText("");
            members.add(
                    new Member(
                            one.getKey(),
                            part.path("type").asText(part.has("anyOf") ? "one of several" : "any"),
                            more.isEmpty() ? text : text.isEmpty() ? more : text + ". " + more,
                            required.contains(one.getKey())));
        }
        return members;
    }
}
