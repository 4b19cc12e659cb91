package dev.atelier.experiments;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.FileBytes;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The files of a run, and of the models that it logged, for people. */
@Path("/experiments/{experiment}/runs/{run}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class RunFilePages {

    @CheckedTemplate(basePath = "experiments")
    static class Templates {
        static native TemplateInstance artifacts(RunShell shell, Files page);
    }

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
    private final FullRuns fullRuns;
    private final LoggedModels models;
    private final Artifacts artifacts;
    private final Blobs blobs;

    RunFilePages(
            ExperimentShells shells,
            FullRuns fullRuns,
            LoggedModels models,
            Artifacts artifacts,
            Blobs blobs) {
        this.shells = shells;
        this.fullRuns = fullRuns;
        this.models = models;
        this.artifacts = artifacts;
        this.blobs = blobs;
    }

    @GET
    @Path("artifacts")
    public TemplateInstance artifacts(
            @PathParam("experiment") String id,
            @PathParam("run") String run,
            @RestQuery @Nullable String of,
            @RestQuery @Nullable String path) {
        var experiment = shells.experiment(id, Permission.EXPERIMENT_READ);
        var full = fullRuns.of(shells.run(experiment, run));
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
    private ArtifactPlace root(FullRun full, String holder) {
        if (holder.isEmpty()) {
            return ArtifactPlace.of(full.run(), "");
        }
        return models.of(full).keySet().stream()
                .filter(model -> model.text().equals(holder))
                .findFirst()
                .map(model -> ArtifactPlace.of(model, ""))
                .orElseThrow(() -> LoggedModels.none(holder));
    }

    private List<Root> roots(FullRun full, String holder) {
        var roots = new ArrayList<Root>();
        roots.add(new Root("The run’s own", full.run().address() + "/artifacts", holder.isEmpty()));
        models.of(full)
                .forEach(
                        (model, _) ->
                                roots.add(
                                        new Root(
                                                "Model " + model.name(),
                                                full.run().address()
                                                        + "/artifacts?of="
                                                        + model.text(),
                                                model.text().equals(holder))));
        return roots;
    }

    /** Of a file or folder; the holder is empty for the run's own, else the id of a model. */
    static String address(Run run, String holder, String path) {
        var query = new ArrayList<String>();
        if (!holder.isEmpty()) {
            query.add("of=" + holder);
        }
        if (!path.isEmpty()) {
            query.add("path=" + Queries.encodedPath(path));
        }
        return run.address()
                + "/artifacts"
                + (query.isEmpty() ? "" : "?" + String.join("&", query));
    }

    private List<FileRow> rows(Run run, String holder, ArtifactPlace folder, String open) {
        var prefix = folder.path().isEmpty() ? "" : folder.path() + "/";
        return artifacts.list(folder).stream()
                .sorted(Comparator.comparing((Artifacts.Entry entry) -> !entry.folder()))
                .map(
                        entry ->
                                new FileRow(
                                        entry.name(),
                                        address(run, holder, prefix + entry.name()),
                                        entry.folder(),
                                        entry.size(),
                                        open.equals(prefix + entry.name())))
                .toList();
    }

    private static List<Step> trail(Run run, String holder, String path) {
        var steps = new ArrayList<Step>();
        steps.add(new Step("all files", address(run, holder, "")));
        var at = "";
        for (var part : path.isEmpty() ? new String[0] : path.split("/")) {
            at = at.isEmpty() ? part : at + "/" + part;
            steps.add(new Step(part, address(run, holder, at)));
        }
        return steps;
    }

    private Opened opened(Run run, String holder, Artifacts.File file) {
        var size = file.blob().size();
        var preview = Preview.of(file.path(), beginning(file, Preview.READ), size);
        var query =
                "?path="
                        + Queries.encodedPath(file.path())
                        + (holder.isEmpty() ? "" : "&of=" + holder);
        return new Opened(
                file.path(),
                size,
                run.address() + "/file" + query,
                run.address() + "/picture" + query,
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
        var full = fullRuns.of(shells.run(experiment, run));
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
                FileBytes.pictureType(beginning(file, 64))
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
}
