package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.NotFound;
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
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The questions of a golden path, a page each; answers so far are a draft. */
@Path("/golden-paths")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class WizardPages {

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance form(FormPage page);
    }

    /**
     * A page of questions.
     *
     * @param link what an address brought; null when it brought nothing
     */
    public record FormPage(
            Abouts.About about,
            String title,
            String description,
            List<Abouts.Stage> stages,
            List<Question> questions,
            Map<String, String> faults,
            String action,
            @Nullable String back,
            boolean draft,
            boolean last,
            boolean files,
            @Nullable Link link) {

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

    /**
     * Answers that an address brought.
     *
     * @param answers as JSON, for those of later pages
     */
    public record Link(String note, boolean taken, String answers) {}

    /** A fault, and the id of its field. */
    public record Fault(String id, String reason) {}

    private final Templates paths;
    private final Forms forms;
    private final FormAnswers formAnswers;
    private final AnswerRules rules;
    private final Prefill prefill;
    private final Drafts drafts;
    private final Abouts abouts;
    private final Caller caller;
    private final ObjectMapper json;

    WizardPages(
            Templates paths,
            Forms forms,
            FormAnswers formAnswers,
            AnswerRules rules,
            Prefill prefill,
            Drafts drafts,
            Abouts abouts,
            Caller caller,
            ObjectMapper json) {
        this.paths = paths;
        this.forms = forms;
        this.formAnswers = formAnswers;
        this.rules = rules;
        this.prefill = prefill;
        this.drafts = drafts;
        this.abouts = abouts;
        this.caller = caller;
        this.json = json;
    }

    static EntityRef ref(String namespace, String name) {
        try {
            return new EntityRef(Template.KIND, namespace, name);
        } catch (IllegalArgumentException e) {
            throw new NotFound("There is no golden path of this address.");
        }
    }

    /** The first page, before there is a draft; what is in the address is answered already. */
    @GET
    @Path("{namespace}/{name}")
    public TemplateInstance first(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @RestQuery @Nullable String formData) {
        var template = paths.get(ref(namespace, name));
        var given = prefill.read(template, formData);
        return form(template, 0, given.answers(), Map.of(), template.address(), null, link(given));
    }

    private static @Nullable Link link(Prefill.Given given) {
        return given.note() == null
                ? null
                : new Link(given.note(), given.taken(), given.answers().toString());
    }

    private TemplateInstance form(
            Template template,
            int number,
            ObjectNode answers,
            Map<String, String> faults,
            String action,
            Drafts.@Nullable Draft draft,
            @Nullable Link link) {
        if (template.pages().isEmpty()) {
            return Html.form(
                    new FormPage(
                            abouts.of(template),
                            "Nothing to answer",
                            "This golden path asks nothing.",
                            Abouts.stages(template, 0),
                            List.of(),
                            faults,
                            action,
                            null,
                            draft != null,
                            true,
                            false,
                            link));
        }
        var page = template.pages().get(number);
        var full = rules.withDefaults(page.schema(), answers);
        return Html.form(
                new FormPage(
                        abouts.of(template),
                        page.title(),
                        page.description(),
                        Abouts.stages(template, number),
                        forms.questions(page.schema(), full, faults),
                        faults,
                        action,
                        draft != null && number > 0 ? draft.address() + "/" + number : null,
                        draft != null,
                        number == template.pages().size() - 1,
                        !Forms.files(page.schema()).isEmpty(),
                        link));
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
        return begin(runnable(namespace, name), form, false);
    }

    /** A golden path that the caller may run. */
    Template runnable(String namespace, String name) {
        var template = paths.get(ref(namespace, name));
        caller.require(Permission.TEMPLATE_RUN, template.ref().toString());
        return template;
    }

    /**
     * @param uploaded whether files came along: they are kept with a draft, also when other answers
     *     need another look
     */
    Response begin(Template template, MultivaluedMap<String, String> form, boolean uploaded) {
        if (template.pages().isEmpty()) {
            return to(
                    drafts.create(template.ref(), json.createObjectNode(), Map.of(), null).address()
                            + "/review");
        }
        var schema = template.pages().getFirst().schema();
        var given = prefill.read(template, form.getFirst(Prefill.NAME));
        var read = formAnswers.read(schema, given.answers(), form);
        boolean changes = changes(form);
        if (changes && !uploaded) {
            return Response.ok(again(template, read.answers(), Map.of(), given)).build();
        }
        var faults = changes ? Map.<String, String>of() : rules.faults(schema, read.answers());
        if (uploaded && (changes || !faults.isEmpty())) {
            var draft = drafts.create(template.ref(), read.answers(), read.secrets(), null);
            return Response.status(changes ? 200 : 422)
                    .entity(
                            form(
                                    template,
                                    0,
                                    draft.answers(),
                                    faults,
                                    draft.address() + "/1",
                                    draft,
                                    null))
                    .build();
        }
        if (!faults.isEmpty() && !form.containsKey("_save")) {
            return Response.status(422)
                    .entity(again(template, read.answers(), faults, given))
                    .build();
        }
        var draft = drafts.create(template.ref(), read.answers(), read.secrets(), null);
        return form.containsKey("_save") ? to("/golden-paths") : to(next(template, draft, 0));
    }

    private TemplateInstance again(
            Template template,
            ObjectNode answers,
            Map<String, String> faults,
            Prefill.Given given) {
        return form(template, 0, answers, faults, template.address(), null, link(given));
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
                template,
                number,
                draft.answers(),
                Map.of(),
                draft.address() + "/" + page,
                draft,
                null);
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
        return answer(drafts.get(id), page, form, false);
    }

    /** The schema of a page of a draft. */
    JsonNode schema(Drafts.Draft draft, String page) {
        var template = paths.get(draft.template());
        int number = number(template, page);
        return template.pages().isEmpty()
                ? json.createObjectNode()
                : template.pages().get(number).schema();
    }

    Response answer(
            Drafts.Draft draft,
            String page,
            MultivaluedMap<String, String> form,
            boolean uploaded) {
        var template = paths.get(draft.template());
        int number = number(template, page);
        if (template.pages().isEmpty()) {
            return to(draft.address() + "/review");
        }
        var schema = template.pages().get(number).schema();
        var read = formAnswers.read(schema, draft.answers(), form);
        var address = draft.address() + "/" + (number + 1);
        if (changes(form)) {
            if (uploaded) {
                drafts.update(draft, read.answers(), read.secrets());
            }
            return Response.ok(
                            form(template, number, read.answers(), Map.of(), address, draft, null))
                    .build();
        }
        var faults = rules.faults(schema, read.answers());
        drafts.update(draft, read.answers(), read.secrets());
        if (form.containsKey("_save")) {
            return to("/golden-paths");
        }
        if (!faults.isEmpty()) {
            return Response.status(422)
                    .entity(form(template, number, read.answers(), faults, address, draft, null))
                    .build();
        }
        return to(next(template, draft, number));
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
