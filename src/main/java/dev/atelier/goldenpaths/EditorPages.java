package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityYaml;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * Where templates are written: the text, its questions as they will be asked, and what a run with
 * some answers would make. Nothing is stored.
 */
@Path("/golden-paths/editor")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_REGISTER)
public class EditorPages {

    /** A file that is shown is no longer than this. */
    private static final int SHOWN = 100_000;

    private static final int MOST_SHOWN = 200;
    private static final int LONGEST = 1 << 20;

    private static final String BEGINNING =
            """
            apiVersion: scaffolder.backstage.io/v1beta3
            kind: Template
            metadata:
              name: my-golden-path
              title: My golden path
              description: What it gives whoever runs it.
            spec:
              type: service
              owner: group:default/my-team
              parameters:
                - title: The project
                  required: [name]
                  properties:
                    name:
                      title: Name
                      type: string
                      pattern: '^[a-z][a-z0-9-]*$'
                      default: penguins
              steps:
                - id: write
                  name: Describe it
                  action: catalog:write
                  input:
                    entity:
                      apiVersion: backstage.io/v1alpha1
                      kind: Component
                      metadata: {name: "${{ parameters.name }}"}
                      spec: {type: service, lifecycle: experimental, owner: "${{ user.ref }}"}
              output:
                text:
                  - title: What now
                    content: "**${{ parameters.name }}** is described."
            """;

    @CheckedTemplate(basePath = "goldenpaths")
    static class Html {
        static native TemplateInstance editor(View page);
    }

    /** A page of questions as it will be asked. */
    public record Preview(String title, String description, List<Question> questions) {}

    /**
     * A file that a run would make.
     *
     * @param text null for what is no text, or too long
     */
    public record Made(String path, String size, @Nullable String text) {}

    /** What a dry run gave. */
    public record Trial(
            @Nullable String fault,
            @Nullable String faultStep,
            List<String> log,
            List<Made> files,
            int more,
            String output) {}

    /**
     * The page.
     *
     * @param from reference of the template whose files lie beside it; empty for none
     * @param fault what is wrong with the text
     */
    public record View(
            String text,
            String from,
            @Nullable String fault,
            List<Preview> pages,
            List<String> faults,
            @Nullable Trial trial) {

        /** Whether there is anything to look at beside the text. */
        public boolean read() {
            return fault == null;
        }
    }

    private final Templates paths;
    private final Forms forms;
    private final FormAnswers formAnswers;
    private final AnswerRules rules;
    private final DryRun dryRun;
    private final Caller caller;
    private final ObjectMapper json;

    EditorPages(
            Templates paths,
            Forms forms,
            FormAnswers formAnswers,
            AnswerRules rules,
            DryRun dryRun,
            Caller caller,
            ObjectMapper json) {
        this.paths = paths;
        this.forms = forms;
        this.formAnswers = formAnswers;
        this.rules = rules;
        this.dryRun = dryRun;
        this.caller = caller;
        this.json = json;
    }

    /**
     * @param template reference of one to begin with
     */
    @GET
    public TemplateInstance begin(@RestQuery @Nullable String template) throws IOException {
        var from = template == null ? "" : template;
        var text = from.isEmpty() ? BEGINNING : text(from);
        return look(text, from, json.createObjectNode());
    }

    private String text(String ref) throws IOException {
        var entity = paths.entity(EntityRef.parse(ref, Template.KIND, "default"));
        var base = base(ref);
        if (base != null && base.startsWith("file:")) {
            var file = java.nio.file.Path.of(base.substring("file:".length()));
            if (Files.isRegularFile(file) && Files.size(file) <= LONGEST) {
                return Files.readString(file);
            }
        }
        var document = ((ObjectNode) entity.json()).deepCopy();
        if (document.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove(List.of("uid", "etag"));
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(
                        List.of(
                                "backstage.io/managed-by-location",
                                "backstage.io/managed-by-origin-location"));
            }
        }
        return EntityYaml.write(document);
    }

    /** Where relative addresses of steps begin: beside a template that the caller may run. */
    private @Nullable String base(String ref) {
        if (ref.isEmpty()) {
            return null;
        }
        var template = paths.get(EntityRef.parse(ref, Template.KIND, "default"));
        caller.require(Permission.TEMPLATE_RUN, template.ref().toString());
        return template.base();
    }

    private TemplateInstance look(String text, String from, ObjectNode answers) {
        try {
            var template = read(text, from);
            return Html.editor(
                    new View(
                            text, from, null, pages(template, answers, Map.of()), List.of(), null));
        } catch (Invalid e) {
            return wrong(text, from, e.detail());
        }
    }

    private static TemplateInstance wrong(String text, String from, String reason) {
        return Html.editor(new View(text, from, reason, List.of(), List.of(), null));
    }

    private Template read(String text, String from) {
        if (text.length() > LONGEST) {
            throw new Invalid("A template has at most %d kB.".formatted(LONGEST >> 10));
        }
        try {
            return Template.of(EntityYaml.read(text), base(from));
        } catch (Template.Wrong e) {
            throw new Invalid(String.valueOf(e.getMessage()));
        }
    }

    private List<Preview> pages(Template template, ObjectNode answers, Map<String, String> faults) {
        var pages = new ArrayList<Preview>();
        for (var page : template.pages()) {
            pages.add(
                    new Preview(
                            page.title(),
                            page.description(),
                            forms.questions(
                                    page.schema(),
                                    rules.withDefaults(page.schema(), answers),
                                    faults)));
        }
        return pages;
    }

    /** Reads text and answers again; runs it dry when that is asked for. */
    @POST
    @Limited(Limit.REQUESTS)
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response look(MultivaluedMap<String, String> form)
            throws IOException, InterruptedException {
        var text = form.getFirst("_text") == null ? "" : form.getFirst("_text");
        var from = form.getFirst("_from") == null ? "" : form.getFirst("_from");
        Template template;
        try {
            template = read(text, from);
        } catch (Invalid e) {
            return Response.status(422).entity(wrong(text, from, e.detail())).build();
        }
        var answers = json.createObjectNode();
        var secrets = new LinkedHashMap<String, String>();
        try {
            for (var page : template.pages()) {
                var read = formAnswers.read(page.schema(), answers, form);
                answers = read.answers();
                secrets.putAll(read.secrets());
            }
            if (!form.containsKey("_run")) {
                return Response.ok(look(text, from, answers)).build();
            }
            var trial = trial(dryRun.run(template, answers, secrets, List.of()));
            return Response.ok(
                            Html.editor(
                                    new View(
                                            text,
                                            from,
                                            null,
                                            pages(template, answers, Map.of()),
                                            List.of(),
                                            trial)))
                    .build();
        } catch (Starting.WrongAnswers e) {
            return Response.status(422)
                    .entity(
                            Html.editor(
                                    new View(
                                            text,
                                            from,
                                            null,
                                            pages(template, answers, e.faults),
                                            List.copyOf(e.faults.values()),
                                            null)))
                    .build();
        } catch (Problem e) {
            return Response.status(422).entity(wrong(text, from, e.detail())).build();
        }
    }

    private static Trial trial(JsonNode run) {
        var log = new ArrayList<String>();
        for (var line : run.path("log")) {
            log.add(line.path("body").path("message").asText());
        }
        var files = new ArrayList<Made>();
        var all = run.path("directoryContents");
        for (var file : all) {
            if (files.size() == MOST_SHOWN) {
                break;
            }
            var content = Base64.getDecoder().decode(file.path("base64Content").asText());
            files.add(
                    new Made(
                            file.path("path").asText(),
                            Figures.bytes(content.length),
                            content.length > SHOWN || Skeleton.isBinary(content)
                                    ? null
                                    : new String(content, StandardCharsets.UTF_8)));
        }
        var error = run.path("error");
        return new Trial(
                error.isObject() ? error.path("message").asText() : null,
                error.hasNonNull("stepId") ? error.get("stepId").asText() : null,
                log,
                files,
                all.size() - files.size(),
                run.path("output").isEmpty() ? "" : EntityYaml.write(run.get("output")));
    }
}
