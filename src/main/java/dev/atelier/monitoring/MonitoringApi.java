package dev.atelier.monitoring;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What models are asked and answered, wherever they are served: taken in and reported. */
@Path("/api/v1/monitoring/{model}/{version}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class MonitoringApi {

    private static final Duration USUAL = Duration.ofDays(1);
    private static final Duration LONGEST = Duration.ofDays(400);

    /**
     * A reference as it is answered.
     *
     * @param label column of what was true
     * @param calibration what could be learned from it for estimates without labels, as a sentence
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Answer(
            String hash,
            StoredReference.Source source,
            long rows,
            Instant madeAt,
            String madeBy,
            Set<String> outputs,
            @Nullable String label,
            @Nullable String calibration,
            JsonNode profile) {}

    private final Versions versions;
    private final References references;
    private final Intake intake;
    private final Labels labels;
    private final Reports reports;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;
    private final MonitoringBodies bodies;
    private final ObjectMapper json;

    MonitoringApi(
            Versions versions,
            References references,
            Intake intake,
            Labels labels,
            Reports reports,
            Transaction transaction,
            Audit audit,
            Caller caller,
            MonitoringBodies bodies,
            ObjectMapper json) {
        this.versions = versions;
        this.references = references;
        this.intake = intake;
        this.labels = labels;
        this.reports = reports;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
        this.bodies = bodies;
        this.json = json;
    }

    private Answer answer(StoredReference one) {
        return new Answer(
                one.hash(),
                one.source(),
                one.rows(),
                one.madeAt(),
                one.madeBy(),
                one.outputs(),
                one.label(),
                said(one.calibration()),
                parsed(one.profile().json()));
    }

    private static @Nullable String said(@Nullable Calibration calibration) {
        return calibration == null
                ? null
                : calibration.fault() != null
                        ? "There is none. " + calibration.fault()
                        : "Learned from %,d labelled rows.".formatted(calibration.rows());
    }

    private JsonNode parsed(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @GET
    @Path("/reference")
    public Answer reference(
            @PathParam("model") String model, @PathParam("version") String version) {
        var one = versions.find(model, version);
        return answer(
                references
                        .current(one.model(), one.number())
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "Version %d of %s has no reference yet."
                                                        .formatted(one.number(), one.model()))));
    }

    /** Of rows: JSON {@code {"rows": [{…}]}}, or {@code {"profile": …}} that was made elsewhere. */
    @Needs(value = Permission.MONITORING_RECORD, model = "model")
    @Limited(Limit.UPLOADS)
    @PUT
    @Path("/reference")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response putJson(
            @PathParam("model") String model,
            @PathParam("version") String version,
            InputStream body)
            throws IOException {
        var one = versions.find(model, version);
        return put(one, bodies.reference(one, body));
    }

    /**
     * Of rows: CSV (RFC 4180) in UTF-8, with the names of the columns in its first line.
     *
     * @param output columns that the model gives; those of the version's signature unless given
     * @param label column of what was true, which is no input
     */
    @Needs(value = Permission.MONITORING_RECORD, model = "model")
    @Limited(Limit.UPLOADS)
    @PUT
    @Path("/reference")
    @Consumes("text/csv")
    public Response putCsv(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @QueryParam("output") List<String> output,
            @QueryParam("label") @Nullable String label,
            InputStream body)
            throws IOException {
        var one = versions.find(model, version);
        return put(one, bodies.reference(one, body, Set.copyOf(output), given(label)));
    }

    private Response put(ModelVersion version, MonitoringBodies.Sent sent) {
        var stored =
                transaction.call(
                        () -> {
                            var one =
                                    references.put(
                                            version.model(),
                                            version.number(),
                                            sent.profile(),
                                            sent.outputs(),
                                            sent.source(),
                                            sent.rows(),
                                            caller.entityRef(),
                                            sent.label(),
                                            sent.calibration());
                            intake.countEarly(version.model(), version.number(), one);
                            audit.record(
                                    "monitoring.reference",
                                    Resource.model(version.model()),
                                    Map.of(
                                            "version", version.number(),
                                            "hash", one.hash(),
                                            "source", sent.source().name(),
                                            "rows", sent.rows()));
                            return one;
                        });
        return Response.status(Response.Status.CREATED).entity(answer(stored)).build();
    }

    /** Rows of a batch; one that came before is not counted again. */
    @Needs(value = Permission.MONITORING_RECORD, model = "model")
    @POST
    @Path("/rows")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response rows(
            @PathParam("model") String model,
            @PathParam("version") String version,
            InputStream body)
            throws IOException {
        var one = versions.find(model, version);
        var batch = bodies.batch(body);
        return Response.accepted(
                        intake.take(
                                one.model(),
                                one.number(),
                                batch.site(),
                                batch.segment(),
                                batch.batch(),
                                batch.rows()))
                .build();
    }

    /** What the truth was. Of labels of one prediction the newest holds. */
    @Needs(value = Permission.MONITORING_RECORD, model = "model")
    @POST
    @Path("/labels")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response labels(
            @PathParam("model") String model,
            @PathParam("version") String version,
            InputStream body)
            throws IOException {
        var one = versions.find(model, version);
        return Response.accepted(labels.take(one.model(), one.number(), bodies.labels(body)))
                .build();
    }

    /**
     * @param from, to times; the last day unless given
     * @param site all unless given
     * @param segment all unless given
     */
    @GET
    @Path("/report")
    public Reports.Report report(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("site") @Nullable String site,
            @QueryParam("segment") @Nullable String segment) {
        var one = versions.find(model, version);
        var until = to == null || to.isBlank() ? Instant.now() : time("to", to);
        var since = from == null || from.isBlank() ? until.minus(USUAL) : time("from", from);
        if (!since.isBefore(until) || Duration.between(since, until).compareTo(LONGEST) > 0) {
            throw new Invalid(
                    "from lies before to, by %d days at most.".formatted(LONGEST.toDays()),
                    List.of(new Invalid.Field("from", "is not before to, or long before")));
        }
        return reports.compare(
                        new Labels.Part(one.model(), one.number(), given(site), given(segment)),
                        references.current(one.model(), one.number()).orElse(null),
                        Windows.hour(since),
                        until)
                .report();
    }

    private static Instant time(String name, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new Invalid(
                    "%s is a time as 2026-01-31T12:00:00Z.".formatted(name),
                    List.of(new Invalid.Field(name, "is no time")));
        }
    }

    private static @Nullable String given(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
