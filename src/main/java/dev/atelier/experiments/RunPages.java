package dev.atelier.experiments;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Figures;
import dev.atelier.platform.web.Markdown;
import io.quarkus.arc.All;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A run for people: what was recorded, but for charts ({@link RunChartPages}) and files ({@link
 * RunFilePages}). Its addresses are those of MLflow's own pages, behind the #.
 */
/** A run for people. Its addresses are those of MLflow's own pages, behind the #. */
@Path("/experiments/{experiment}/runs/{run}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class RunPages {

    private static final int METRICS = 200;
    private static final int SPARK = 32;
    private static final int CHILDREN = 20;
    private static final int OFFERS = 20;

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance run(RunShell shell, Overview page);
    }

    /** What was recorded, but for charts and files. */
    public record Overview(
            @Nullable RawString note,
            String noteSource,
            List<ExperimentPages.Pair> params,
            List<Measured> metrics,
            int moreMetrics,
            List<ExperimentPages.Pair> tags,
            List<ExperimentPages.Pair> internal,
            List<InputRow> inputs,
            List<ModelRow> models,
            int unseenModels,
            List<ChildRow> children,
            @Nullable String moreChildren,
            List<MadeVersions.Made> versions,
            List<Offer> offers,
            Reproduction reproduction,
            @Nullable String fault) {}

    /**
     * A metric with its whole history in short.
     *
     * @param spark path of its curve, empty when there is none
     */
    public record Measured(
            String key,
            String address,
            String last,
            String exact,
            long step,
            String least,
            String greatest,
            String points,
            String spark) {}

    /** Something that a version can be made of. */
    public record Offer(String title, String address) {}

    public record InputRow(String name, String digest, String context, String source) {}

    public record ModelRow(
            String id,
            String name,
            String type,
            String state,
            String mark,
            boolean output,
            String step,
            List<ExperimentPages.Pair> metrics) {}

    public record ChildRow(String address, String name, RunState state, String started) {}

    private final ExperimentShells shells;
    private final Runs runs;
    private final RunValues values;
    private final FullRuns fullRuns;
    private final Curves curves;
    private final LoggedModels models;
    private final RunFiles files;
    private final List<MadeVersions> made;

    RunPages(
            ExperimentShells shells,
            Runs runs,
            RunValues values,
            FullRuns fullRuns,
            Curves curves,
            LoggedModels models,
            RunFiles files,
            @All List<MadeVersions> made) {
        this.shells = shells;
        this.runs = runs;
        this.values = values;
        this.fullRuns = fullRuns;
        this.curves = curves;
        this.models = models;
        this.files = files;
        this.made = made;
    }

    @GET
    public TemplateInstance run(@PathParam("experiment") String id, @PathParam("run") String run) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        return overview(experiment, shells.run(experiment, run), null);
    }

    private TemplateInstance overview(Experiment experiment, Run run, @Nullable String fault) {
        var full = fullRuns.of(run);
        var tags = full.tags();
        var note = tags.getOrDefault(ExperimentShells.NOTE_TAG, "");
        var linked = models.of(full);
        var left = files.left(run, linked);
        var modelRows =
                linked.entrySet().stream()
                        .map(e -> modelRow(e.getKey(), e.getValue(), full))
                        .toList();
        var own =
                runs.children(experiment.id(), List.of(run), CHILDREN + 1)
                        .getOrDefault(run.id(), List.of());
        return Templates.run(
                shells.shell(experiment, full, "overview"),
                new Overview(
                        note.isBlank() ? null : Markdown.html(note),
                        note,
                        pairs(full.params(), _ -> true),
                        measured(full),
                        Math.max(
                                0,
                                (int)
                                                full.metrics().stream()
                                                        .filter(p -> !MetricKeys.system(p.key()))
                                                        .count()
                                        - METRICS),
                        pairs(tags, key -> !key.startsWith("mlflow.")),
                        pairs(
                                tags,
                                key ->
                                        key.startsWith("mlflow.")
                                                && !key.equals(ExperimentShells.NOTE_TAG)
                                                && !key.equals("mlflow.log-model.history")),
                        full.inputs().stream().map(RunPages::inputRow).toList(),
                        modelRows,
                        full.unseen(),
                        own.stream()
                                .limit(CHILDREN)
                                .map(
                                        child ->
                                                new ChildRow(
                                                        child.address(),
                                                        child.name(),
                                                        RunState.of(child.status()),
                                                        Figures.minute(
                                                                Instant.ofEpochMilli(
                                                                        child.startTime()))))
                                .toList(),
                        own.size() > CHILDREN
                                ? "/experiments/%d?filter=%s"
                                        .formatted(
                                                experiment.id(),
                                                Queries.encoded(
                                                        "tags.`%s` = '%s'"
                                                                .formatted(
                                                                        RunTables.PARENT_TAG,
                                                                        run.hex())))
                                : null,
                        made.stream().flatMap(one -> one.of(run).stream()).toList(),
                        offers(left),
                        Reproduction.of(full, left.environment(), shells.tracking()),
                        fault));
    }

    private static List<ExperimentPages.Pair> pairs(
            Map<String, String> all, Predicate<String> keys) {
        return all.entrySet().stream()
                .filter(pair -> keys.test(pair.getKey()))
                .map(pair -> new ExperimentPages.Pair(pair.getKey(), pair.getValue()))
                .toList();
    }

    private List<Measured> measured(FullRun full) {
        var shown =
                full.metrics().stream()
                        .filter(point -> !MetricKeys.system(point.key()))
                        .limit(METRICS)
                        .toList();
        var drawn = curves.of(full.run(), shown.stream().map(Metrics.Point::key).toList(), SPARK);
        return shown.stream()
                .map(
                        point -> {
                            var curve = drawn.getOrDefault(point.key(), List.of());
                            var least = curve.stream().mapToDouble(Curves.Bucket::least).min();
                            var greatest =
                                    curve.stream().mapToDouble(Curves.Bucket::greatest).max();
                            return new Measured(
                                    point.key(),
                                    full.run().address()
                                            + "/charts?key="
                                            + Queries.encoded(point.key()),
                                    Figures.number(point.value()),
                                    Double.toString(point.value()),
                                    point.step(),
                                    least.isPresent() ? Figures.number(least.getAsDouble()) : "",
                                    greatest.isPresent()
                                            ? Figures.number(greatest.getAsDouble())
                                            : "",
                                    Figures.count(
                                            curve.stream().mapToLong(Curves.Bucket::points).sum()),
                                    Plot.spark(curve));
                        })
                .toList();
    }

    private static InputRow inputRow(RunLinks.Input input) {
        var set = input.dataSet();
        return new InputRow(
                set.name(),
                set.digest(),
                input.tags().getOrDefault("mlflow.data.context", ""),
                DataSetSource.words(set.sourceType(), set.source()));
    }

    private ModelRow modelRow(LoggedModel model, boolean output, FullRun full) {
        return new ModelRow(
                model.text(),
                model.name(),
                model.modelType() == null ? "" : model.modelType(),
                switch (model.status()) {
                    case PENDING -> "Being uploaded";
                    case READY -> "Ready";
                    case UPLOAD_FAILED -> "Upload failed";
                },
                switch (model.status()) {
                    case PENDING -> "run";
                    case READY -> "ok";
                    case UPLOAD_FAILED -> "fail";
                },
                output,
                full.modelOutputs().stream()
                        .filter(link -> link.model().equals(model.id()))
                        .map(link -> "step " + link.step())
                        .findFirst()
                        .orElse(""),
                model.metrics().stream()
                        .map(
                                metric ->
                                        new ExperimentPages.Pair(
                                                metric.point().key()
                                                        + (metric.dataSetName().isEmpty()
                                                                ? ""
                                                                : " on " + metric.dataSetName()),
                                                Figures.number(metric.point().value())))
                        .toList());
    }

    /** What versions can be made of. */
    private List<Offer> offers(RunFiles.Left left) {
        return made.stream()
                .flatMap(
                        registry ->
                                left.models().entrySet().stream()
                                        .map(
                                                one ->
                                                        new Offer(
                                                                one.getKey(),
                                                                registry.registration(
                                                                        one.getValue()))))
                .limit(OFFERS)
                .toList();
    }

    // Changes -------------------------------------------------------------------------------------

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("note")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response note(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @FormParam("note") @Nullable String note) {
        return changed(
                id,
                run,
                "#note",
                one ->
                        values.annotate(
                                one, ExperimentShells.NOTE_TAG, note == null ? "" : note.strip()));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("tags")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response tag(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @FormParam("key") @Nullable String key,
            @FormParam("value") @Nullable String value) {
        return changed(
                id,
                run,
                "#tags",
                one ->
                        values.annotate(
                                one,
                                key == null ? "" : key.strip(),
                                value == null ? "" : value.strip()));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("tags/removal")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response untag(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @FormParam("key") @Nullable String key) {
        return changed(id, run, "#tags", one -> values.removeTag(one, key == null ? "" : key));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("name")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response rename(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @FormParam("name") @Nullable String name) {
        var wish = name == null ? "" : name.strip();
        return changed(
                id,
                run,
                "",
                one -> {
                    if (wish.isEmpty()) {
                        throw new Invalid("A run needs a name.");
                    }
                    values.annotate(one, Runs.NAME_TAG, wish);
                });
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("deletion")
    public Response delete(@PathParam("experiment") String id, @PathParam("run") String run) {
        return changed(id, run, "", runs::delete);
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("restoration")
    public Response restore(@PathParam("experiment") String id, @PathParam("run") String run) {
        return changed(id, run, "", runs::restore);
    }

    private Response changed(String id, String run, String part, Consumer<Run> change) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_RECORD);
        var found = shells.run(experiment, run);
        try {
            change.accept(found);
        } catch (Invalid e) {
            return Response.status(422).entity(overview(experiment, found, e.detail())).build();
        }
        return Response.seeOther(URI.create(found.address() + part)).build();
    }
}
