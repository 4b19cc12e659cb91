package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Versions;
import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.ProfileJson;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.TooLarge;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.HashSet;
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

    private static final int MOST_BYTES = 64 << 20;
    private static final int MOST_ROWS = 10_000;
    private static final int LONGEST_NAME = 200;
    private static final Duration USUAL = Duration.ofDays(1);
    private static final Duration LONGEST = Duration.ofDays(400);

    /** A reference as it is answered. */
    public record Answer(
            String hash,
            StoredReference.Source source,
            long rows,
            Instant madeAt,
            String madeBy,
            Set<String> outputs,
            JsonNode profile) {}

    private final Versions versions;
    private final References references;
    private final Intake intake;
    private final Labels labels;
    private final Reports reports;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;
    private final ObjectMapper json;
    private final CsvMapper csv = new CsvMapper();

    MonitoringApi(
            Versions versions,
            References references,
            Intake intake,
            Labels labels,
            Reports reports,
            Transaction transaction,
            Audit audit,
            Caller caller,
            ObjectMapper json) {
        this.versions = versions;
        this.references = references;
        this.intake = intake;
        this.labels = labels;
        this.reports = reports;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
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
                parsed(one.profile().json()));
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
        var given = read(body);
        var outputs = outputs(one, given.path("outputs"));
        if (given.path("profile").isObject()) {
            Profile profile;
            try {
                profile = ProfileJson.read(given.path("profile"));
            } catch (IllegalArgumentException e) {
                throw new Invalid(
                        "The profile cannot be used: " + e.getMessage(),
                        List.of(new Invalid.Field("/profile", "is no profile")));
            }
            long rows = given.path("count").asLong(0);
            return put(one, profile, outputs, StoredReference.Source.PROFILE, rows);
        }
        if (!(given.path("rows") instanceof ArrayNode rows)) {
            throw new Invalid(
                    "Send {\"rows\": [{…}]}, an object for each row, or {\"profile\": …}.",
                    List.of(new Invalid.Field("/rows", "is no list")));
        }
        var columns = new Columns();
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).isObject()) {
                throw new Invalid(
                        "A row is a JSON object, a member for each column.",
                        List.of(new Invalid.Field("/rows/" + i, "is no object")));
            }
            var cells = new HashMap<String, Cell>();
            rows.get(i).properties().forEach(c -> cells.put(c.getKey(), Cell.of(c.getValue())));
            columns.add(cells);
        }
        return put(one, columns, outputs);
    }

    /** Of rows: CSV (RFC 4180) in UTF-8, with the names of the columns in its first line. */
    @Needs(value = Permission.MONITORING_RECORD, model = "model")
    @Limited(Limit.UPLOADS)
    @PUT
    @Path("/reference")
    @Consumes("text/csv")
    public Response putCsv(
            @PathParam("model") String model,
            @PathParam("version") String version,
            InputStream body)
            throws IOException {
        var one = versions.find(model, version);
        var columns = new Columns();
        var text = new String(bytes(body), StandardCharsets.UTF_8);
        try (var rows =
                csv.readerFor(Map.class)
                        .with(CsvSchema.emptySchema().withHeader())
                        .<Map<String, String>>readValues(text)) {
            while (rows.hasNextValue()) {
                var cells = new HashMap<String, Cell>();
                rows.nextValue().forEach((name, value) -> cells.put(name, Cell.parse(value)));
                columns.add(cells);
            }
        } catch (JsonProcessingException e) {
            throw new Invalid(
                    "This is no CSV with a header: " + e.getOriginalMessage(),
                    List.of(new Invalid.Field("", "line " + e.getLocation().getLineNr())));
        }
        return put(one, columns, outputs(one, json.missingNode()));
    }

    private Response put(ModelVersion version, Columns columns, Set<String> outputs) {
        if (columns.rows() == 0) {
            throw new Invalid("There is no row in it.");
        }
        return put(
                version, columns.profile(), outputs, StoredReference.Source.ROWS, columns.rows());
    }

    private Response put(
            ModelVersion version,
            Profile profile,
            Set<String> outputs,
            StoredReference.Source source,
            long rows) {
        var stored =
                transaction.call(
                        () -> {
                            var one =
                                    references.put(
                                            version.model(),
                                            version.number(),
                                            profile,
                                            outputs,
                                            source,
                                            rows,
                                            caller.entityRef());
                            intake.countEarly(version.model(), version.number(), one);
                            audit.record(
                                    "monitoring.reference",
                                    Resource.model(version.model()),
                                    Map.of(
                                            "version", version.number(),
                                            "hash", one.hash(),
                                            "source", source.name(),
                                            "rows", rows));
                            return one;
                        });
        return Response.status(Response.Status.CREATED).entity(answer(stored)).build();
    }

    /** Those that are named, or else what the version's signature says that it gives. */
    private static Set<String> outputs(ModelVersion version, JsonNode named) {
        var outputs = new HashSet<String>();
        if (named.isArray()) {
            named.forEach(one -> outputs.add(one.asText()));
        } else if (version.signature() != null) {
            version.signature().outputs().forEach(one -> outputs.add(one.name()));
        }
        return outputs;
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
        var given = read(body);
        var batch = name(given, "batch", null);
        var site = name(given, "site", "hub");
        if (!(given.path("rows") instanceof ArrayNode rows)) {
            throw new Invalid(
                    "Send {\"batch\": …, \"rows\": [{\"inputs\": {…}, \"outputs\": {…}}]}.",
                    List.of(new Invalid.Field("/rows", "is no list")));
        }
        if (rows.size() > MOST_ROWS) {
            throw new TooLarge("A batch has at most %,d rows. Send several.".formatted(MOST_ROWS));
        }
        return Response.accepted(intake.take(one.model(), one.number(), site, batch, rows)).build();
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
        if (!(read(body).path("labels") instanceof ArrayNode given)) {
            throw new Invalid(
                    "Send {\"labels\": [{\"predictionId\": …, \"label\": …}]}.",
                    List.of(new Invalid.Field("/labels", "is no list")));
        }
        if (given.size() > MOST_ROWS) {
            throw new TooLarge("Send at most %,d labels at once.".formatted(MOST_ROWS));
        }
        return Response.accepted(labels.take(one.model(), one.number(), given)).build();
    }

    private static String name(JsonNode given, String member, @Nullable String usual) {
        var node = given.path(member);
        if (usual != null && (node.isMissingNode() || node.isNull())) {
            return usual;
        }
        var text = node.isTextual() ? node.textValue() : "";
        if (text.isBlank()
                || text.length() > LONGEST_NAME
                || text.chars().anyMatch(Character::isISOControl)) {
            throw new Invalid(
                    "%s is a text of 1 to %d characters.".formatted(member, LONGEST_NAME),
                    List.of(new Invalid.Field("/" + member, "is missing or cannot be")));
        }
        return text;
    }

    /**
     * @param from, to times; the last day unless given
     * @param site all unless given
     */
    @GET
    @Path("/report")
    public Reports.Report report(
            @PathParam("model") String model,
            @PathParam("version") String version,
            @QueryParam("from") @Nullable String from,
            @QueryParam("to") @Nullable String to,
            @QueryParam("site") @Nullable String site) {
        var one = versions.find(model, version);
        var until = to == null || to.isBlank() ? Instant.now() : time("to", to);
        var since = from == null || from.isBlank() ? until.minus(USUAL) : time("from", from);
        if (!since.isBefore(until) || Duration.between(since, until).compareTo(LONGEST) > 0) {
            throw new Invalid(
                    "from lies before to, by %d days at most.".formatted(LONGEST.toDays()),
                    List.of(new Invalid.Field("from", "is not before to, or long before")));
        }
        return reports.compare(
                        one.model(),
                        one.number(),
                        references.current(one.model(), one.number()).orElse(null),
                        site == null || site.isBlank() ? null : site,
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

    private JsonNode read(InputStream body) throws IOException {
        try {
            var read = json.readTree(bytes(body));
            if (read == null || !read.isObject()) {
                throw new Invalid("Send a JSON object.");
            }
            return read;
        } catch (JsonProcessingException e) {
            throw new Invalid(
                    "This is no JSON: line %d, column %d."
                            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
        }
    }

    private static byte[] bytes(InputStream body) throws IOException {
        var bytes = body.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new TooLarge("That is more than 64 MiB. Send fewer rows, or a profile.");
        }
        return bytes;
    }
}
