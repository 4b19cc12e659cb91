package dev.atelier.monitoring;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** How all models are, the worst first. */
@Path("/monitoring")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_READ)
public class FleetPages {

    private static final int MOST = 200;

    @CheckedTemplate(basePath = "monitoring")
    static class Templates {
        static native TemplateInstance fleet(View view);
    }

    /** Which models are shown. */
    enum Choice {
        ALL("all", "All", _ -> true),
        MINE("mine", "Mine and my teams’", Health::mine),
        NEEDS("needs", "Needs someone", Health::hot),
        UNOWNED("unowned", "No owner", one -> one.owner() == null),
        UNLABELLED(
                "unlabelled",
                "Few labels",
                one -> one.labelled() != null && one.labelled() < Fleet.FEW_LABELS),
        STALE("stale", "Old", one -> one.word().equals("Old")),
        UNWATCHED("unwatched", "Not watched", one -> one.columns() == 0);

        private final String code;
        private final String title;
        private final Predicate<Health> shows;

        Choice(String code, String title, Predicate<Health> shows) {
            this.code = code;
            this.title = title;
            this.shows = shows;
        }
    }

    public record Filter(String code, String title, long models, boolean chosen) {}

    public record Cell(String title, long count, String note) {}

    /**
     * @param more models that are not shown
     */
    public record View(
            String title,
            String show,
            List<Cell> cells,
            List<Filter> filters,
            List<Health> models,
            int more,
            List<Fleet.Site> sites) {}

    private final Fleet fleet;
    private final Caller caller;

    FleetPages(Fleet fleet, Caller caller) {
        this.fleet = fleet;
        this.caller = caller;
    }

    @GET
    public TemplateInstance page(@RestQuery Optional<String> show) {
        var overview = fleet.of(caller.signedIn());
        var all = overview.models();
        var chosen = choice(show.orElse(""));
        var shown = all.stream().filter(chosen.shows).toList();
        long hot = all.stream().filter(Health::hot).count();
        return Templates.fleet(
                new View(
                        all.isEmpty()
                                ? "No model yet"
                                : hot == 0
                                        ? "No model needs anybody"
                                        : hot == 1
                                                ? "One of %d models needs someone"
                                                        .formatted(all.size())
                                                : "%d of %d models need someone"
                                                        .formatted(hot, all.size()),
                        chosen.code,
                        cells(all),
                        Arrays.stream(Choice.values())
                                .map(
                                        one ->
                                                new Filter(
                                                        one.code,
                                                        one.title,
                                                        all.stream().filter(one.shows).count(),
                                                        one == chosen))
                                .filter(one -> one.models > 0 || one.chosen)
                                .toList(),
                        shown.stream().limit(MOST).toList(),
                        Math.max(0, shown.size() - MOST),
                        overview.sites()));
    }

    private static Choice choice(String code) {
        return Arrays.stream(Choice.values())
                .filter(one -> one.code.equals(code))
                .findFirst()
                .orElse(Choice.ALL);
    }

    private static List<Cell> cells(List<Health> all) {
        return Arrays.stream(Health.Standing.values())
                .map(
                        standing -> {
                            var of = all.stream().filter(o -> o.standing() == standing).toList();
                            return new Cell(
                                    standing.label(),
                                    of.size(),
                                    of.isEmpty() || standing == Health.Standing.HEALTHY
                                            ? ""
                                            : of.size() == 1
                                                    ? of.getFirst().model()
                                                    : of.getFirst().model() + " first");
                        })
                .toList();
    }

    /** The same as CSV, all of them. */
    @GET
    @Path("/models.csv")
    @Produces("text/csv")
    public Response csv(@RestQuery Optional<String> show) {
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var one : fleet.of(caller.signedIn()).models()) {
            if (choice(show.orElse("")).shows.test(one)) {
                rows.add(
                        Arrays.asList(
                                one.model(),
                                one.standing().label(),
                                one.word(),
                                one.note(),
                                one.version() == null ? null : (long) one.version(),
                                one.owner(),
                                (long) one.drifting(),
                                (long) one.columns(),
                                one.labelled(),
                                one.calls(),
                                one.errors(),
                                one.trained(),
                                one.incident()));
            }
        }
        return new Table(
                        "models",
                        "Models",
                        List.of(
                                "model",
                                "standing",
                                "state",
                                "note",
                                "version",
                                "owner",
                                "drifting",
                                "columns",
                                "labelled",
                                "calls",
                                "errors",
                                "registered",
                                "incident"),
                        rows)
                .csv();
    }
}
