package dev.atelier.experiments;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Histories of a run's metrics for people: charts, and files of all points. */
@Path("/experiments/{experiment}/runs/{run}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class RunChartPages {

    /** Charts on one page: what is drawn is read, however long it is. */
    private static final int CHARTS = 12;

    private static final int WIDTH = 400;
    private static final int PORTION = 25_000;

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance charts(RunShell shell, Charts page);
    }

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

    private final ExperimentShells shells;
    private final FullRuns fullRuns;
    private final Metrics metrics;
    private final Curves curves;

    RunChartPages(ExperimentShells shells, FullRuns fullRuns, Metrics metrics, Curves curves) {
        this.shells = shells;
        this.fullRuns = fullRuns;
        this.metrics = metrics;
        this.curves = curves;
    }

    @GET
    @Path("charts")
    public TemplateInstance charts(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @Context UriInfo address) {
        return page(
                id, run, "charts", ChartQuestion.of(address.getQueryParameters(), Plot.Axis.STEP));
    }

    /** What the machine did meanwhile. */
    @GET
    @Path("system")
    public TemplateInstance system(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @Context UriInfo address) {
        return page(
                id,
                run,
                "system",
                ChartQuestion.of(address.getQueryParameters(), Plot.Axis.RELATIVE));
    }

    private TemplateInstance page(String id, String run, String tab, ChartQuestion question) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var full = fullRuns.of(shells.run(experiment, run));
        var system = tab.equals("system");
        var keys =
                full.metrics().stream()
                        .map(Metrics.Point::key)
                        .filter(key -> MetricKeys.system(key) == system)
                        .toList();
        var matching = keys.stream().filter(question::matches).toList();
        int first = question.from() < matching.size() ? question.from() : 0;
        var shown = matching.subList(first, Math.min(matching.size(), first + CHARTS));
        var drawn = curves.of(full.run(), shown, WIDTH);
        var look = question.look(shown.size() == 1 ? 320 : 200);
        var here = full.run().address() + "/" + tab;
        return Templates.charts(
                shells.shell(experiment, full, tab),
                new Charts(
                        shown.stream()
                                .map(key -> plot(key, drawn.getOrDefault(key, List.of()), look))
                                .toList(),
                        keys,
                        question.keys(),
                        question.search(),
                        question.axis().id(),
                        question.logarithmic(),
                        question.smoothing(),
                        matching.isEmpty() ? 0 : first + 1,
                        matching.size(),
                        first == 0 ? null : question.address(here, Math.max(0, first - CHARTS)),
                        first + CHARTS < matching.size()
                                ? question.address(here, first + CHARTS)
                                : null,
                        here,
                        shown.stream()
                                .map(
                                        key ->
                                                full.run().address()
                                                        + "/history.csv?key="
                                                        + Queries.encoded(key))
                                .toList()));
    }

    /** Over time when all points have the same step: else they would all stand in one place. */
    private static Plot plot(String key, List<Curves.Bucket> buckets, Plot.Look look) {
        var steps = buckets.stream().mapToLong(Curves.Bucket::step).distinct().count();
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
        StreamingOutput body =
                out -> {
                    try (var text =
                            new BufferedWriter(
                                    new OutputStreamWriter(out, StandardCharsets.UTF_8))) {
                        text.write("step,timestamp,value\r\n");
                        Metrics.@Nullable Point last = null;
                        List<Metrics.Point> portion;
                        do {
                            portion = metrics.history(found.id(), wanted, last, PORTION);
                            for (var point : portion) {
                                text.write(
                                        "%d,%d,%s\r\n"
                                                .formatted(
                                                        point.step(), point.at(), point.value()));
                                last = point;
                            }
                        } while (portion.size() == PORTION);
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
}
