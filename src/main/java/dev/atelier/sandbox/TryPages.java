package dev.atelier.sandbox;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.Tensor;
import dev.atelier.models.Model;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Unavailable;
import dev.atelier.platform.web.Browser;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.server.multipart.MultipartFormDataInput;
import org.jspecify.annotations.Nullable;

/** The Try it tab of a model: its form, its calls, why and what if. */
@Path("/models/{model}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_TRY, model = "model")
public class TryPages {

    @CheckedTemplate(basePath = "sandbox")
    static class Templates {
        static native TemplateInstance tryit(EntityShell shell, TryView view);

        static native TemplateInstance tryit$outcome(TryView view);

        static native TemplateInstance tryit$code(TryView view);

        static native TemplateInstance tryit$recent(TryView view);

        static native TemplateInstance boxes(BoxesView view);

        static native TemplateInstance why(EntityShell shell, WhyView view);

        static native TemplateInstance why$panel(WhyView view);

        static native TemplateInstance whatif(EntityShell shell, WhatIfView view);

        static native TemplateInstance whatif$panel(WhatIfView view);
    }

    private final Entities entities;
    private final EntityShells shells;
    private final TryViews views;
    private final Models models;
    private final Versions versions;
    private final Trial trial;
    private final Explanations explanations;
    private final Calls calls;
    private final Uploads uploads;
    private final Caller caller;
    private final RoutingContext routing;

    TryPages(
            Entities entities,
            EntityShells shells,
            TryViews views,
            Models models,
            Versions versions,
            Trial trial,
            Explanations explanations,
            Calls calls,
            Uploads uploads,
            Caller caller,
            RoutingContext routing) {
        this.entities = entities;
        this.shells = shells;
        this.views = views;
        this.models = models;
        this.versions = versions;
        this.trial = trial;
        this.explanations = explanations;
        this.calls = calls;
        this.uploads = uploads;
        this.caller = caller;
        this.routing = routing;
    }

    @GET
    @Path("try")
    public TemplateInstance page(
            @PathParam("model") String model,
            @RestQuery @Nullable String version,
            @RestQuery @Nullable Integer example,
            @RestQuery @Nullable UUID call,
            @RestQuery @Nullable UUID beside,
            @Context UriInfo uri) {
        if (call != null) {
            return reopened(model, call, beside, uri);
        }
        var entity = entity(model);
        var found = models.of(entity).orElseThrow(() -> noneReady(model));
        var wanted = version == null ? found.serving() : version;
        if (wanted == null) {
            throw noneReady(model);
        }
        var subject = versions.ready(found, wanted.toString());
        var form = Form.of(subject);
        var examples = form.description().examples();
        var chosen =
                examples.isEmpty()
                        ? -1
                        : Math.clamp(example == null ? 0 : example, 0, examples.size() - 1);
        var entries =
                chosen < 0 ? Entries.presets(form) : Entries.example(form, examples.get(chosen));
        var page = new TryViews.Page(found, subject, form, entries, null, List.of(), null);
        return Templates.tryit(shell(entity), views.view(page, uri, chosen, null, false));
    }

    @Limited(Limit.TRIALS)
    @POST
    @Path("calls")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response call(
            @PathParam("model") String model,
            MultipartFormDataInput input,
            @Context HttpHeaders headers,
            @Context UriInfo uri) {
        var given = uploads.read(input);
        var found = models.get(model);
        var subject = versions.ready(found, given.single("version").orElse("0"));
        var beside =
                given.single("with").filter(v -> !v.isEmpty()).map(v -> versions.ready(found, v));
        var form = Form.of(subject);
        var entries = new Entries(given.entries(form));
        var htmx = Browser.of(headers) == Browser.HTMX;
        try {
            given.check();
            var contents = uploads.contents(subject, form, entries, given.files());
            var outcomes = new ArrayList<TryViews.Kept>();
            outcomes.add(run(subject, form, entries, contents, given.files()));
            beside.ifPresent(
                    other ->
                            outcomes.add(
                                    run(other, Form.of(other), entries, contents, given.files())));
            var first = outcomes.getFirst();
            var reopen = reopen(model, outcomes);
            if (!htmx) {
                return Response.seeOther(URI.create(reopen)).build();
            }
            var page =
                    new TryViews.Page(
                            found,
                            subject,
                            form,
                            entries,
                            beside.map(ModelVersion::number).orElse(null),
                            outcomes,
                            first);
            return answer(views.view(page, uri, -1, null, true))
                    .header("HX-Push-Url", reopen)
                    .build();
        } catch (Invalid wrong) {
            var page = new TryViews.Page(found, subject, form, entries, null, List.of(), null);
            var view = views.view(page, uri, -1, wrong, htmx);
            return htmx
                    ? Response.status(422).entity(Templates.tryit$outcome(view).render()).build()
                    : Response.status(422)
                            .entity(Templates.tryit(shell(entity(model)), view).render())
                            .build();
        }
    }

    @Limited(Limit.TRIALS)
    @GET
    @Path("calls/{id}/why")
    public TemplateInstance why(
            @PathParam("model") String model,
            @PathParam("id") UUID id,
            @Context HttpHeaders headers) {
        var opened = open(model, id);
        var back = "/models/" + model + "/try?call=" + id;
        var address = "/models/" + model + "/calls/" + id + "/why";
        var view = explained(opened, "why-" + id, address, back);
        return Browser.of(headers) == Browser.HTMX
                ? Templates.why$panel(view)
                : Templates.why(shell(entity(model)), view);
    }

    /** Any of the explanations, or a sentence that says why there is none. */
    private WhyView explained(Opened opened, String id, String address, String back) {
        // The proxy belongs to this request; what it stands for may be asked from anywhere.
        var response = routing.response();
        BooleanSupplier gone = response::closed;
        var kind = Explanations.kind(opened.form, opened.call);
        if (kind.isEmpty()) {
            return WhyView.none(
                    id, "This model gives no single number that could be explained.", "", back);
        }
        try {
            var subject =
                    new Explanations.Subject(
                            opened.version,
                            opened.form,
                            opened.entries,
                            uploads.contents(opened.version, opened.form, opened.entries, Map.of()),
                            opened.call);
            return switch (kind.get()) {
                case FIELDS ->
                        new WhyView(
                                id, explanations.fields(subject), null, null, "", address, back);
                case WORDS ->
                        new WhyView(
                                id,
                                null,
                                explanations.words(subject, gone),
                                null,
                                "",
                                address,
                                back);
                case PATCHES ->
                        new WhyView(
                                id,
                                null,
                                null,
                                explanations.patches(subject, views.pictureOf(opened.call), gone),
                                "",
                                address,
                                back);
            };
        } catch (Explanations.NotExplained e) {
            return WhyView.none(id, String.valueOf(e.getMessage()), e.again ? address : "", back);
        } catch (Unavailable | Invalid e) {
            return WhyView.none(id, String.valueOf(e.getMessage()), address, back);
        }
    }

    @Limited(Limit.TRIALS)
    @GET
    @Path("calls/{id}/what-if")
    public TemplateInstance whatIf(
            @PathParam("model") String model,
            @PathParam("id") UUID id,
            @RestQuery("field") @Nullable String name,
            @RestQuery @Nullable String at,
            @Context HttpHeaders headers) {
        var opened = open(model, id);
        var fields = Explanations.sweepable(opened.form);
        var field =
                fields.stream()
                        .filter(f -> f.name().equals(name))
                        .findFirst()
                        .orElseGet(fields::getFirst);
        var row = opened.row();
        var asked = row[opened.form.fields().indexOf(field)];
        var looked = at == null || field.type() != FieldType.NUMBER ? asked : Entries.at(field, at);
        WhatIf sweep = null;
        var reason = "";
        try {
            sweep =
                    explanations.whatIf(
                            opened.version, opened.form, row, opened.target(), field, looked);
        } catch (Explanations.NotExplained | Unavailable e) {
            reason = String.valueOf(e.getMessage());
        }
        var view =
                new WhatIfView(
                        "what-if-" + id,
                        fields,
                        sweep,
                        reason,
                        "/models/" + model + "/calls/" + id + "/what-if",
                        "/models/" + model + "/try?call=" + id);
        return Browser.of(headers) == Browser.HTMX
                ? Templates.whatif$panel(view)
                : Templates.whatif(shell(entity(model)), view);
    }

    /** The request of a call, for snippets whose body is too long to print. */
    @GET
    @Path("calls/{id}/request.json")
    @Produces(MediaType.APPLICATION_JSON)
    public Response request(@PathParam("model") String model, @PathParam("id") UUID id) {
        var opened = open(model, id);
        var contents = uploads.contents(opened.version, opened.form, opened.entries, Map.of());
        List<Tensor> request;
        try {
            request = trial.request(opened.version, opened.form, opened.entries, contents);
        } catch (NoAnswer e) {
            throw new Unavailable(String.valueOf(e.getMessage()));
        }
        return Response.ok(RequestJson.of(request))
                .header("Content-Disposition", "attachment; filename=\"request.json\"")
                .build();
    }

    /** Boxes of a call with another threshold. */
    @GET
    @Path("calls/{id}/found")
    public TemplateInstance found(
            @PathParam("model") String model, @PathParam("id") UUID id, @RestQuery double at) {
        var call = open(model, id).call;
        var boxes =
                Optional.ofNullable(call.verdict()).stream()
                        .flatMap(verdict -> verdict.parts().stream())
                        .flatMap(part -> Optional.ofNullable(part.boxes()).stream())
                        .findFirst()
                        .orElseThrow(() -> new NotFound("This answer has no boxes."));
        return Templates.boxes(views.found(call, boxes, Math.clamp(at, 0, 1)));
    }

    /** A picture or recording that somebody sent with a call. */
    @GET
    @Path("calls/{id}/uploads/{field}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    public Response upload(
            @PathParam("model") String model,
            @PathParam("id") UUID id,
            @PathParam("field") String field) {
        var upload =
                Optional.ofNullable(open(model, id).call.entries().get(field))
                        .flatMap(texts -> uploads.kept(texts.getFirst()))
                        .orElseThrow(() -> new NotFound("This call has no such upload."));
        return Response.ok(upload.content())
                .type(upload.mediaType())
                .header("Cache-Control", "private, max-age=86400, immutable")
                .build();
    }

    /** A call with the model it went to. */
    private record Opened(
            Calls.Call call, Model model, ModelVersion version, Form form, Entries entries) {
        Object[] row() {
            return entries.row(form);
        }

        Target target() {
            if (!form.tabular()) {
                throw new NotFound("Only answers of tabular models can be swept.");
            }
            return Explanations.target(form, call)
                    .orElseThrow(
                            () ->
                                    new NotFound(
                                            "This model gives no single number that could be swept."));
        }
    }

    private Opened open(String model, UUID id) {
        var call =
                calls.find(model, id)
                        .filter(one -> one.actor().equals(caller.entityRef()))
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "You made no such call. Calls are kept 30 days."));
        var found = models.get(model);
        var version = versions.ready(found, Integer.toString(call.version()));
        var form = Form.of(version);
        return new Opened(call, found, version, form, new Entries(call.entries()));
    }

    /** The link that shows these answers again. */
    private static String reopen(String model, List<TryViews.Kept> outcomes) {
        var address = "/models/" + model + "/try?call=" + outcomes.getFirst().call().id();
        return outcomes.size() == 1 ? address : address + "&beside=" + outcomes.get(1).call().id();
    }

    /** Kept answers as they were given: versions never change, so nothing has to run again. */
    private TemplateInstance reopened(String model, UUID id, @Nullable UUID beside, UriInfo uri) {
        var opened = open(model, id);
        var outcomes = new ArrayList<TryViews.Kept>();
        outcomes.add(new TryViews.Kept(opened.call, opened.form, true));
        Integer other = null;
        if (beside != null) {
            var second = open(model, beside);
            outcomes.add(new TryViews.Kept(second.call, second.form, true));
            other = second.version.number();
        }
        var page =
                new TryViews.Page(
                        opened.model,
                        opened.version,
                        opened.form,
                        opened.entries,
                        other,
                        outcomes,
                        outcomes.getFirst());
        return Templates.tryit(shell(entity(model)), views.view(page, uri, -1, null, false));
    }

    private TryViews.Kept run(
            ModelVersion version,
            Form form,
            Entries entries,
            Map<String, byte[]> contents,
            Map<String, Calls.Upload> files) {
        var ended = trial.run(version, form, entries, contents);
        var texts = new HashMap<>(entries.texts());
        files.forEach((name, file) -> texts.put(name, List.of(Uploads.reference(file))));
        var verdict = ended.verdict();
        var call =
                new Calls.Call(
                        UUID.randomUUID(),
                        version.model(),
                        version.number(),
                        caller.entityRef(),
                        Instant.now(),
                        texts,
                        verdict == null ? String.valueOf(ended.error()) : verdict.summary(),
                        verdict == null,
                        ended.response(),
                        verdict,
                        Snippets.printed(ended.inputs()),
                        ended.took());
        calls.keep(call, List.copyOf(files.values()));
        return new TryViews.Kept(call, form, false);
    }

    private static Response.ResponseBuilder answer(TryView view) {
        return Response.ok(
                Templates.tryit$outcome(view).render()
                        + Templates.tryit$code(view).render()
                        + Templates.tryit$recent(view).render());
    }

    private Entity entity(String model) {
        return entities.find(EntityRef.of("Model", model))
                .orElseThrow(() -> Resource.unknown(Resource.model(model)));
    }

    private EntityShell shell(Entity entity) {
        return shells.shell(entity, "/models/" + entity.name() + "/try");
    }

    private static NotFound noneReady(String model) {
        return new NotFound("No version of the model \"" + model + "\" is ready.");
    }
}
