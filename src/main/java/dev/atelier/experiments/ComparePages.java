package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Some runs side by side. */
@Path("/experiments/compare")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class ComparePages {

    private static final int MOST = 10;
    private static final int BEHIND = 200;
    private static final int WIDTH = 400;
    private static final int MOST_AXES = 10;

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance compare(Page page);
    }

    /** The runs and how their charts are drawn. */
    public record Page(
            String title,
            List<Experiment> experiments,
            Compared compared,
            List<String> keys,
            String metric,
            @Nullable Plot overlay,
            String axis,
            boolean logarithmic,
            int smoothing,
            List<Choice> axes,
            Parallel.@Nullable Coordinates coordinates,
            String across,
            String upwards,
            Parallel.@Nullable Scatter scatter,
            int behind) {

        /** Where runs are chosen anew. */
        public String back() {
            return "/experiments/" + experiments.getFirst().id();
        }

        public int total() {
            return compared.params().size() + compared.sameParams().size();
        }
    }

    /** Something that an axis can show. */
    public record Choice(String id, String title, String kind, boolean chosen) {}

    private final Experiments experiments;
    private final Runs runs;
    private final FullRuns fullRuns;
    private final RunColumns runColumns;
    private final Curves curves;
    private final Caller caller;

    ComparePages(
            Experiments experiments,
            Runs runs,
            FullRuns fullRuns,
            RunColumns runColumns,
            Curves curves,
            Caller caller) {
        this.experiments = experiments;
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.runColumns = runColumns;
        this.curves = curves;
        this.caller = caller;
    }

    @GET
    public TemplateInstance compare(
            @RestQuery List<String> run,
            @RestQuery @Nullable String metric,
            @RestQuery @Nullable String x,
            @RestQuery @Nullable String y,
            @RestQuery @Nullable Integer smooth,
            @RestQuery("axis") List<String> wanted,
            @RestQuery @Nullable String across,
            @RestQuery @Nullable String up) {
        var full = fullRuns.of(chosen(run));
        var compared = Compared.of(full);
        var theirs =
                full.stream()
                        .map(one -> one.run().experiment())
                        .distinct()
                        .map(id -> experiments.find(id).orElseThrow())
                        .toList();
        var keys = compared.metrics().stream().map(Compared.Measure::key).toList();
        var shown = metric != null && keys.contains(metric) ? metric : first(keys, full);
        var look =
                new Plot.Look(
                        Plot.Axis.of(x),
                        "log".equals(y),
                        (smooth == null ? 0 : Math.clamp(smooth, 0, 99)) / 100.0,
                        230);
        var columns = columns(compared);
        var chosen =
                wanted.stream()
                        .flatMap(text -> Column.of(text).stream())
                        .filter(columns::contains)
                        .distinct()
                        .limit(MOST_AXES)
                        .toList();
        var axes = chosen.size() > 1 ? chosen : axes(compared, columns);
        var scattered = scattered(columns, axes, across, up);
        var behind = behind(full);
        var needed = new LinkedHashSet<>(axes);
        needed.addAll(scattered);
        var all = new ArrayList<>(behind);
        full.forEach(one -> all.add(one.run()));
        var parallel = new Parallel(compared.heads(), behind, runColumns.cells(all, needed));
        return Templates.compare(
                new Page(
                        title(compared),
                        theirs,
                        compared,
                        keys,
                        shown == null ? "" : shown,
                        shown == null ? null : overlay(compared, shown, look),
                        look.axis().id(),
                        look.logarithmic(),
                        (int) Math.round(look.smoothing() * 100),
                        columns.stream()
                                .map(
                                        column ->
                                                new Choice(
                                                        column.text(),
                                                        column.key(),
                                                        column.kind() == Column.Kind.METRIC
                                                                ? "Metrics"
                                                                : "Parameters",
                                                        axes.contains(column)))
                                .toList(),
                        axes.size() < 2 ? null : parallel.coordinates(axes),
                        scattered.isEmpty() ? "" : scattered.getFirst().text(),
                        scattered.isEmpty() ? "" : scattered.getLast().text(),
                        scattered.isEmpty()
                                ? null
                                : parallel.scatter(scattered.getFirst(), scattered.getLast()),
                        behind.size()));
    }

    /** Each run that is named, if the caller may see its experiment. */
    private List<Run> chosen(List<String> named) {
        var ids = new LinkedHashSet<>(named);
        if (ids.isEmpty()) {
            throw new Invalid("Choose at least one run in the table of an experiment.");
        }
        if (ids.size() > MOST) {
            throw new Invalid(
                    "At most %d runs can be compared at once; %d were chosen. Sort the table and choose the best."
                            .formatted(MOST, ids.size()));
        }
        return ids.stream()
                .map(
                        id -> {
                            var run =
                                    Ids.of(id)
                                            .flatMap(runs::find)
                                            .orElseThrow(
                                                    () -> Resource.unknown("run:default/" + id));
                            caller.require(
                                    Permission.EXPERIMENT_READ, Experiment.ref(run.experiment()));
                            return run;
                        })
                .toList();
    }

    private static String title(Compared compared) {
        var runs = compared.heads().size();
        if (runs == 1) {
            return compared.heads().getFirst().name();
        }
        var differ = compared.params().size();
        return "%d runs, %s"
                .formatted(
                        runs,
                        switch (differ) {
                            case 0 -> "all with the same parameters";
                            case 1 -> "one parameter differs";
                            default -> differ + " parameters differ";
                        });
    }

    /** One that all have, if there is. */
    private static @Nullable String first(List<String> keys, List<FullRun> full) {
        return keys.stream()
                .filter(
                        key ->
                                full.stream()
                                        .allMatch(
                                                one ->
                                                        one.metrics().stream()
                                                                .anyMatch(
                                                                        p -> p.key().equals(key))))
                .findFirst()
                .or(() -> keys.stream().findFirst())
                .orElse(null);
    }

    private Plot overlay(Compared compared, String metric, Plot.Look look) {
        var buckets =
                curves
                        .of(
                                compared.heads().stream().map(head -> head.run().id()).toList(),
                                List.of(metric),
                                WIDTH)
                        .stream()
                        .collect(Collectors.groupingBy(Curves.Bucket::run));
        return Plot.of(
                metric,
                compared.heads().stream()
                        .map(
                                head ->
                                        new Plot.Series(
                                                head.name(),
                                                head.colour(),
                                                head.style(),
                                                buckets.getOrDefault(head.run().id(), List.of())))
                        .toList(),
                look);
    }

    /** What axes can show: params and metrics that one of the runs has. */
    private static List<Column> columns(Compared compared) {
        var columns = new ArrayList<Column>();
        compared.params().forEach(line -> columns.add(new Column(Column.Kind.PARAM, line.key())));
        compared.sameParams()
                .forEach(line -> columns.add(new Column(Column.Kind.PARAM, line.key())));
        compared.metrics().forEach(one -> columns.add(new Column(Column.Kind.METRIC, one.key())));
        return columns;
    }

    /** Params that differ, then metrics. */
    private static List<Column> axes(Compared compared, List<Column> columns) {
        var axes = new ArrayList<Column>();
        compared.params().stream()
                .limit(4)
                .forEach(line -> axes.add(new Column(Column.Kind.PARAM, line.key())));
        if (axes.isEmpty()) {
            columns.stream()
                    .filter(column -> column.kind() == Column.Kind.PARAM)
                    .limit(3)
                    .forEach(axes::add);
        }
        compared.metrics().stream()
                .limit(3)
                .forEach(one -> axes.add(new Column(Column.Kind.METRIC, one.key())));
        return axes;
    }

    /** Two things: as asked, else the first two metrics, else a param and a metric. */
    private static List<Column> scattered(
            List<Column> columns, List<Column> axes, @Nullable String across, @Nullable String up) {
        var results =
                columns.stream().filter(column -> column.kind() == Column.Kind.METRIC).toList();
        var x =
                Column.of(Objects.requireNonNullElse(across, ""))
                        .filter(columns::contains)
                        .or(
                                () ->
                                        results.size() > 1
                                                ? Optional.of(results.get(1))
                                                : axes.stream()
                                                        .filter(
                                                                column ->
                                                                        column.kind()
                                                                                == Column.Kind
                                                                                        .PARAM)
                                                        .findFirst());
        var y =
                Column.of(Objects.requireNonNullElse(up, ""))
                        .filter(columns::contains)
                        .or(() -> results.stream().findFirst());
        return x.isPresent() && y.isPresent() ? List.of(x.get(), y.get()) : List.of();
    }

    /** The newest others of the same experiments. */
    private List<Run> behind(List<FullRun> full) {
        Set<Long> ids =
                full.stream().map(one -> one.run().experiment()).collect(Collectors.toSet());
        var chosen = full.stream().map(one -> one.run().id()).collect(Collectors.toSet());
        return runs.search(RunSearch.of(ids, RunSearch.View.ACTIVE_ONLY), BEHIND, 0).stream()
                .filter(run -> !chosen.contains(run.id()))
                .toList();
    }
}
