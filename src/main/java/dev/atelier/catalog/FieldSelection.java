package dev.atelier.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.platform.problems.Invalid;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code fields} parameter: dotted paths to keep of each entity. A dot may be part of a key:
 * the path takes the shortest key that exists.
 */
final class FieldSelection {

    private final List<String[]> paths;

    private FieldSelection(List<String[]> paths) {
        this.paths = paths;
    }

    static FieldSelection of(List<String> parameters) {
        var paths = new ArrayList<String[]>();
        for (var parameter : parameters) {
            for (var field : parameter.split(",", -1)) {
                var path = field.strip();
                if (path.isEmpty()) {
                    continue;
                }
                if (path.contains("[")) {
                    throw new Invalid("invalid fields, array type fields are not supported");
                }
                if (path.length() > 500 || paths.size() > 200) {
                    throw new Invalid("invalid fields, too many or too long");
                }
                paths.add(path.split("\\.", -1));
            }
        }
        return new FieldSelection(paths);
    }

    boolean isAll() {
        return paths.isEmpty();
    }

    byte[] apply(byte[] entity) {
        if (isAll()) {
            return entity;
        }
        var from = Json.trusted(new String(entity, StandardCharsets.UTF_8));
        var to = Json.object();
        for (var path : paths) {
            copy(from, to, path);
        }
        return Json.write(to).getBytes(StandardCharsets.UTF_8);
    }

    private static void copy(JsonNode from, ObjectNode to, String[] path) {
        var keys = new ArrayList<String>();
        var at = from;
        var key = new StringBuilder();
        for (var part : path) {
            key.append(key.isEmpty() ? "" : ".").append(part);
            if (at.isObject() && at.has(key.toString())) {
                keys.add(key.toString());
                at = at.get(key.toString());
                key.setLength(0);
            }
        }
        if (!key.isEmpty() || keys.isEmpty()) {
            return;
        }
        var target = to;
        for (var step : keys.subList(0, keys.size() - 1)) {
            target =
                    target.get(step) instanceof ObjectNode object ? object : target.putObject(step);
        }
        target.set(keys.getLast(), at);
    }
}
