package dev.atelier.monitoring;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.NotFound;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What lies below the Observability tab: one column, quality, two times, a sheet to print. */
@Path("/models/{model}/observability")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class WatchedPages {

    @CheckedTemplate(basePath = "monitoring")
    static class Templates {
        static native TemplateInstance column(Watched watched, ColumnDetail.View view);

        static native TemplateInstance quality(Watched watched, QualityDetail.View view);

        static native TemplateInstance compare(Watched watched, CompareDetail.View view);

        static native TemplateInstance print(Watched watched, PrintView view);

        static native TemplateInstance unwatched(Watched watched);
    }

    private final Watching watching;
    private final ColumnDetail columns;
    private final QualityDetail qualities;
    private final CompareDetail comparisons;
    private final Reports reports;

    WatchedPages(
            Watching watching,
            ColumnDetail columns,
            QualityDetail qualities,
            CompareDetail comparisons,
            Reports reports) {
        this.watching = watching;
        this.columns = columns;
        this.qualities = qualities;
        this.comparisons = comparisons;
        this.reports = reports;
    }

    @GET
    @Path("/columns/{column:.+}")
    public TemplateInstance column(
            @PathParam("model") String model,
            @PathParam("column") String column,
            @RestQuery Optional<String> range,
            @RestQuery Optional<String> version) {
        var watched = watching.of(model, range, version);
        return watched.watching()
                ? Templates.column(watched, columns.of(watched, column))
                : Templates.unwatched(watched);
    }

    @GET
    @Path("/quality")
    public TemplateInstance quality(
            @PathParam("model") String model,
            @RestQuery Optional<String> range,
            @RestQuery Optional<String> version,
            @RestQuery Optional<String> figure) {
        var watched = watching.of(model, range, version);
        return watched.version() == null
                ? Templates.unwatched(watched)
                : Templates.quality(watched, qualities.of(watched, figure.orElse("")));
    }

    /** Times are hours in UTC as {@code 2026-01-31T12:00}. */
    @GET
    @Path("/compare")
    public TemplateInstance compare(
            @PathParam("model") String model,
            @RestQuery Optional<String> version,
            @RestQuery("a-from") Optional<String> firstFrom,
            @RestQuery("a-to") Optional<String> firstTo,
            @RestQuery("b-from") Optional<String> secondFrom,
            @RestQuery("b-to") Optional<String> secondTo) {
        var watched = watching.of(model, Optional.empty(), version);
        return watched.watching()
                ? Templates.compare(
                        watched,
                        comparisons.of(watched, List.of(firstFrom, firstTo, secondFrom, secondTo)))
                : Templates.unwatched(watched);
    }

    @GET
    @Path("/print")
    public TemplateInstance print(
            @PathParam("model") String model,
            @RestQuery Optional<String> range,
            @RestQuery Optional<String> version) {
        var watched = watching.of(model, range, version);
        return watched.watching()
                ? Templates.print(watched, PrintView.of(watched, compared(watched)))
                : Templates.unwatched(watched);
    }

    private Reports.Compared compared(Watched watched) {
        return reports.compare(watched.part(), watched.compared(), watched.from(), watched.until());
    }

    /** Of the last day; for whoever may see the model, as all that is said of it. */
    @GET
    @Path("/badge.svg")
    @Produces("image/svg+xml")
    public Response badge(@PathParam("model") String model, @RestQuery Optional<String> version) {
        var watched = watching.of(model, Optional.empty(), version);
        var badge =
                Badge.of(
                        watched.watching()
                                ? DriftView.of(compared(watched))
                                : DriftView.none(0, ""));
        return Response.ok(badge.svg())
                .type("image/svg+xml")
                .header(HttpHeaders.CACHE_CONTROL, "private, max-age=60")
                .build();
    }

    /**
     * What a chart is made of.
     *
     * @param data which one
     */
    @GET
    @Path("/data.csv")
    @Produces("text/csv")
    public Response data(
            @PathParam("model") String model,
            @RestQuery Optional<String> data,
            @RestQuery Optional<String> column,
            @RestQuery Optional<String> range,
            @RestQuery Optional<String> version,
            @RestQuery Optional<String> figure,
            @RestQuery("a-from") Optional<String> firstFrom,
            @RestQuery("a-to") Optional<String> firstTo,
            @RestQuery("b-from") Optional<String> secondFrom,
            @RestQuery("b-to") Optional<String> secondTo) {
        var watched = watching.of(model, range, version);
        var table =
                switch (data.orElse("columns")) {
                    case "columns" ->
                            FeatureTable.of(
                                    model + "-columns", compared(watched).report().features());
                    case "distribution" -> columns.of(watched, column.orElse("")).shares().table();
                    case "time" -> columns.of(watched, column.orElse("")).overTime();
                    case "distances" -> columns.of(watched, column.orElse("")).distances();
                    case "spread" -> found(columns.of(watched, column.orElse("")).spread());
                    case "quality" -> qualities.of(watched, figure.orElse("")).both();
                    case "quality-time" -> qualities.of(watched, figure.orElse("")).byTime();
                    case "calibration" -> found(qualities.of(watched, "").bins());
                    case "compare" ->
                            comparisons
                                    .of(watched, List.of(firstFrom, firstTo, secondFrom, secondTo))
                                    .table();
                    default ->
                            throw new NotFound(
                                    "data is columns, distribution, time, distances, spread, quality, quality-time, calibration or compare.");
                };
        return table.csv();
    }

    private static Table found(@Nullable Table table) {
        if (table == null) {
            throw new NotFound("There is no such figure of this column or time.");
        }
        return table;
    }
}
