package dev.atelier.experiments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.platform.problems.Invalid;
import jakarta.ws.rs.core.MultivaluedMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What an MLflow client sent, by field. Numbers come as numbers from Python and as strings from
 * Java; NaN and the infinities always come as strings. Fields that are not asked for are ignored.
 */
public final class MlflowFields {

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private final JsonNode body;
    private final int bytes;

    private MlflowFields(JsonNode body, int bytes) {
        this.body = body;
        this.bytes = bytes;
    }

    /** Those of a request that sent no body. */
    public static MlflowFields orNone(@Nullable MlflowFields fields) {
        return fields == null ? of(new byte[0]) : fields;
    }

    /** How long the JSON was. */
    int bytes() {
        return bytes;
    }

    /**
     * @throws Invalid when it is no JSON object
     */
    static MlflowFields of(byte[] body) {
        if (body.length == 0) {
            return new MlflowFields(JsonNodeFactory.instance.objectNode(), 0);
        }
        try {
            var read = JSON.readTree(body);
            if (read.isObject()) {
                return new MlflowFields(read, body.length);
            }
        } catch (JsonProcessingException e) {
            throw new Invalid("The body is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new Invalid("The body must be a JSON object.");
    }

    /** Of the address: a field that is there several times is a list. */
    public static MlflowFields of(MultivaluedMap<String, String> query) {
        var all = JsonNodeFactory.instance.objectNode();
        query.forEach(
                (name, values) -> {
                    if (values.size() == 1) {
                        all.put(name, values.getFirst());
                    } else {
                        values.forEach(all.withArrayProperty(name)::add);
                    }
                });
        return new MlflowFields(all, 0);
    }

    /** Members of a list of objects. */
    public List<MlflowFields> list(String name) {
        var list = new ArrayList<MlflowFields>();
        for (var item : body.path(name)) {
            if (!item.isObject()) {
                throw wrong(name, "a list of objects");
            }
            list.add(new MlflowFields(item, 0));
        }
        return list;
    }

    public List<String> texts(String name) {
        var value = body.path(name);
        if (value.isValueNode() && !value.isNull()) {
            return List.of(value.asText());
        }
        var list = new ArrayList<String>();
        value.forEach(item -> list.add(item.asText()));
        return list;
    }

    public Optional<String> text(String name) {
        var value = body.path(name);
        return value.isValueNode() && !value.isNull()
                ? Optional.of(value.asText())
                : Optional.empty();
    }

    /**
     * @throws Invalid in MLflow's own words when it is missing
     */
    public String required(String name) {
        return text(name).filter(value -> !value.isEmpty()).orElseThrow(() -> missing(name));
    }

    /** The first of these that is there: clients send old names beside the new ones. */
    public String required(String name, String formerly) {
        return text(name)
                .filter(value -> !value.isEmpty())
                .or(() -> text(formerly).filter(value -> !value.isEmpty()))
                .orElseThrow(() -> missing(name));
    }

    public OptionalLong number(String name) {
        var value = body.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalLong.empty();
        }
        if (value.canConvertToLong()
                && (value.isIntegralNumber() || value.doubleValue() % 1 == 0)) {
            return OptionalLong.of(value.longValue());
        }
        try {
            return OptionalLong.of(Long.parseLong(value.asText()));
        } catch (NumberFormatException e) {
            throw wrong(name, "a whole number");
        }
    }

    public long requiredNumber(String name) {
        return number(name).orElseThrow(() -> missing(name));
    }

    public double requiredDouble(String name) {
        var value = body.path(name);
        if (value.isNumber()) {
            return value.doubleValue();
        }
        var text = required(name);
        try {
            return switch (text) {
                case "NaN" -> Double.NaN;
                case "Infinity" -> Double.POSITIVE_INFINITY;
                case "-Infinity" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(text);
            };
        } catch (NumberFormatException e) {
            throw wrong(name, "a number");
        }
    }

    public static Invalid missing(String name) {
        return new Invalid(
                "Missing value for required parameter '%s'. See the API docs for more information about request parameters."
                        .formatted(name));
    }

    public static Invalid wrong(String name, String expected) {
        return new Invalid(
                "Invalid value for parameter '%s': it must be %s.".formatted(name, expected));
    }

    /** A number as MLflow's JSON has it. */
    public static Object json(double value) {
        return Double.isFinite(value) ? value : Double.toString(value);
    }

    /** The list of tags. */
    public Map<String, String> tags() {
        return pairs("tags");
    }

    /** A member that is an object. */
    public Optional<MlflowFields> object(String name) {
        var value = body.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isObject()) {
            throw wrong(name, "an object");
        }
        return Optional.of(new MlflowFields(value, 0));
    }

    /**
     * @throws Invalid when a text is not the JSON of one object
     */
    static void checkObject(String name, String text) {
        try {
            if (JSON.readTree(text).isObject()) {
                return;
            }
        } catch (JsonProcessingException e) {
            throw wrong(name, "JSON (" + e.getOriginalMessage() + ")");
        }
        throw wrong(name, "the JSON of an object");
    }

    /** A list of objects with key and value. */
    public Map<String, String> pairs(String name) {
        var pairs = new LinkedHashMap<String, String>();
        list(name).forEach(pair -> pairs.put(pair.required("key"), pair.text("value").orElse("")));
        return pairs;
    }

    /** Whether a switch is on; off when it is not there. */
    public boolean on(String name) {
        return body.path(name).asBoolean();
    }
}
