package dev.atelier.experiments;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.atelier.platform.problems.Invalid;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is answered to MLflow's clients, in the names and forms of its protocol files. */
public final class MlflowJson {

    private static final Pattern OFFSET = Pattern.compile("\\{\"offset\": ?([0-9]{1,15})\\}");

    private MlflowJson() {}

    /** A portion of a list, with the token that asks for the next one unless this was the last. */
    public static Map<String, Object> page(String name, List<?> items, @Nullable String nextToken) {
        var page = new LinkedHashMap<String, Object>();
        page.put(name, items);
        if (nextToken != null) {
            page.put("next_page_token", nextToken);
        }
        return page;
    }

    /** The token of a portion that begins there, as MLflow's own server writes it. */
    public static String token(long offset) {
        return Base64.getEncoder()
                .encodeToString(("{\"offset\": " + offset + "}").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @throws Invalid when the token is none of ours
     */
    public static long offset(@Nullable String token) {
        if (token == null || token.isEmpty()) {
            return 0;
        }
        try {
            var match =
                    OFFSET.matcher(
                            new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8));
            if (match.matches()) {
                return Long.parseLong(match.group(1));
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new Invalid("Invalid page token: send the next_page_token of the answer before.");
    }

    /** Tags, params: a list of objects with key and value. */
    public static List<Map<String, String>> pairs(Map<String, String> pairs) {
        return pairs.entrySet().stream()
                .map(pair -> Map.of("key", pair.getKey(), "value", pair.getValue()))
                .toList();
    }

    /** NaN and the infinities are texts. */
    static Object number(double value) {
        return Double.isFinite(value)
                ? JsonNodeFactory.instance.numberNode(value)
                : Double.toString(value);
    }

    static Map<String, Object> experiment(Experiment experiment) {
        var json = new LinkedHashMap<String, Object>();
        json.put("experiment_id", Long.toString(experiment.id()));
        json.put("name", experiment.name());
        json.put("artifact_location", ArtifactPlace.SCHEME + experiment.id());
        json.put("lifecycle_stage", stage(experiment.deleted()));
        json.put("creation_time", experiment.createdAt().toEpochMilli());
        json.put("last_update_time", experiment.changedAt().toEpochMilli());
        json.put("tags", pairs(experiment.tags()));
        return json;
    }

    private static String stage(boolean deleted) {
        return deleted ? "deleted" : "active";
    }

    static Map<String, Object> info(Run run) {
        var json = new LinkedHashMap<String, Object>();
        json.put("run_id", run.hex());
        json.put("run_uuid", run.hex());
        json.put("run_name", run.name());
        json.put("experiment_id", Long.toString(run.experiment()));
        json.put("user_id", run.userId());
        json.put("status", run.status().name());
        json.put("start_time", run.startTime());
        if (run.endTime() != null) {
            json.put("end_time", run.endTime());
        }
        json.put("artifact_uri", ArtifactPlace.of(run, "").uri());
        json.put("lifecycle_stage", stage(run.deleted()));
        return json;
    }

    static Map<String, Object> run(FullRun full) {
        return Map.of(
                "info",
                info(full.run()),
                "data",
                Map.of(
                        "metrics",
                        full.metrics().stream().map(MlflowJson::metric).toList(),
                        "params",
                        pairs(full.params()),
                        "tags",
                        pairs(full.tags())),
                "inputs",
                Map.of(
                        "dataset_inputs",
                        full.inputs().stream().map(MlflowJson::input).toList(),
                        "model_inputs",
                        full.modelInputs().stream()
                                .map(link -> Map.of("model_id", Ids.model(link.model())))
                                .toList()),
                "outputs",
                Map.of(
                        "model_outputs",
                        full.modelOutputs().stream()
                                .map(
                                        link ->
                                                Map.of(
                                                        "model_id",
                                                        Ids.model(link.model()),
                                                        "step",
                                                        link.step()))
                                .toList()));
    }

    static Map<String, Object> metric(Metrics.Point point) {
        var json = new LinkedHashMap<String, Object>();
        json.put("key", point.key());
        json.put("value", number(point.value()));
        json.put("timestamp", point.at());
        json.put("step", point.step());
        return json;
    }

    static Map<String, Object> metric(Metrics.Point point, UUID run) {
        var json = metric(point);
        json.put("run_id", Ids.hex(run));
        return json;
    }

    private static Map<String, Object> input(RunLinks.Input input) {
        var set = input.dataSet();
        var dataSet = new LinkedHashMap<String, Object>();
        dataSet.put("name", set.name());
        dataSet.put("digest", set.digest());
        dataSet.put("source_type", set.sourceType());
        dataSet.put("source", set.source());
        if (set.schema() != null) {
            dataSet.put("schema", set.schema());
        }
        if (set.profile() != null) {
            dataSet.put("profile", set.profile());
        }
        return Map.of("tags", pairs(input.tags()), "dataset", dataSet);
    }

    static Map<String, Object> loggedModel(LoggedModel model) {
        var info = new LinkedHashMap<String, Object>();
        info.put("model_id", model.text());
        info.put("experiment_id", Long.toString(model.experiment()));
        info.put("name", model.name());
        info.put("creation_timestamp_ms", model.createdAt().toEpochMilli());
        info.put("last_updated_timestamp_ms", model.changedAt().toEpochMilli());
        info.put("artifact_uri", ArtifactPlace.of(model, "").uri());
        info.put("status", "LOGGED_MODEL_" + model.status().name());
        if (model.modelType() != null) {
            info.put("model_type", model.modelType());
        }
        if (model.sourceRun() != null) {
            info.put("source_run_id", Ids.hex(model.sourceRun()));
        }
        if (model.statusMessage() != null) {
            info.put("status_message", model.statusMessage());
        }
        info.put("tags", pairs(model.tags()));
        return Map.of(
                "info",
                info,
                "data",
                Map.of(
                        "params",
                        pairs(model.params()),
                        "metrics",
                        model.metrics().stream()
                                .map(metric -> modelMetric(metric, model.text()))
                                .toList()));
    }

    private static Map<String, Object> modelMetric(LoggedModel.Metric metric, String model) {
        var run = metric.run();
        var json = run == null ? metric(metric.point()) : metric(metric.point(), run);
        json.put("model_id", model);
        if (!metric.dataSetName().isEmpty()) {
            json.put("dataset_name", metric.dataSetName());
        }
        if (!metric.dataSetDigest().isEmpty()) {
            json.put("dataset_digest", metric.dataSetDigest());
        }
        return json;
    }

    static Map<String, Object> file(String path, boolean folder, long size) {
        return folder
                ? Map.of("path", path, "is_dir", true)
                : Map.of("path", path, "is_dir", false, "file_size", size);
    }
}
