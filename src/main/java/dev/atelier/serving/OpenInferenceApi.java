package dev.atelier.serving;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Open;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.inference.Message;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.TooMany;
import dev.atelier.platform.problems.Unavailable;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol v2 over HTTP, with the binary tensor extension and the model
 * repository extension, for every ready version.
 *
 * <p>Bodies are handed to the runner as they came; errors are always {@code {"error": …}}.
 */
@Path("/v2")
@Tag(name = "Open Inference Protocol")
@RunOnVirtualThread
@Needs(value = Permission.MODEL_CALL, model = "model")
public class OpenInferenceApi {

    private static final Logger LOG = Logger.getLogger(OpenInferenceApi.class);
    private static final String HEADER_LENGTH = "Inference-Header-Content-Length";

    /** Permits are KiB, so that they fit an int. */
    private static final int UNIT = 1024;

    private final Gateway gateway;
    private final Versions versions;
    private final int maxRequest;
    private final Transaction transaction;
    private final Audit audit;
    private final Sight sight;
    private final Semaphore memory;
    private final String release;

    OpenInferenceApi(
            Gateway gateway,
            Versions versions,
            Transaction transaction,
            Audit audit,
            Sight sight,
            ServingConfig config,
            @ConfigProperty(name = "quarkus.application.version") String release) {
        this.gateway = gateway;
        this.versions = versions;
        this.transaction = transaction;
        this.audit = audit;
        this.sight = sight;
        this.maxRequest = config.limits().maxRequest();
        this.memory = new Semaphore((int) (config.maxInFlight().asLongValue() / UNIT));
        this.release = release;
    }

    record Server(String name, String version, List<String> extensions) {}

    record Live(boolean live) {}

    record Ready(boolean ready) {}

    record ModelReady(String name, boolean ready) {}

    record Spec(String name, String datatype, List<Long> shape) {}

    record Metadata(
            String name,
            List<String> versions,
            String platform,
            List<Spec> inputs,
            List<Spec> outputs) {}

    record IndexEntry(String name, String version, String state, @Nullable String reason) {}

    record IndexRequest(@JsonProperty("ready") @Nullable Boolean ready) {}

    @Open(value = Open.To.EVERYONE, because = "health and name, as probes and clients ask first")
    @GET
    public Server server() {
        return new Server("atelier", release, List.of("binary_tensor_data", "model_repository"));
    }

    @Open(value = Open.To.EVERYONE, because = "health and name, as probes and clients ask first")
    @GET
    @Path("health/live")
    public Live live() {
        return new Live(true);
    }

    @Open(value = Open.To.EVERYONE, because = "health and name, as probes and clients ask first")
    @GET
    @Path("health/ready")
    public Response ready() {
        return json(gateway.ready() ? 200 : 503, new Ready(gateway.ready()));
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}")
    public Metadata model(@PathParam("model") String model) {
        return metadata(model, null);
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}/versions/{version}")
    public Metadata version(
            @PathParam("model") String model, @PathParam("version") String version) {
        return metadata(model, version);
    }

    private Metadata metadata(String model, @Nullable String wanted) {
        var version = wanted == null ? versions.ready(model) : versions.ready(model, wanted);
        var signature =
                version.signature() == null
                        ? new Signature(List.of(), List.of())
                        : version.signature();
        var ready =
                wanted != null
                        ? List.of(Integer.toString(version.number()))
                        : versions.list(version.model()).stream()
                                .filter(ModelVersion::ready)
                                .map(each -> Integer.toString(each.number()))
                                .toList();
        return new Metadata(
                version.model(),
                ready,
                "onnx_onnxv1",
                specs(signature.inputs()),
                specs(signature.outputs()));
    }

    private static List<Spec> specs(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> new Spec(spec.name(), spec.datatype().name(), spec.shape()))
                .toList();
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}/openapi.json")
    public ObjectNode openApi(@PathParam("model") String model) {
        return openApi(versions.ready(model), "/v2/models/" + model);
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}/versions/{version}/openapi.json")
    public ObjectNode openApi(
            @PathParam("model") String model, @PathParam("version") String version) {
        return openApi(
                versions.ready(model, version), "/v2/models/" + model + "/versions/" + version);
    }

    private static ObjectNode openApi(ModelVersion version, String address) {
        var signature = version.signature();
        if (signature == null || !version.servable()) {
            throw new Conflict(
                    "Version %d of \"%s\" cannot be served, so it has no inference call."
                            .formatted(version.number(), version.model()));
        }
        return ModelOpenApi.of(version, signature, address);
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}/ready")
    public ModelReady modelReady(@PathParam("model") String model) {
        return new ModelReady(gateway.find(model, null).name(), true);
    }

    @Needs(value = Permission.MODEL_READ, model = "model")
    @GET
    @Path("models/{model}/versions/{version}/ready")
    public ModelReady versionReady(
            @PathParam("model") String model, @PathParam("version") String version) {
        return new ModelReady(gateway.find(model, version).name(), true);
    }

    @Limited(Limit.CALLS)
    @POST
    @Path("models/{model}/infer")
    public Response infer(
            @PathParam("model") String model,
            @HeaderParam(HEADER_LENGTH) @Nullable String headerLength,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable String contentLength,
            InputStream body)
            throws IOException, InterruptedException {
        return infer(gateway.find(model, null), headerLength, contentLength, body);
    }

    @Limited(Limit.CALLS)
    @POST
    @Path("models/{model}/versions/{version}/infer")
    public Response inferVersion(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @HeaderParam(HEADER_LENGTH) @Nullable String headerLength,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable String contentLength,
            InputStream body)
            throws IOException, InterruptedException {
        return infer(gateway.find(model, version), headerLength, contentLength, body);
    }

    private Response infer(
            Servable servable,
            @Nullable String headerLength,
            @Nullable String contentLength,
            InputStream body)
            throws IOException, InterruptedException {
        long announced = number(contentLength);
        if (announced > maxRequest) {
            return tooLarge();
        }
        int permits = (int) Math.ceilDiv(announced < 0 ? maxRequest : Math.max(1, announced), UNIT);
        if (!memory.tryAcquire(permits, 1, TimeUnit.SECONDS)) {
            return error(
                    503,
                    "The portal holds as many bytes of requests as it may (atelier.serving.max-in-flight). Try again in a second.",
                    1);
        }
        try {
            var bytes = body.readNBytes(announced < 0 ? maxRequest + 1 : (int) announced);
            if (bytes.length > maxRequest) {
                return tooLarge();
            }
            int header = -1;
            if (headerLength != null) {
                long given = number(headerLength);
                if (given < 0 || given > bytes.length) {
                    return error(
                            400,
                            "%s is \"%s\", the body has %d bytes."
                                    .formatted(HEADER_LENGTH, headerLength, bytes.length),
                            0);
                }
                header = (int) given;
            }
            return response(gateway.infer(servable, new Message(bytes, header)));
        } finally {
            memory.release(permits);
        }
    }

    private static long number(@Nullable String text) {
        try {
            return text == null ? -1 : Long.parseLong(text);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    private Response tooLarge() {
        return error(
                413,
                "A request has at most %d bytes (atelier.serving.max-request)."
                        .formatted(maxRequest),
                0);
    }

    private static Response response(Answer answer) {
        var timings = answer.timings();
        int header = answer.message().headerLength();
        var response =
                Response.status(answer.status())
                        .type(
                                header < 0
                                        ? MediaType.APPLICATION_JSON
                                        : MediaType.APPLICATION_OCTET_STREAM)
                        .header(
                                "Server-Timing",
                                "queue;dur=%s, decode;dur=%s, run;dur=%s, encode;dur=%s, gateway;dur=%s"
                                        .formatted(
                                                millis(timings.queue()),
                                                millis(timings.decode()),
                                                millis(timings.run()),
                                                millis(timings.encode()),
                                                millis(answer.totalNanos())))
                        .entity(answer.message().body());
        if (header >= 0) {
            response.header(HEADER_LENGTH, header);
        }
        if (answer.retryAfter() > 0) {
            response.header(HttpHeaders.RETRY_AFTER, answer.retryAfter());
        }
        return response.build();
    }

    /** Milliseconds with three digits, without the cost of a formatter. */
    private static String millis(long nanos) {
        long micros = nanos / 1000;
        return micros / 1000 + "." + String.valueOf(1000 + micros % 1000).substring(1);
    }

    @Needs(Permission.CATALOG_READ)
    @POST
    @Path("repository/index")
    public List<IndexEntry> index(@Nullable IndexRequest request) {
        boolean readyOnly = request != null && Boolean.TRUE.equals(request.ready());
        return versions.index().stream()
                .filter(entry -> entry.servable() || !readyOnly)
                .filter(entry -> !sight.closes(Resource.model(entry.model())))
                .map(
                        entry ->
                                new IndexEntry(
                                        entry.model(),
                                        Integer.toString(entry.number()),
                                        entry.servable() ? "READY" : "UNAVAILABLE",
                                        entry.reason()))
                .toList();
    }

    @Needs(value = Permission.SERVING_OPERATE, model = "model")
    @POST
    @Path("repository/models/{model}/load")
    public Response load(@PathParam("model") String model) {
        var servable = gateway.find(model, null);
        record("model-version.load", servable);
        var failure = gateway.metadata(servable).failure();
        return failure == null ? json(200, Map.of()) : response(failure);
    }

    @Needs(value = Permission.SERVING_OPERATE, model = "model")
    @POST
    @Path("repository/models/{model}/unload")
    public Response unload(@PathParam("model") String model) {
        var servable = gateway.find(model, null);
        record("model-version.unload", servable);
        gateway.unload(servable);
        return json(200, Map.of());
    }

    /** Before the act: what cannot be recorded is not done. */
    private void record(String action, Servable servable) {
        transaction.run(
                () ->
                        audit.record(
                                action,
                                "model:default/" + servable.name(),
                                Map.of("version", servable.version())));
    }

    private static Response json(int status, Object entity) {
        return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(entity).build();
    }

    private static Response error(int status, String reason, int retryAfter) {
        var response =
                Response.status(status)
                        .type(MediaType.APPLICATION_JSON_TYPE)
                        .entity(ResponseCodec.error(reason));
        if (retryAfter > 0) {
            response.header(HttpHeaders.RETRY_AFTER, retryAfter);
        }
        return response.build();
    }

    @ServerExceptionMapper
    public Response problem(Problem problem) {
        int wait =
                switch (problem) {
                    case TooMany many -> (int) many.retryAfter().toSeconds();
                    case Unavailable u -> 5;
                    default -> 0;
                };
        return error(problem.status(), problem.detail(), wait);
    }

    @ServerExceptionMapper
    public Response rejected(WebApplicationException e) {
        int status = e.getResponse().getStatus();
        var reason = Response.Status.fromStatusCode(status);
        return error(status, (reason == null ? "Error" : reason.getReasonPhrase()) + ".", 0);
    }

    @ServerExceptionMapper
    public Response defect(Throwable e) {
        if (DatabaseAway.causes(e)) {
            LOG.warnf("The database did not answer a call: %s", e.getMessage());
            return error(503, "The database does not answer. Send the call again.", 5);
        }
        LOG.errorf(e, "A call of the inference protocol failed");
        return error(500, "This is a defect in the portal, not in your request.", 0);
    }
}
