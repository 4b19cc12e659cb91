package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.atelier.models.ModelVersion;
import dev.atelier.monitoring.statistics.Profile;
import dev.atelier.monitoring.statistics.ProfileJson;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooLarge;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what is sent to be monitored, and says what is wrong with it. */
@ApplicationScoped
class MonitoringBodies {

    private static final int MOST_BYTES = 64 << 20;
    private static final int MOST_ROWS = 10_000;
    private static final int LONGEST_NAME = 200;

    private final ObjectMapper json;
    private final CsvMapper csv = new CsvMapper();

    MonitoringBodies(ObjectMapper json) {
        this.json = json;
    }

    /** Rows of a batch. */
    record Batch(String batch, String site, String segment, ArrayNode rows) {}

    /**
     * A reference that was sent.
     *
     * @param label column of what was true; null where there is none
     * @param calibration learned from it
     */
    record Sent(
            Profile profile,
            Set<String> outputs,
            StoredReference.Source source,
            long rows,
            @Nullable String label,
            @Nullable Calibration calibration) {}

    Batch batch(InputStream body) throws IOException {
        var given = read(body);
        var batch = name(given, "batch", null);
        var site = name(given, "site", "hub");
        var segment = given.path("segment");
        if (!segment.isMissingNode() && !segment.isNull() && !Segments.isName(segment)) {
            throw new Invalid(
                    "segment is a text of at most %d characters.".formatted(Segments.LONGEST),
                    List.of(new Invalid.Field("/segment", "cannot be")));
        }
        if (!(given.path("rows") instanceof ArrayNode rows)) {
            throw new Invalid(
                    "Send {\"batch\": …, \"rows\": [{\"inputs\": {…}, \"outputs\": {…}}]}.",
                    List.of(new Invalid.Field("/rows", "is no list")));
        }
        if (rows.size() > MOST_ROWS) {
            throw new TooLarge("A batch has at most %,d rows. Send several.".formatted(MOST_ROWS));
        }
        return new Batch(batch, site, segment.asText(""), rows);
    }

    ArrayNode labels(InputStream body) throws IOException {
        if (!(read(body).path("labels") instanceof ArrayNode given)) {
            throw new Invalid(
                    "Send {\"labels\": [{\"predictionId\": …, \"label\": …}]}.",
                    List.of(new Invalid.Field("/labels", "is no list")));
        }
        if (given.size() > MOST_ROWS) {
            throw new TooLarge("Send at most %,d labels at once.".formatted(MOST_ROWS));
        }
        return given;
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

    /** Rows {@code {"rows": [{…}]}}, or {@code {"profile": …}} that was made elsewhere. */
    Sent reference(ModelVersion version, InputStream body) throws IOException {
        var given = read(body);
        var named = new HashSet<String>();
        given.path("outputs").forEach(one -> named.add(one.asText()));
        var outputs = given.path("outputs").isArray() ? named : outputs(version);
        if (given.path("profile").isObject()) {
            return new Sent(
                    profile(given.path("profile")),
                    outputs,
                    StoredReference.Source.PROFILE,
                    given.path("count").asLong(0),
                    null,
                    null);
        }
        if (!(given.path("rows") instanceof ArrayNode rows)) {
            throw new Invalid(
                    "Send {\"rows\": [{…}]}, an object for each row, or {\"profile\": …}.",
                    List.of(new Invalid.Field("/rows", "is no list")));
        }
        var label = given.hasNonNull("label") ? name(given, "label", null) : null;
        var taken = new Rows(outputs, label);
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).isObject()) {
                throw new Invalid(
                        "A row is a JSON object, a member for each column.",
                        List.of(new Invalid.Field("/rows/" + i, "is no object")));
            }
            var cells = new HashMap<String, Cell>();
            rows.get(i).properties().forEach(c -> cells.put(c.getKey(), Cell.of(c.getValue())));
            var truth = label == null ? null : rows.get(i).path(label);
            taken.add(
                    cells,
                    truth == null || !truth.isValueNode() || truth.isNull()
                            ? null
                            : truth.asText());
        }
        return taken.sent();
    }

    private static Profile profile(JsonNode given) {
        try {
            return ProfileJson.read(given);
        } catch (IllegalArgumentException e) {
            throw new Invalid(
                    "The profile cannot be used: " + e.getMessage(),
                    List.of(new Invalid.Field("/profile", "is no profile")));
        }
    }

    /** CSV (RFC 4180) in UTF-8, with the names of the columns in its first line. */
    Sent reference(
            ModelVersion version, InputStream body, Set<String> named, @Nullable String label)
            throws IOException {
        var taken = new Rows(named.isEmpty() ? outputs(version) : named, label);
        var text = new String(bytes(body), StandardCharsets.UTF_8);
        try (var rows =
                csv.readerFor(Map.class)
                        .with(CsvSchema.emptySchema().withHeader())
                        .<Map<String, String>>readValues(text)) {
            while (rows.hasNextValue()) {
                var cells = new HashMap<String, Cell>();
                var row = rows.nextValue();
                row.forEach((name, value) -> cells.put(name, Cell.parse(value)));
                var truth = label == null ? null : row.get(label);
                taken.add(cells, truth == null || truth.isBlank() ? null : truth.strip());
            }
        } catch (JsonProcessingException e) {
            throw new Invalid(
                    "This is no CSV with a header: " + e.getOriginalMessage(),
                    List.of(new Invalid.Field("", "line " + e.getLocation().getLineNr())));
        }
        return taken.sent();
    }

    /** What the version's signature says that it gives. */
    private static Set<String> outputs(ModelVersion version) {
        var outputs = new HashSet<String>();
        if (version.signature() != null) {
            version.signature().outputs().forEach(one -> outputs.add(one.name()));
            outputs.addAll(ServedTable.of(version).outputs());
        }
        return outputs;
    }

    /** Rows of a reference, one after the other. */
    private static final class Rows {

        private final Columns columns = new Columns();
        private final List<Labels.Labelled> labelled = new ArrayList<>();
        private final Set<String> outputs;
        private final @Nullable String label;
        private boolean named;

        Rows(Set<String> outputs, @Nullable String label) {
            this.outputs = outputs;
            this.label = label;
        }

        void add(Map<String, Cell> cells, @Nullable String truth) {
            if (label != null) {
                named |= cells.remove(label) != null;
                if (truth != null) {
                    labelled.add(Labels.Labelled.of(answer(cells), truth));
                }
            }
            columns.add(cells);
        }

        /** What the model answered in the row, as it answers in production. */
        private JsonNode answer(Map<String, Cell> cells) {
            var answer = JsonNodeFactory.instance.objectNode();
            cells.forEach(
                    (name, cell) -> {
                        if (outputs.contains(name)) {
                            var member =
                                    name.startsWith(Prediction.OUTPUT)
                                            ? name.substring(Prediction.OUTPUT.length())
                                            : name;
                            switch (cell) {
                                case Cell.Number(var value) -> answer.put(member, value);
                                case Cell.Text(var value) -> answer.put(member, value);
                                case Cell.Missing _, Cell.Odd _ -> answer.putNull(member);
                            }
                        }
                    });
            return answer;
        }

        Sent sent() {
            if (columns.rows() == 0) {
                throw new Invalid("There is no row in it.");
            }
            if (label != null && !named) {
                throw new Invalid(
                        "No row has the column %s that label names.".formatted(label),
                        List.of(new Invalid.Field("label", "is no column")));
            }
            return new Sent(
                    columns.profile(),
                    outputs,
                    StoredReference.Source.ROWS,
                    columns.rows(),
                    label,
                    label == null ? null : Calibration.of(labelled));
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
