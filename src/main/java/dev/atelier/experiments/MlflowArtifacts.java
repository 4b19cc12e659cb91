package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Open;
import dev.atelier.identity.Permission;
import dev.atelier.identity.PublicAddress;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Artifacts for MLflow's clients: what {@code mlflow-artifacts:} addresses name. */
@Path("/api/2.0")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class MlflowArtifacts {

    static final String TICKET = "X-Atelier-Ticket";

    private final Artifacts artifacts;
    private final ArtifactUploads uploads;
    private final RegisteredFiles registry;
    private final Runs runs;
    private final Blobs blobs;
    private final Caller caller;
    private final PublicAddress portal;

    MlflowArtifacts(
            Artifacts artifacts,
            ArtifactUploads uploads,
            RegisteredFiles registry,
            Runs runs,
            Blobs blobs,
            Caller caller,
            PublicAddress portal) {
        this.artifacts = artifacts;
        this.uploads = uploads;
        this.registry = registry;
        this.runs = runs;
        this.blobs = blobs;
        this.caller = caller;
        this.portal = portal;
    }

    private ArtifactPlace allowed(Permission permission, String address) {
        var place = ArtifactPlace.parse(address);
        caller.require(permission, Experiment.ref(artifacts.experimentOf(place)));
        return place;
    }

    /** Files of a folder, with their paths from the root of the run or model on. */
    static Map<String, Object> listing(Artifacts artifacts, ArtifactPlace folder) {
        var prefix = folder.path().isEmpty() ? "" : folder.path() + "/";
        return Map.of(
                "root_uri",
                folder.root().uri(),
                "files",
                artifacts.list(folder).stream()
                        .map(
                                entry ->
                                        MlflowJson.file(
                                                prefix + entry.name(),
                                                entry.folder(),
                                                entry.size()))
                        .toList());
    }

    @GET
    @Path("/mlflow/artifacts/list")
    public Map<String, Object> listOfRun(
            @QueryParam("run_id") @Nullable String id,
            @QueryParam("run_uuid") @Nullable String uuid,
            @QueryParam("path") @Nullable String path) {
        var named = id == null ? uuid : id;
        if (named == null) {
            throw MlflowFields.missing("run_id");
        }
        var run = runs.get(named);
        caller.require(Permission.EXPERIMENT_READ, Experiment.ref(run.experiment()));
        return listing(artifacts, ArtifactPlace.of(run, path == null ? "" : path));
    }

    /** Files of a folder, by their names. */
    @GET
    @Path("/mlflow-artifacts/artifacts")
    public Map<String, Object> list(@QueryParam("path") @Nullable String path) {
        if (path == null) {
            throw MlflowFields.missing("path");
        }
        var registered = registered(path);
        var entries =
                registered.isPresent()
                        ? registry.list(registered.get())
                        : artifacts.list(allowed(Permission.EXPERIMENT_READ, path));
        return Map.of(
                "files",
                entries.stream()
                        .map(e -> MlflowJson.file(e.name(), e.folder(), e.size()))
                        .toList());
    }

    @GET
    @Path("/mlflow-artifacts/artifacts/{path:.+}")
    @Produces(MediaType.WILDCARD)
    public Response get(@PathParam("path") String path, @Context HttpHeaders headers) {
        var registered = registered(path);
        return registered.isPresent()
                ? download(registry.get(registered.get()), headers)
                : download(file(allowed(Permission.EXPERIMENT_READ, path)), headers);
    }

    /** Behind the folder of registered versions; empty when it is another place. */
    private static Optional<String> registered(String path) {
        var address = ArtifactPlace.folder(path) + "/";
        return address.startsWith(RegisteredFiles.FOLDER)
                ? Optional.of(
                        ArtifactPlace.folder(address.substring(RegisteredFiles.FOLDER.length())))
                : Optional.empty();
    }

    private Artifacts.File file(ArtifactPlace place) {
        return artifacts
                .find(place)
                .orElseThrow(
                        () -> new NotFound("There is no artifact '%s'.".formatted(place.uri())));
    }

    private Response download(Artifacts.File file, HttpHeaders headers) {
        // The same address may hold another file tomorrow.
        return Response.fromResponse(Download.of(file.path(), file.blob(), blobs, headers))
                .header(HttpHeaders.CACHE_CONTROL, null)
                .header(HttpHeaders.CACHE_CONTROL, "private, no-cache")
                .build();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @PUT
    @Path("/mlflow-artifacts/artifacts/{path:.+}")
    public Map<String, Object> put(
            @PathParam("path") String path,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var place = allowed(Permission.EXPERIMENT_RECORD, path);
        artifacts.put(place, body, length == null ? -1 : length, caller.entityRef());
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @DELETE
    @Path("/mlflow-artifacts/artifacts/{path:.+}")
    public Map<String, Object> delete(@PathParam("path") String path) {
        artifacts.delete(allowed(Permission.EXPERIMENT_RECORD, path));
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/mlflow-artifacts/mpu/create/{path:.+}")
    public Map<String, Object> begin(
            @PathParam("path") String path,
            @Nullable MlflowFields body,
            @Context RoutingContext request) {
        var fields = MlflowFields.orNone(body);
        var place = file(path, fields);
        var parts = fields.number("num_parts").orElse(1);
        var begun = uploads.begin(place, parts, caller.entityRef());
        return Map.of(
                "upload_id",
                begun.id().toString(),
                "credentials",
                IntStream.rangeClosed(1, (int) parts)
                        .mapToObj(
                                number ->
                                        Map.of(
                                                "url",
                                                portal.of(
                                                                request,
                                                                "/api/2.0/mlflow-artifacts/mpu/parts/"
                                                                        + begun.id()
                                                                        + "/"
                                                                        + number)
                                                        .toString(),
                                                "part_number",
                                                number,
                                                "headers",
                                                Map.of(TICKET, begun.ticket())))
                        .toList());
    }

    /**
     * The file that an upload in parts will be: the folder is in the address, the name is that of
     * the client's own file.
     */
    private ArtifactPlace file(String folder, MlflowFields fields) {
        var local = fields.required("path").replace('\\', '/');
        var name = local.substring(local.lastIndexOf('/') + 1);
        return allowed(Permission.EXPERIMENT_RECORD, folder + "/" + name);
    }

    @Open(
            value = Open.To.EVERYONE,
            because =
                    "clients send the parts of an upload without their token; the ticket is checked")
    @PUT
    @Path("/mlflow-artifacts/mpu/parts/{id}/{number}")
    public Response part(
            @PathParam("id") String id,
            @PathParam("number") int number,
            @HeaderParam(TICKET) @Nullable String ticket,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var digest =
                uploads.put(
                        uuid(id),
                        number,
                        ticket == null ? "" : ticket,
                        body,
                        length == null ? -1 : length);
        return Response.ok(Map.of()).header(HttpHeaders.ETAG, '"' + digest + '"').build();
    }

    private static UUID uuid(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw new Invalid("Invalid upload_id.");
        }
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/mlflow-artifacts/mpu/complete/{path:.+}")
    public Map<String, Object> complete(@PathParam("path") String path, @Nullable MlflowFields body)
            throws IOException {
        var fields = MlflowFields.orNone(body);
        var place = file(path, fields);
        uploads.complete(uuid(fields.required("upload_id")), place, caller.entityRef());
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/mlflow-artifacts/mpu/abort/{path:.+}")
    public Map<String, Object> abort(@PathParam("path") String path, @Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        uploads.abort(uuid(fields.required("upload_id")), file(path, fields));
        return Map.of();
    }

    /** Bytes come through the portal, which serves ranges of them: there is no other address. */
    @GET
    @Path("/mlflow-artifacts/presigned/{path:.+}")
    public Response presigned(@PathParam("path") String path) {
        allowed(Permission.EXPERIMENT_READ, path);
        throw MlflowErrors.of(
                501, "NOT_IMPLEMENTED", "Presigned download is not offered: GET the artifact.");
    }
}
