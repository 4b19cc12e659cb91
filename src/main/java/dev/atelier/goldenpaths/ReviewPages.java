package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The page before a golden path runs. */
@Path("/golden-paths/drafts/{id}/review")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class ReviewPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance review(Review page);
    }

    /** Answers of a page, before it runs. */
    public record Answered(String title, String change, List<Line> lines) {}

    /** An answer. */
    public record Line(String label, String value, boolean long_) {}

    /** The page before it runs. */
    public record Review(
            Abouts.About about,
            List<Abouts.Stage> stages,
            List<Answered> answered,
            String json,
            String action,
            String back,
            Map<String, String> faults,
            @Nullable String updates) {}

    private final Templates paths;
    private final Forms forms;
    private final Starting starting;
    private final Drafts drafts;
    private final Abouts abouts;
    private final ObjectMapper json;

    ReviewPages(
            Templates paths,
            Forms forms,
            Starting starting,
            Drafts drafts,
            Abouts abouts,
            ObjectMapper json) {
        this.paths = paths;
        this.forms = forms;
        this.starting = starting;
        this.drafts = drafts;
        this.abouts = abouts;
        this.json = json;
    }

    @GET
    public Response review(@PathParam("id") String id) {
        var draft = drafts.get(id);
        var template = paths.get(draft.template());
        var answers = starting.completed(template, draft.answers());
        return Response.ok(review(template, draft, answers, starting.faults(template, answers)))
                .build();
    }

    private TemplateInstance review(
            Template template, Drafts.Draft draft, ObjectNode answers, Map<String, String> faults) {
        var answered = new ArrayList<Answered>();
        for (int i = 0; i < template.pages().size(); i++) {
            var page = template.pages().get(i);
            answered.add(
                    new Answered(
                            page.title(),
                            draft.address() + "/" + (i + 1),
                            lines(
                                    forms.questions(page.schema(), answers, Map.of()),
                                    page.schema())));
        }
        var request = json.createObjectNode().put("templateRef", template.ref().toString());
        request.set("values", shown(template, answers));
        return Html.review(
                new Review(
                        abouts.of(template),
                        Abouts.stages(template, template.pages().size()),
                        answered,
                        request.toPrettyString(),
                        draft.address() + "/review",
                        template.pages().isEmpty()
                                ? template.address()
                                : draft.address() + "/" + template.pages().size(),
                        faults,
                        draft.updates() == null ? null : Made.name(draft.updates())));
    }

    /** The answers without those that the template wants masked. */
    private static ObjectNode shown(Template template, ObjectNode answers) {
        var shown = answers.deepCopy();
        for (var page : template.pages()) {
            for (var one : page.schema().path("properties").properties()) {
                if (FieldSchema.ui(one.getValue(), "widget").asText().equals("password")
                        && shown.has(one.getKey())) {
                    shown.put(one.getKey(), Forms.HIDDEN);
                }
            }
        }
        return shown;
    }

    private static List<Line> lines(List<Question> questions, JsonNode schema) {
        var lines = new ArrayList<Line>();
        for (var question : questions) {
            var part = schema.path("properties").path(question.at().substring(1));
            var review = FieldSchema.ui(part, "backstage").path("review");
            if (review.isMissingNode() || review.path("show").asBoolean(true)) {
                lines.add(
                        new Line(
                                review.path("name").asText(question.label()),
                                review.has("mask") ? review.get("mask").asText() : value(question),
                                question.kind() == Question.Kind.LINES));
            }
        }
        return lines;
    }

    private static String value(Question question) {
        return switch (question.kind()) {
            case PASSWORD -> question.value().isEmpty() ? "" : Forms.HIDDEN;
            case YES -> question.value().equals("true") ? "Yes" : "No";
            case FILES ->
                    String.join(
                            "\n",
                            question.choices().stream()
                                    .map(one -> "%s, %s".formatted(one.label(), one.help()))
                                    .toList());
            case SELECT, RADIO, CHECKS, SUGGEST -> {
                var chosen =
                        question.choices().stream()
                                .filter(Question.Choice::chosen)
                                .map(Question.Choice::label)
                                .toList();
                yield chosen.isEmpty() ? question.value() : String.join(", ", chosen);
            }
            case LIST -> String.join(", ", question.value().lines().toList());
            case GROUP ->
                    String.join(
                            "\n",
                            question.parts().stream()
                                    .filter(one -> !value(one).isEmpty())
                                    .map(one -> one.label() + ": " + value(one))
                                    .toList());
            case REPEAT -> {
                var entries = new LinkedHashMap<Integer, String>();
                question.parts()
                        .forEach(one -> entries.put(one.number(), value(one).replace("\n", "; ")));
                yield String.join("\n", entries.values());
            }
            case REPOSITORY -> {
                var address = RepositoryAddress.parse(question.value());
                yield address.repo().isEmpty()
                        ? ""
                        : (address.host().equals(RepositoryHosts.OWN) ? "" : address.host() + "/")
                                + address.owner()
                                + "/"
                                + address.repo();
            }
            default -> question.value();
        };
    }

    @POST
    @Limited(Limit.REQUESTS)
    public Response run(@PathParam("id") String id) {
        var draft = drafts.get(id);
        var template = paths.get(draft.template());
        try {
            var task =
                    starting.start(
                            template, draft.answers(), drafts.secrets(draft), draft.updates());
            drafts.drop(draft);
            return to(task.address());
        } catch (Starting.WrongAnswers e) {
            var answers = starting.completed(template, draft.answers());
            return Response.status(422).entity(review(template, draft, answers, e.faults)).build();
        }
    }

    private static Response to(String address) {
        return Response.seeOther(URI.create(address)).build();
    }
}
