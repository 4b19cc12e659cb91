package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Open;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** What MLflow's server answers beside its API. */
@Path("/")
@RunOnVirtualThread
public class MlflowServer {

    /** The release of MLflow whose protocol is spoken. */
    static final String VERSION = "3.17.2";

    private final Runs runs;
    private final Artifacts artifacts;
    private final Blobs blobs;
    private final Caller caller;

    MlflowServer(Runs runs, Artifacts artifacts, Blobs blobs, Caller caller) {
        this.runs = runs;
        this.artifacts = artifacts;
        this.blobs = blobs;
        this.caller = caller;
    }

    @Open(value = Open.To.EVERYONE, because = "it says nothing but that the portal answers")
    @GET
    @Path("/health")
    @Produces(MediaType.TEXT_PLAIN)
    public String health() {
        return "OK";
    }

    @Open(value = Open.To.EVERYONE, because = "it names a release of MLflow, not of the portal")
    @GET
    @Path("/version")
    @Produces(MediaType.TEXT_PLAIN)
    public String version() {
        return VERSION;
    }

    @Needs(Permission.EXPERIMENT_READ)
    @GET
    @Path("/get-artifact")
    @Produces(MediaType.WILDCARD)
    public Response artifact(
            @QueryParam("run_id") @Nullable String id,
            @QueryParam("run_uuid") @Nullable String uuid,
            @QueryParam("path") @Nullable String path,
            @Context HttpHeaders headers) {
        var named = id == null ? uuid : id;
        if (named == null || path == null) {
            throw MlflowFields.missing(named == null ? "run_id" : "path");
        }
        var run = runs.get(named);
        caller.require(Permission.EXPERIMENT_READ, Experiment.ref(run.experiment()));
        var file =
                artifacts
                        .find(ArtifactPlace.of(run, path))
                        .orElseThrow(
                                () -> new NotFound("There is no artifact '%s'.".formatted(path)));
        return Download.of(file.path(), file.blob(), blobs, headers);
    }
}
