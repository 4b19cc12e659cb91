package dev.atelier.experiments;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
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
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** A run for people. Its addresses are those of MLflow's own pages, behind the #. */
@Path("/experiments/{experiment}/runs/{run}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class RunPages {

    /** Charts on one page: what is drawn is read, however long it is. */
    private static final int CHARTS = 12;

    private static final int METRICS = 200;
    private static final int SPARK = 32;
    private static final int WIDTH = 400;

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance run(RunShell shell, Overview page);

        static native TemplateInstance charts(RunShell shell, Charts page);

        static native TemplateInstance artifacts(RunShell shell, Files page);
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

    public record InputRow(
            String name, String digest, String context, String sourceType, String source) {}

    public record ModelRow(
            String id,
            String name,
            String type,
            String state,
            String mark,
            boolean output,
            String step,
            List<ExperimentPages.Pair> metrics,
            List<FileRow> files) {}

    public record ChildRow(String address, String name, RunState state, String started) {}

    /**
     * Charts of metrics, some at a time.
     *
     * @param keys all of them
     */
    public record Charts(
            List<Plot> plots,
            List<String> keys,
            List<String> chosen,
            String q,
            String axis,
            boolean logarithmic,
            int smoothing,
            int from,
            int count,
            @Nullable String before,
            @Nullable String after,
            String address,
            List<String> files) {}

    /** A folder, with one file of it opened. */
    public record Files(
            String holder,
            List<Step> trail,
            List<FileRow> entries,
            List<Root> roots,
            @Nullable Opened opened) {}

    public record Step(String name, String address) {}

    /** Where files lie: the run, or a model that it logged. */
    public record Root(String title, String address, boolean current) {}

    public record FileRow(String name, String address, boolean folder, long size, boolean open) {}

    /**
     * @param picture address of what an image shows
     */
    public record Opened(
            String path,
            long size,
            String download,
            String picture,
            Preview.@Nullable Table table,
            @Nullable RawString prose,
            @Nullable String text,
            @Nullable String none,
            boolean image,
            boolean cut) {}

    private final ExperimentShells shells;
    private final Runs runs;
    private final Metrics metrics;
    private final LoggedModels models;
    private final Artifacts artifacts;
    private final Blobs blobs;
    private final List<MadeVersions> made;

    RunPages(
            ExperimentShells shells,
            Runs runs,
            Metrics metrics,
            LoggedModels models,
            Artifacts artifacts,
            Blobs blobs,
            @All List<MadeVersions> made) {
        this.shells = shells;
        this.runs = runs;
        this.metrics = metrics;
        this.models = models;
        this.artifacts = artifacts;
        this.blobs = blobs;
        this.made = made;
    }

    static String address(Run run) {
        return "/experiments/%d/runs/%s".formatted(run.experiment(), run.hex());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** A path with its slashes. */
    private static String encodedPath(String path) {
        return encoded(path).replace("%2F", "/").replace("+", "%20");
    }

    @GET
    public TemplateInstance run(@PathParam("experiment") String id, @PathParam("run") String run) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        return overview(experiment, shells.run(experiment, run), null);
    }

    private TemplateInstance overview(Experiment experiment, Run run, @Nullable String fault) {
        var full = runs.full(run);
        var tags = full.tags();
        var note = tags.getOrDefault(ExperimentShells.NOTE_TAG, "");
        var linked = linked(full);
        var modelRows =
                linked.entrySet().stream()
                        .map(e -> modelRow(e.getKey(), e.getValue(), full))
                        .toList();
        var children = runs.children(experiment.id(), List.of(run), 21);
        var own = children.getOrDefault(run.id(), List.of());
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
                        own.stream()
                                .limit(20)
                                .map(
                                        child ->
                                                new ChildRow(
                                                        address(child),
                                                        child.name(),
                                                        RunState.of(child.status()),
                                                        Figures.minute(
                                                                Instant.ofEpochMilli(
                                                                        child.startTime()))))
                                .toList(),
                        own.size() > 20
                                ? "/experiments/%d?filter=%s"
                                        .formatted(
                                                experiment.id(),
                                                encoded(
                                                        "tags.`%s` = '%s'"
                                                                .formatted(
                                                                        RunTables.PARENT_TAG,
                                                                        run.hex())))
                                : null,
                        made.stream().flatMap(one -> one.of(run).stream()).toList(),
                        offers(run, linked),
                        Reproduction.of(full, environment(run, linked.keySet()), shells.tracking()),
                        fault));
    }

    private static List<ExperimentPages.Pair> pairs(
            Map<String, String> all, java.util.function.Predicate<String> keys) {
        return all.entrySet().stream()
                .filter(pair -> keys.test(pair.getKey()))
                .map(pair -> new ExperimentPages.Pair(pair.getKey(), pair.getValue()))
                .toList();
    }

    private List<Measured> measured(Runs.Full full) {
        var shown =
                full.metrics().stream()
                        .filter(point -> !MetricKeys.system(point.key()))
                        .limit(METRICS)
                        .toList();
        var curves = curves(full.run(), shown.stream().map(Metrics.Point::key).toList(), SPARK);
        return shown.stream()
                .map(
                        point -> {
                            var curve = curves.getOrDefault(point.key(), List.of());
                            var least = curve.stream().mapToDouble(Metrics.Bucket::least).min();
                            var greatest =
                                    curve.stream().mapToDouble(Metrics.Bucket::greatest).max();
                            return new Measured(
                                    point.key(),
                                    address(full.run()) + "/charts?key=" + encoded(point.key()),
                                    Figures.number(point.value()),
                                    Double.toString(point.value()),
                                    point.step(),
                                    least.isPresent() ? Figures.number(least.getAsDouble()) : "",
                                    greatest.isPresent()
                                            ? Figures.number(greatest.getAsDouble())
                                            : "",
                                    Figures.count(
                                            curve.stream().mapToLong(Metrics.Bucket::points).sum()),
                                    Plot.spark(curve));
                        })
                .toList();
    }

    private Map<String, List<Metrics.Bucket>> curves(Run run, List<String> keys, int width) {
        var curves = new HashMap<String, List<Metrics.Bucket>>();
        metrics.reduce(List.of(run.id()), keys, width)
                .forEach(
                        bucket ->
                                curves.computeIfAbsent(bucket.key(), _ -> new ArrayList<>())
                                        .add(bucket));
        return curves;
    }

    private static InputRow inputRow(Runs.Input input) {
        var set = input.dataSet();
        return new InputRow(
                set.name(),
                set.digest(),
                input.tags().getOrDefault("mlflow.data.context", ""),
                set.sourceType(),
                set.source().length() > 300 ? set.source().substring(0, 300) + "…" : set.source());
    }

    /** Logged models that the run made or read; those it made know their step. */
    private Map<LoggedModel, Boolean> linked(Runs.Full full) {
        var made = full.modelOutputs().stream().map(Runs.ModelLink::model).toList();
        var used = full.modelInputs().stream().map(Runs.ModelLink::model).toList();
        var all = new java.util.LinkedHashMap<LoggedModel, Boolean>();
        models.of(Stream.concat(made.stream(), used.stream()).distinct().toList())
                .forEach(model -> all.put(model, made.contains(model.id())));
        return all;
    }

    private ModelRow modelRow(LoggedModel model, boolean output, Runs.Full full) {
        var root = ArtifactPlace.of(model, "");
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
                        .toList(),
                rows(full.run(), model.text(), root, ""));
    }

    /** Models that the run made: logged ones, and folders of files with an MLmodel. */
    private List<Offer> offers(Run run, Map<LoggedModel, Boolean> linked) {
        var sources = new java.util.LinkedHashMap<String, String>();
        linked.forEach(
                (model, output) -> {
                    if (output && model.status() == LoggedModel.Status.READY) {
                        sources.put(model.name(), "models:/" + model.text());
                    }
                });
        artifacts.below(ArtifactPlace.of(run, "")).stream()
                .map(Artifacts.File::path)
                .filter(path -> path.endsWith("/MLmodel"))
                .map(path -> path.substring(0, path.lastIndexOf('/')))
                .forEach(path -> sources.put(path, "runs:/" + run.hex() + "/" + path));
        return made.stream()
                .flatMap(
                        registry ->
                                sources.entrySet().stream()
                                        .map(
                                                one ->
                                                        new Offer(
                                                                one.getKey(),
                                                                registry.registration(
                                                                        one.getValue()))))
                .limit(20)
                .toList();
    }

    private List<String> environment(Run run, java.util.Collection<LoggedModel> logged) {
        var found = new ArrayList<String>();
        for (var model : logged) {
            artifacts.below(ArtifactPlace.of(model, "")).stream()
                    .map(Artifacts.File::path)
                    .filter(Reproduction::environment)
                    .forEach(path -> found.add("models:/" + model.text() + "/" + path));
        }
        if (found.isEmpty()) {
            artifacts.below(ArtifactPlace.of(run, "")).stream()
                    .map(Artifacts.File::path)
                    .filter(Reproduction::environment)
                    .forEach(path -> found.add("runs:/" + run.hex() + "/" + path));
        }
        // One file is enough, and requirements.txt is the one that pip reads.
        found.sort(
                Comparator.comparing((String one) -> !one.endsWith("requirements.txt"))
                        .thenComparing(one -> one));
        return found.stream().limit(3).toList();
    }

    // Charts --------------------------------------------------------------------------------------

    @GET
    @Path("charts")
    public TemplateInstance charts(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery List<String> key,
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String x,
            @RestQuery @Nullable String y,
            @RestQuery @Nullable Integer smooth,
            @RestQuery @Nullable Integer from) {
        return charts(id, run, "charts", key, q, x, y, smooth, from);
    }

    @GET
    @Path("system")
    public TemplateInstance system(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery List<String> key,
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String x,
            @RestQuery @Nullable String y,
            @RestQuery @Nullable Integer smooth,
            @RestQuery @Nullable Integer from) {
        return charts(
                id,
                run,
                "system",
                key,
                q,
                x == null ? Plot.Axis.RELATIVE.id() : x,
                y,
                smooth,
                from);
    }

    private TemplateInstance charts(
            String id,
            String run,
            String tab,
            List<String> wanted,
            @Nullable String q,
            @Nullable String x,
            @Nullable String y,
            @Nullable Integer smooth,
            @Nullable Integer from) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var full = runs.full(shells.run(experiment, run));
        var system = tab.equals("system");
        var search = q == null ? "" : q.strip();
        var keys =
                full.metrics().stream()
                        .map(Metrics.Point::key)
                        .filter(key -> MetricKeys.system(key) == system)
                        .toList();
        var matching =
                keys.stream()
                        .filter(key -> wanted.isEmpty() || wanted.contains(key))
                        .filter(
                                key ->
                                        key.toLowerCase(Locale.ROOT)
                                                .contains(search.toLowerCase(Locale.ROOT)))
                        .toList();
        int first = from == null || from < 0 || from >= matching.size() ? 0 : from;
        var shown = matching.subList(first, Math.min(matching.size(), first + CHARTS));
        var smoothing = smooth == null ? 0 : Math.clamp(smooth, 0, 99);
        var logarithmic = "log".equals(y);
        var axis = Plot.Axis.of(x);
        var curves = curves(full.run(), shown, WIDTH);
        var plots =
                shown.stream()
                        .map(
                                key ->
                                        plot(
                                                key,
                                                curves.getOrDefault(key, List.of()),
                                                new Plot.Look(
                                                        axis,
                                                        logarithmic,
                                                        smoothing / 100.0,
                                                        shown.size() == 1 ? 320 : 200)))
                        .toList();
        var here = address(full.run()) + "/" + tab;
        var query = new ArrayList<String>();
        wanted.forEach(key -> query.add("key=" + encoded(key)));
        query.add("q=" + encoded(search));
        query.add("x=" + axis.id());
        query.add("y=" + (logarithmic ? "log" : ""));
        query.add("smooth=" + smoothing);
        var base = here + "?" + String.join("&", query);
        return Templates.charts(
                shells.shell(experiment, full, tab),
                new Charts(
                        plots,
                        keys,
                        wanted,
                        search,
                        axis.id(),
                        logarithmic,
                        smoothing,
                        matching.isEmpty() ? 0 : first + 1,
                        matching.size(),
                        first == 0 ? null : base + "&from=" + Math.max(0, first - CHARTS),
                        first + CHARTS < matching.size()
                                ? base + "&from=" + (first + CHARTS)
                                : null,
                        here,
                        shown.stream()
                                .map(
                                        key ->
                                                address(full.run())
                                                        + "/history.csv?key="
                                                        + encoded(key))
                                .toList()));
    }

    /** Over time when all points have the same step: else they would all stand in one place. */
    private static Plot plot(String key, List<Metrics.Bucket> buckets, Plot.Look look) {
        var steps = buckets.stream().mapToLong(Metrics.Bucket::step).distinct().count();
        var shown =
                look.axis() == Plot.Axis.STEP && steps == 1 && buckets.size() > 1
                        ? new Plot.Look(
                                Plot.Axis.RELATIVE,
                                look.logarithmic(),
                                look.smoothing(),
                                look.height())
                        : look;
        return Plot.of(key, List.of(new Plot.Series(key, "c1", "", buckets)), shown);
    }

    @GET
    @Path("history.csv")
    @Produces("text/csv")
    public Response history(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery @Nullable String key) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var found = shells.run(experiment, run);
        var wanted = Objects.requireNonNullElse(key, "");
        jakarta.ws.rs.core.StreamingOutput body =
                out -> {
                    try (var text =
                            new java.io.BufferedWriter(
                                    new java.io.OutputStreamWriter(out, StandardCharsets.UTF_8))) {
                        text.write("step,timestamp,value\r\n");
                        Metrics.@Nullable Point last = null;
                        List<Metrics.Point> portion;
                        do {
                            portion = metrics.history(found.id(), wanted, last, 25_000);
                            for (var point : portion) {
                                text.write(
                                        "%d,%d,%s\r\n"
                                                .formatted(
                                                        point.step(), point.at(), point.value()));
                                last = point;
                            }
                        } while (portion.size() == 25_000);
                    }
                };
        return Response.ok(body)
                .type("text/csv; charset=utf-8")
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"%s-%s.csv\""
                                .formatted(
                                        found.hex().substring(0, 8),
                                        wanted.replaceAll("[^A-Za-z0-9._-]", "_")))
                .build();
    }

    // Files ---------------------------------------------------------------------------------------

    @GET
    @Path("artifacts")
    public TemplateInstance artifacts(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery @Nullable String of,
            @RestQuery @Nullable String path) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var full = runs.full(shells.run(experiment, run));
        var holder = of == null ? "" : of;
        var root = root(full, holder);
        var place = root.at(ArtifactPlace.folder(path == null ? "" : path));
        var file = place.path().isEmpty() ? null : artifacts.find(place).orElse(null);
        var folder =
                file == null
                        ? place
                        : root.at(
                                place.path().contains("/")
                                        ? place.path().substring(0, place.path().lastIndexOf('/'))
                                        : "");
        var entries = rows(full.run(), holder, folder, file == null ? "" : file.path());
        if (entries.isEmpty() && !folder.path().isEmpty()) {
            throw new NotFound("There is no artifact \"%s\".".formatted(place.path()));
        }
        return Templates.artifacts(
                shells.shell(experiment, full, "artifacts"),
                new Files(
                        holder,
                        trail(full.run(), holder, folder.path()),
                        entries,
                        roots(full, holder),
                        file == null ? null : opened(full.run(), holder, file)));
    }

    /** Of the run, or of a model that it logged. */
    private ArtifactPlace root(Runs.Full full, String holder) {
        if (holder.isEmpty()) {
            return ArtifactPlace.of(full.run(), "");
        }
        return linked(full).keySet().stream()
                .filter(model -> model.text().equals(holder))
                .findFirst()
                .map(model -> ArtifactPlace.of(model, ""))
                .orElseThrow(() -> LoggedModels.none(holder));
    }

    private List<Root> roots(Runs.Full full, String holder) {
        var roots = new ArrayList<Root>();
        roots.add(new Root("The run’s own", address(full.run()) + "/artifacts", holder.isEmpty()));
        linked(full)
                .forEach(
                        (model, _) ->
                                roots.add(
                                        new Root(
                                                "Model " + model.name(),
                                                address(full.run())
                                                        + "/artifacts?of="
                                                        + model.text(),
                                                model.text().equals(holder))));
        return roots;
    }

    private static String artifactsAt(Run run, String holder, String path) {
        var query = new ArrayList<String>();
        if (!holder.isEmpty()) {
            query.add("of=" + holder);
        }
        if (!path.isEmpty()) {
            query.add("path=" + encodedPath(path));
        }
        return address(run) + "/artifacts" + (query.isEmpty() ? "" : "?" + String.join("&", query));
    }

    private List<FileRow> rows(Run run, String holder, ArtifactPlace folder, String open) {
        var prefix = folder.path().isEmpty() ? "" : folder.path() + "/";
        return artifacts.list(folder).stream()
                .sorted(Comparator.comparing((Artifacts.Entry entry) -> !entry.folder()))
                .map(
                        entry ->
                                new FileRow(
                                        entry.name(),
                                        artifactsAt(run, holder, prefix + entry.name()),
                                        entry.folder(),
                                        entry.size(),
                                        open.equals(prefix + entry.name())))
                .toList();
    }

    private static List<Step> trail(Run run, String holder, String path) {
        var steps = new ArrayList<Step>();
        steps.add(new Step("all files", artifactsAt(run, holder, "")));
        var at = "";
        for (var part : path.isEmpty() ? new String[0] : path.split("/")) {
            at = at.isEmpty() ? part : at + "/" + part;
            steps.add(new Step(part, artifactsAt(run, holder, at)));
        }
        return steps;
    }

    private Opened opened(Run run, String holder, Artifacts.File file) {
        var size = file.blob().size();
        var preview = Preview.of(file.path(), beginning(file, Preview.READ), size);
        var query = "?path=" + encodedPath(file.path()) + (holder.isEmpty() ? "" : "&of=" + holder);
        return new Opened(
                file.path(),
                size,
                address(run) + "/file" + query,
                address(run) + "/picture" + query,
                preview instanceof Preview.Table table ? table : null,
                preview instanceof Preview.Prose prose ? prose.html() : null,
                preview instanceof Preview.Plain plain ? plain.text() : null,
                preview instanceof Preview.None none ? none.why() : null,
                preview instanceof Preview.Picture,
                switch (preview) {
                    case Preview.Table table -> table.cut();
                    case Preview.Prose prose -> prose.cut();
                    case Preview.Plain plain -> plain.cut();
                    case Preview.Picture _, Preview.None _ -> false;
                });
    }

    private byte[] beginning(Artifacts.File file, int most) {
        try (var in = blobs.open(file.blob().digest(), 0, Math.min(most, file.blob().size()))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Artifacts.File file(String id, String run, @Nullable String of, @Nullable String path) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var full = runs.full(shells.run(experiment, run));
        var place =
                root(full, of == null ? "" : of).at(ArtifactPlace.folder(path == null ? "" : path));
        return artifacts
                .find(place)
                .orElseThrow(
                        () -> new NotFound("There is no artifact \"%s\".".formatted(place.path())));
    }

    @GET
    @Path("file")
    @Produces(MediaType.WILDCARD)
    public Response download(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery @Nullable String of,
            @RestQuery @Nullable String path,
            @Context HttpHeaders headers) {
        var file = file(id, run, of, path);
        return Download.of(file.path(), file.blob(), blobs, headers);
    }

    /** Only what is a picture by its first bytes, as that, and opened alone it can do nothing. */
    @GET
    @Path("picture")
    @Produces(MediaType.WILDCARD)
    public Response picture(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery @Nullable String of,
            @RestQuery @Nullable String path) {
        var file = file(id, run, of, path);
        var type =
                Preview.pictureType(beginning(file, 64))
                        .filter(_ -> file.blob().size() <= Preview.PICTURE)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "\"%s\" is no picture that is shown here."
                                                        .formatted(file.path())));
        return Response.ok(blobs.open(file.blob().digest()))
                .type(type)
                .header(HttpHeaders.CONTENT_LENGTH, file.blob().size())
                .header(HttpHeaders.ETAG, '"' + file.blob().digest() + '"')
                .header(HttpHeaders.CONTENT_DISPOSITION, "inline")
                .build();
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
                        runs.annotate(
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
                        runs.annotate(
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
        return changed(id, run, "#tags", one -> runs.removeTag(one, key == null ? "" : key));
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
                    runs.annotate(one, Runs.NAME_TAG, wish);
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
        return Response.seeOther(URI.create(address(found) + part)).build();
    }
}
