package dev.atelier.experiments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/**
 * Where a data set of a run is from, in words. MLflow's client describes it with JSON whose members
 * depend on the type of the source: {@code {"url": …}}, {@code {"uri": …}}, {@code {"path": …}}, or
 * the tags of the script that made it.
 */
final class DataSetSource {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> PLACES =
            List.of("url", "uri", "path", "table_name", "delta_table_name");
    private static final int LONGEST = 300;
    private static final int COMMIT = 10;

    private DataSetSource() {}

    /**
     * @param type as the client names it, say {@code code} or {@code http}
     * @param source JSON as a rule; any other text stays as it is
     */
    static String words(String type, String source) {
        JsonNode json;
        try {
            json = JSON.readTree(source);
        } catch (JsonProcessingException e) {
            return cut(type + " " + source);
        }
        if (json == null || !json.isObject()) {
            return cut(type + " " + source);
        }
        var script = json.path("tags").path("mlflow.source.name").asText("");
        if (!script.isEmpty()) {
            var commit = json.path("tags").path("mlflow.source.git.commit").asText("");
            return cut(
                    "made by "
                            + script
                            + (commit.isEmpty()
                                    ? ""
                                    : " at "
                                            + commit.substring(
                                                    0, Math.min(COMMIT, commit.length()))));
        }
        return cut(
                PLACES.stream()
                        .map(place -> json.path(place).asText(""))
                        .filter(place -> !place.isEmpty())
                        .findFirst()
                        .orElse(type + " " + source));
    }

    private static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    }
}
