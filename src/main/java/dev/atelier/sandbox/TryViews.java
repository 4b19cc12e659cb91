package dev.atelier.sandbox;

import dev.atelier.identity.Caller;
import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.models.Model;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws what the Try it page shows, from what was asked and what came of it. */
@ApplicationScoped
class TryViews {

    private static final int RECENT = 8;
    private static final int MOST_OFFERED = 100;

    /** A run of the model, in ns; slower ones are explained when somebody asks. */
    private static final long QUICK = 20_000_000;

    private final Versions versions;
    private final Calls calls;
    private final Caller caller;

    TryViews(Versions versions, Calls calls, Caller caller) {
        this.versions = versions;
        this.calls = calls;
        this.caller = caller;
    }

    /**
     * What was run and kept.
     *
     * @param stored whether it is shown as it was kept, without a run
     */
    record Kept(Calls.Call call, Form form, boolean stored) {
        @Nullable String error() {
            return call.failed() ? call.summary() : null;
        }
    }

    record Page(
            Model model,
            ModelVersion version,
            Form form,
            Entries entries,
            @Nullable Integer beside,
            List<Kept> outcomes,
            @Nullable Kept first) {}

    TryView view(Page page, UriInfo uri, int example, @Nullable Invalid wrong, boolean swapped) {
        var version = page.version;
        var form = page.form;
        var home = "/models/" + version.model();
        var filesAt = filesAt(version);
        var errors = new HashMap<String, String>();
        var complaints = new ArrayList<TryView.Complaint>();
        if (wrong != null) {
            for (var field : wrong.fields()) {
                errors.put(field.name(), field.reason());
                complaints.add(
                        new TryView.Complaint(
                                "f-" + field.name().replaceAll("[^A-Za-z0-9_-]", "-"),
                                label(form, field.name()),
                                field.reason()));
            }
        }
        var call = page.first == null ? null : page.first.call;
        Control.Address seen =
                (field, value) ->
                        Uploads.isKept(value) && call != null
                                ? home + "/calls/" + call.id() + "/uploads/" + field.name()
                                : filesAt + "/" + value;
        var aliases = new HashMap<Integer, String>();
        page.model.aliases().forEach((alias, number) -> aliases.put(number, alias));
        var examples = form.description().examples();
        var outcomes = page.outcomes.stream().map(kept -> outcome(kept, home, filesAt)).toList();
        return new TryView(
                home,
                home + "/try",
                home + "/calls",
                filesAt,
                "/v2/models/%s/versions/%d/openapi.json"
                        .formatted(version.model(), version.number()),
                version.number(),
                page.beside,
                versions.list(page.model, offered(page)).stream()
                        .filter(ModelVersion::servable)
                        .map(v -> new TryView.Choice(v.number(), aliases.get(v.number())))
                        .toList(),
                indexed(examples.stream().map(e -> e.title()).toList()),
                example,
                example < 0 || example >= examples.size() ? null : examples.get(example).title(),
                example < 0 || example >= examples.size() ? null : expected(examples.get(example)),
                form.description().notes(),
                (int) form.fields().stream().filter(f -> f.type() != FieldType.CONSTANT).count(),
                Control.groups(form, page.entries, errors, seen),
                form.advanced().stream()
                        .flatMap(f -> Control.of(f, form, page.entries, errors, seen).stream())
                        .toList(),
                wrong == null ? null : wrong.detail(),
                complaints,
                outcomes,
                page.outcomes.size() < 2
                        ? null
                        : Beside.of(page.outcomes.get(0).call, page.outcomes.get(1).call)
                                .orElse(null),
                call == null || (call.failed() && call.request() == null)
                        ? null
                        : new Snippets(
                                uri.getBaseUri()
                                        + "v2/models/%s/versions/%d/infer"
                                                .formatted(version.model(), version.number()),
                                call.request()),
                call == null ? null : home + "/calls/" + call.id() + "/request.json",
                calls.recent(version.model(), caller.entityRef(), RECENT).stream()
                        .map(c -> recent(c, form))
                        .toList(),
                said(page),
                swapped);
    }

    /** The newest, and the one that is open however old it is. */
    private static List<Integer> offered(Page page) {
        var numbers = new ArrayList<>(page.model.newest(MOST_OFFERED));
        if (!numbers.contains(page.version.number())) {
            numbers.add(page.version.number());
        }
        return numbers;
    }

    private static TryView.Outcome outcome(Kept kept, String home, String filesAt) {
        var call = kept.call;
        var took = call.took();
        var picture =
                kept.form.fields().stream().filter(f -> f.type() == FieldType.IMAGE).findFirst();
        var kind = Explanations.kind(kept.form, call).orElse(null);
        return new TryView.Outcome(
                call.id(),
                home + "/calls/" + call.id(),
                call.version(),
                call.at(),
                kept.stored,
                call.verdict(),
                kept.error(),
                call.summary(),
                TryView.Timing.of(took),
                TryView.millis(took.total()),
                kind == null ? "" : kind.name().toLowerCase(Locale.ROOT),
                kind == Explanations.Kind.FIELDS || took.run() < QUICK,
                picture.map(f -> pictureAt(f, call, home, filesAt)).orElse(null));
    }

    /** What the example's card says comes out, where that is a word. */
    private static @Nullable String expected(ModelInterface.Example example) {
        var expect = example.expect();
        return expect != null && expect.isTextual() ? expect.asText() : null;
    }

    /** Boxes with a threshold of somebody's choice. */
    BoxesView found(Calls.Call call, Boxes boxes, double at) {
        var home = "/models/" + call.model();
        var address = home + "/calls/" + call.id();
        return new BoxesView("found-" + call.id(), address + "/found", pictureOf(call), boxes, at);
    }

    /** Where the picture of a call can be seen. */
    @Nullable String pictureOf(Calls.Call call) {
        var version = versions.ready(call.model(), Integer.toString(call.version()));
        return Form.of(version)
                .field(FieldType.IMAGE)
                .map(f -> pictureAt(f, call, "/models/" + call.model(), filesAt(version)))
                .orElse(null);
    }

    private static String filesAt(ModelVersion version) {
        return "/api/v1/models/%s/versions/%d/files".formatted(version.model(), version.number());
    }

    private static String pictureAt(Field field, Calls.Call call, String home, String filesAt) {
        var value = call.entries().getOrDefault(field.name(), List.of("")).getFirst();
        return Uploads.isKept(value)
                ? home + "/calls/" + call.id() + "/uploads/" + field.name()
                : filesAt + "/" + value;
    }

    private static TryView.Recent recent(Calls.Call call, Form form) {
        var input = new ArrayList<String>();
        for (var field : form.fields()) {
            var texts = call.entries().getOrDefault(field.name(), List.of());
            if (input.size() < 3 && field.type() != FieldType.CONSTANT && !texts.isEmpty()) {
                var text = texts.getFirst();
                input.add(
                        Uploads.isKept(text)
                                ? "upload"
                                : text.length() > 40 ? text.substring(0, 40) + "…" : text);
            }
        }
        return new TryView.Recent(
                call.id(),
                call.at(),
                String.join(", ", input),
                call.version(),
                call.summary(),
                TryView.millis(call.took().total()));
    }

    private static String said(Page page) {
        return page.first == null
                ? ""
                : page.first.call.failed()
                        ? "No answer: " + page.first.call.summary()
                        : "Result: " + page.first.call.summary();
    }

    private static String label(Form form, String name) {
        return form.fields().stream()
                .filter(f -> f.name().equals(name))
                .findFirst()
                .map(Field::label)
                .orElse(name);
    }

    private static List<TryView.ExampleLink> indexed(List<String> titles) {
        var links = new ArrayList<TryView.ExampleLink>();
        for (var title : titles) {
            links.add(new TryView.ExampleLink(links.size(), title));
        }
        return links;
    }
}
