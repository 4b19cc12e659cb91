package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Figures;
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
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Golden paths for people: which there are, their questions, and the page before they run. */
@Path("/golden-paths")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class GoldenPathPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance paths(Listing page);

        static native TemplateInstance form(FormPage page);

        static native TemplateInstance review(Review page);

        static native TemplateInstance actions(List<ActionView> actions);
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
            int all) {}

    /** A draft to go on with. */
    public record Unfinished(String title, String address, String age) {}

    /** A task in a list. */
    public record TaskRow(
            String address, String title, String mark, String word, String by, String at) {}

    /** A step of the way through the pages. */
    public record Stage(String title, boolean done, boolean current) {}

    /** What a step of the template will do. */
    public record Deed(String name, String action, boolean known, boolean asks) {}

    /** What a golden path is about, beside all its pages. */
    public record About(
            String ref,
            String address,
            String title,
            String description,
            String owner,
            String version,
            @Nullable String takes,
            @Nullable String cost,
            @Nullable String undo,
            List<Deed> deeds,
            boolean asks,
            boolean mayRun) {}

    /** A page of questions. */
    public record FormPage(
            About about,
            String title,
            String description,
            List<Stage> stages,
            List<Question> questions,
            Map<String, String> faults,
            String action,
            @Nullable String back,
            boolean draft,
            boolean last) {

        /** Whether an answer decides about other questions. */
        public boolean asksMore() {
            return questions.stream().anyMatch(Question::anyAsksMore);
        }

        /** Faults with the fields that they lead to. */
        public List<Fault> list() {
            return faults.entrySet().stream()
                    .map(
                            one ->
                                    new Fault(
                                            "f" + one.getKey().replaceAll("[^A-Za-z0-9]", "-"),
                                            one.getValue()))
                    .toList();
        }
    }

    /** A fault, and the id of its field. */
    public record Fault(String id, String reason) {}

    /** Answers of a page, before it runs. */
    public record Answered(String title, String change, List<Line> lines) {}

    /** An answer. */
    public record Line(String label, String value, boolean long_) {}

    /** The page before it runs. */
    public record Review(
            About about,
            List<Stage> stages,
            List<Answered> answered,
            String json,
            String action,
            String back,
            Map<String, String> faults) {}

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

    private final Templates paths;
    private final Forms forms;
    private final FormAnswers formAnswers;
    private final AnswerRules rules;
    private final Starting starting;
    private final Drafts drafts;
    private final Tasks tasks;
    private final Actions actions;
    private final Entities entities;
    private final Rendering rendering;
    private final Caller caller;
    private final ObjectMapper json;

    GoldenPathPages(
            Templates paths,
            Forms forms,
            FormAnswers formAnswers,
            AnswerRules rules,
            Starting starting,
            Drafts drafts,
            Tasks tasks,
            Actions actions,
            Entities entities,
            Rendering rendering,
            Caller caller,
            ObjectMapper json) {
        this.paths = paths;
        this.forms = forms;
        this.formAnswers = formAnswers;
        this.rules = rules;
        this.starting = starting;
        this.drafts = drafts;
        this.tasks = tasks;
        this.actions = actions;
        this.entities = entities;
        this.rendering = rendering;
        this.caller = caller;
        this.json = json;
    }

    @GET
    public TemplateInstance list(@RestQuery @Nullable String type, @RestQuery @Nullable String q) {
        // Whoever looks at the list may soon begin one.
        Thread.ofVirtual().name("rendering-warm").start(rendering::warm);
        var all = paths.list();
        var usual = tasks.usualOfAll();
        var titles =
                entities.titles(
                        all.stream()
                                .flatMap(e -> e.owner().stream())
                                .map(EntityRef::toString)
                                .toList());
        var typed = q == null ? "" : q.strip();
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
                        all.size()));
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
                takes(usual.get(ref.toString())),
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

    static @Nullable String takes(@Nullable Duration usual) {
        if (usual == null) {
            return null;
        }
        return usual.toSeconds() < 2
                ? "about a second"
                : usual.toSeconds() < 90
                        ? "about %d seconds".formatted(usual.toSeconds())
                        : "about %d minutes".formatted((usual.toSeconds() + 30) / 60);
    }

    @GET
    @Path("actions")
    public TemplateInstance actions() throws JsonProcessingException {
        var views = new ArrayList<ActionView>();
        for (var action : actions.all()) {
            views.add(
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
        return Html.actions(views);
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

    private EntityRef ref(String namespace, String name) {
        try {
            return new EntityRef(Template.KIND, namespace, name);
        } catch (IllegalArgumentException e) {
            throw new NotFound("There is no golden path of this address.");
        }
    }

    private About about(Template template) {
        var deeds =
                template.steps().stream()
                        .map(
                                step ->
                                        new Deed(
                                                step.name().contains("${{")
                                                        ? step.action()
                                                        : step.name(),
                                                step.action(),
                                                actions.find(step.action()).isPresent(),
                                                step.approval().isObject()))
                        .toList();
        return new About(
                template.ref().toString(),
                template.address(),
                template.title(),
                template.description(),
                template.owner() == null ? "nobody" : Figures.actor(template.owner()),
                template.version(),
                takes(tasks.usual(template.ref()).orElse(null)),
                template.annotation("atelier.dev/cost").orElse(null),
                template.annotation("atelier.dev/undo").orElse(null),
                deeds,
                template.approval().isObject(),
                caller.may(Permission.TEMPLATE_RUN, template.ref().toString()));
    }

    private static List<Stage> stages(Template template, int current) {
        var stages = new ArrayList<Stage>();
        for (int i = 0; i < template.pages().size(); i++) {
            stages.add(new Stage(template.pages().get(i).title(), i < current, i == current));
        }
        stages.add(new Stage("Review", false, current == template.pages().size()));
        return stages;
    }

    /** The first page, before there is a draft; what is in the address is answered already. */
    @GET
    @Path("{namespace}/{name}")
    public TemplateInstance first(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @RestQuery @Nullable String formData) {
        var template = paths.get(ref(namespace, name));
        var answers = json.createObjectNode();
        if (formData != null && json(formData) instanceof ObjectNode given) {
            answers = given;
        }
        return form(template, 0, answers, Map.of(), template.address(), null);
    }

    private @Nullable JsonNode json(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private TemplateInstance form(
            Template template,
            int number,
            ObjectNode answers,
            Map<String, String> faults,
            String action,
            Drafts.@Nullable Draft draft) {
        if (template.pages().isEmpty()) {
            return Html.form(
                    new FormPage(
                            about(template),
                            "Nothing to answer",
                            "This golden path asks nothing.",
                            stages(template, 0),
                            List.of(),
                            faults,
                            action,
                            null,
                            draft != null,
                            true));
        }
        var page = template.pages().get(number);
        var full = rules.withDefaults(page.schema(), answers);
        return Html.form(
                new FormPage(
                        about(template),
                        page.title(),
                        page.description(),
                        stages(template, number),
                        forms.questions(page.schema(), full, faults),
                        faults,
                        action,
                        draft != null && number > 0 ? draft.address() + "/" + number : null,
                        draft != null,
                        number == template.pages().size() - 1));
    }

    /** Takes the answers of the first page. */
    @POST
    @Limited(Limit.REQUESTS)
    @Path("{namespace}/{name}")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response begin(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            MultivaluedMap<String, String> form) {
        var template = paths.get(ref(namespace, name));
        caller.require(Permission.TEMPLATE_RUN, template.ref().toString());
        if (template.pages().isEmpty()) {
            return to(
                    drafts.create(template.ref(), json.createObjectNode(), Map.of()).address()
                            + "/review");
        }
        var schema = template.pages().getFirst().schema();
        var read = formAnswers.read(schema, json.createObjectNode(), form);
        if (changes(form)) {
            return Response.ok(
                            form(template, 0, read.answers(), Map.of(), template.address(), null))
                    .build();
        }
        var faults = rules.faults(schema, read.answers());
        if (!faults.isEmpty() && !form.containsKey("_save")) {
            return Response.status(422)
                    .entity(form(template, 0, read.answers(), faults, template.address(), null))
                    .build();
        }
        var draft = drafts.create(template.ref(), read.answers(), read.secrets());
        return form.containsKey("_save") ? to("/golden-paths") : to(next(template, draft, 0));
    }

    /** Whether only the questions are to be drawn anew. */
    private static boolean changes(MultivaluedMap<String, String> form) {
        return form.containsKey(Forms.ADD)
                || form.containsKey(Forms.REMOVE)
                || form.containsKey("_look");
    }

    private static String next(Template template, Drafts.Draft draft, int number) {
        return number + 1 < template.pages().size()
                ? draft.address() + "/" + (number + 2)
                : draft.address() + "/review";
    }

    @GET
    @Path("drafts/{id}/{page}")
    public TemplateInstance page(@PathParam("id") String id, @PathParam("page") String page) {
        var draft = drafts.get(id);
        var template = paths.get(draft.template());
        int number = number(template, page);
        return form(
                template, number, draft.answers(), Map.of(), draft.address() + "/" + page, draft);
    }

    private static int number(Template template, String page) {
        int number = page.matches("[0-9]{1,3}") ? Integer.parseInt(page) : 0;
        if (number < 1 || number > Math.max(1, template.pages().size())) {
            throw new NotFound("This golden path has no page %s.".formatted(page));
        }
        return number - 1;
    }

    @POST
    @Path("drafts/{id}/{page}")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response answer(
            @PathParam("id") String id,
            @PathParam("page") String page,
            MultivaluedMap<String, String> form) {
        var draft = drafts.get(id);
        var template = paths.get(draft.template());
        int number = number(template, page);
        if (template.pages().isEmpty()) {
            return to(draft.address() + "/review");
        }
        var schema = template.pages().get(number).schema();
        var read = formAnswers.read(schema, draft.answers(), form);
        var address = draft.address() + "/" + (number + 1);
        if (changes(form)) {
            return Response.ok(form(template, number, read.answers(), Map.of(), address, draft))
                    .build();
        }
        var faults = rules.faults(schema, read.answers());
        drafts.update(draft, read.answers(), read.secrets());
        if (form.containsKey("_save")) {
            return to("/golden-paths");
        }
        if (!faults.isEmpty()) {
            return Response.status(422)
                    .entity(form(template, number, read.answers(), faults, address, draft))
                    .build();
        }
        return to(next(template, draft, number));
    }

    @GET
    @Path("drafts/{id}/review")
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
                        about(template),
                        stages(template, template.pages().size()),
                        answered,
                        request.toPrettyString(),
                        draft.address() + "/review",
                        template.pages().isEmpty()
                                ? template.address()
                                : draft.address() + "/" + template.pages().size(),
                        faults));
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
    @Path("drafts/{id}/review")
    public Response run(@PathParam("id") String id) {
        var draft = drafts.get(id);
        var template = paths.get(draft.template());
        try {
            var task = starting.start(template, draft.answers(), drafts.secrets(draft));
            drafts.drop(draft);
            return to(task.address());
        } catch (Starting.WrongAnswers e) {
            var answers = starting.completed(template, draft.answers());
            return Response.status(422).entity(review(template, draft, answers, e.faults)).build();
        }
    }

    @POST
    @Path("drafts/{id}/deletion")
    public Response drop(@PathParam("id") String id) {
        drafts.drop(drafts.get(id));
        return to("/golden-paths");
    }

    private static Response to(String address) {
        return Response.seeOther(URI.create(address)).build();
    }
}
