package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.web.Ago;
import dev.atelier.platform.web.Markdown;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Experiments for people: the list, and each with the table of its runs. */
@Path("/experiments")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class ExperimentPages {

    private static final int ROWS = 50;
    private static final int MOST_AT_ONCE = 1_000;

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance experiments(Listing page);

        static native TemplateInstance experiment(
                ExperimentShell shell, RunTable table, String tracking);

        static native TemplateInstance about(ExperimentShell shell, About page);
    }

    /**
     * The list.
     *
     * @param more address of those that follow, null at the end
     */
    public record Listing(
            String q,
            boolean deleted,
            List<Row> rows,
            @Nullable String more,
            boolean first,
            boolean mayRecord,
            List<String> owners,
            String tracking,
            @Nullable String fault,
            String wished) {}

    /** An experiment in the list. */
    public record Row(
            Experiment experiment, String owner, String runs, String active, String summary) {
        public String address() {
            return "/experiments/" + experiment.id();
        }
    }

    /** What else there is to an experiment than its runs. */
    public record About(
            @Nullable RawString note,
            String source,
            List<Pair> tags,
            String tracking,
            String name,
            @Nullable String fault) {}

    public record Pair(String key, String value) {}

    private final Experiments experiments;
    private final ExperimentShells shells;
    private final RunTables tables;
    private final RunFile file;
    private final Runs runs;
    private final Caller caller;
    private final Sight sight;

    ExperimentPages(
            Experiments experiments,
            ExperimentShells shells,
            RunTables tables,
            RunFile file,
            Runs runs,
            Caller caller,
            Sight sight) {
        this.experiments = experiments;
        this.shells = shells;
        this.tables = tables;
        this.file = file;
        this.runs = runs;
        this.caller = caller;
        this.sight = sight;
    }

    @GET
    public TemplateInstance experiments(
            @RestQuery @Nullable String q,
            @RestQuery @Nullable String view,
            @RestQuery @Nullable Integer after) {
        return list(
                q == null ? "" : q.strip(),
                "deleted".equals(view),
                after == null ? 0 : Math.max(0, after),
                null,
                "");
    }

    private TemplateInstance list(
            String q, boolean deleted, int after, @Nullable String fault, String wish) {
        var found = experiments.listed(q, deleted, sight.blind().closed(), ROWS + 1, after);
        var shown = found.subList(0, Math.min(ROWS, found.size()));
        var owners = shells.ownerNames(shown.stream().map(Experiments.Listed::experiment).toList());
        var now = Instant.now();
        var rows =
                shown.stream()
                        .map(
                                one -> {
                                    var owner = one.experiment().owner();
                                    return new Row(
                                            one.experiment(),
                                            owner == null
                                                    ? "everyone"
                                                    : owners.getOrDefault(owner, owner),
                                            RunTable.count(one.runs()),
                                            active(one, now),
                                            new ExperimentShell(
                                                            one.experiment(),
                                                            "",
                                                            "",
                                                            null,
                                                            0,
                                                            null,
                                                            false)
                                                    .summary());
                                })
                        .toList();
        return Templates.experiments(
                new Listing(
                        q,
                        deleted,
                        rows,
                        found.size() > ROWS
                                ? "/experiments?after=%d&q=%s%s"
                                        .formatted(
                                                after + ROWS,
                                                URLEncoder.encode(q, StandardCharsets.UTF_8),
                                                deleted ? "&view=deleted" : "")
                                : null,
                        after == 0,
                        caller.may(Permission.EXPERIMENT_RECORD),
                        shells.owners(),
                        shells.tracking(),
                        fault,
                        wish));
    }

    private static String active(Experiments.Listed one, Instant now) {
        var last = one.lastRun();
        if (one.experiment().deletedAt() != null) {
            return "deleted " + Ago.of(one.experiment().deletedAt(), now);
        }
        return last == null
                ? "made " + Ago.of(one.experiment().createdAt(), now)
                : "last run " + Ago.of(Instant.ofEpochMilli(last), now);
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response create(
            @FormParam("name") @Nullable String name, @FormParam("owner") @Nullable String owner) {
        var chosen = owner == null || owner.isBlank() ? caller.entityRef() : owner.strip();
        var wish = name == null ? "" : name.strip();
        caller.requireAsOwner(Permission.EXPERIMENT_RECORD, Experiment.KIND + "new", chosen);
        try {
            return to(experiments.create(wish, chosen, Map.of(), caller.entityRef()).id());
        } catch (Invalid | Conflict e) {
            return Response.status(422).entity(list("", false, 0, e.detail(), wish)).build();
        }
    }

    private static Response to(long experiment) {
        return Response.seeOther(URI.create("/experiments/" + experiment)).build();
    }

    @GET
    @Path("{experiment}")
    public Response experiment(@PathParam("experiment") String id, @Context UriInfo uri) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var table = tables.of(RunQuestion.of(experiment.id(), uri.getQueryParameters()));
        return Response.status(table.fault() == null ? 200 : 422)
                .entity(
                        Templates.experiment(
                                shells.shell(experiment, "runs"), table, shells.tracking()))
                .build();
    }

    @GET
    @Path("{experiment}/runs.csv")
    @Produces("text/csv")
    public Response csv(@PathParam("experiment") String id, @Context UriInfo uri) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        return file.of(experiment, RunQuestion.of(experiment.id(), uri.getQueryParameters()));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/runs/deletion")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response delete(
            @PathParam("experiment") String id,
            @FormParam("run") @Nullable List<String> chosen,
            @FormParam("back") @Nullable String back) {
        return change(id, chosen, back, true);
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/runs/restoration")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response restore(
            @PathParam("experiment") String id,
            @FormParam("run") @Nullable List<String> chosen,
            @FormParam("back") @Nullable String back) {
        return change(id, chosen, back, false);
    }

    private Response change(
            String id, @Nullable List<String> chosen, @Nullable String back, boolean delete) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_RECORD);
        var ids = chosen == null ? List.<String>of() : chosen;
        if (ids.size() > MOST_AT_ONCE) {
            throw new Invalid("Choose at most %d runs at once.".formatted(MOST_AT_ONCE));
        }
        var those = ids.stream().distinct().map(one -> shells.run(experiment, one)).toList();
        runs.change(those, delete);
        var own = "/experiments/" + experiment.id();
        return Response.seeOther(
                        URI.create(
                                back != null && (back.equals(own) || back.startsWith(own + "?"))
                                        ? back
                                        : own))
                .build();
    }

    // What else there is to it --------------------------------------------------------------------

    @GET
    @Path("{experiment}/about")
    public TemplateInstance about(@PathParam("experiment") String id) {
        return about(shells.experiment(id, Permission.EXPERIMENT_READ), null);
    }

    private TemplateInstance about(Experiment experiment, @Nullable String fault) {
        var note = experiment.tags().getOrDefault(ExperimentShells.NOTE_TAG, "");
        return Templates.about(
                shells.shell(experiment, "about"),
                new About(
                        note.isBlank() ? null : Markdown.html(note),
                        note,
                        experiment.tags().entrySet().stream()
                                .filter(tag -> !tag.getKey().startsWith("mlflow."))
                                .map(tag -> new Pair(tag.getKey(), tag.getValue()))
                                .toList(),
                        shells.tracking(),
                        Shell.quote(experiment.name()),
                        fault));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/name")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response rename(
            @PathParam("experiment") String id, @FormParam("name") @Nullable String name) {
        return changed(id, e -> experiments.rename(e, name == null ? "" : name.strip()));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/note")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response note(
            @PathParam("experiment") String id, @FormParam("note") @Nullable String note) {
        return changed(
                id,
                e ->
                        experiments.annotate(
                                e, ExperimentShells.NOTE_TAG, note == null ? "" : note.strip()));
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/deletion")
    public Response delete(@PathParam("experiment") String id) {
        return changed(id, experiments::delete);
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("{experiment}/restoration")
    public Response restore(@PathParam("experiment") String id) {
        return changed(id, experiments::restore);
    }

    private Response changed(String id, Consumer<Experiment> change) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_RECORD);
        try {
            change.accept(experiment);
        } catch (Invalid | Conflict e) {
            return refused(experiment, e);
        }
        return Response.seeOther(URI.create("/experiments/" + experiment.id() + "/about")).build();
    }

    private Response refused(Experiment experiment, Problem e) {
        return Response.status(422).entity(about(experiment, e.detail())).build();
    }
}
