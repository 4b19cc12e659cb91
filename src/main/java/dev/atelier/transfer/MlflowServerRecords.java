package dev.atelier.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.RunLinks;
import dev.atelier.transfer.MlflowServerClient.Answered;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an MLflow server answers, as the records of {@link Source}. */
final class MlflowServerRecords {

    private MlflowServerRecords() {}

    static Source.Experiment experiment(JsonNode one) throws IOException {
        return new Source.Experiment(
                required(one, "experiment_id"),
                one.path("name").asText(""),
                pairs(one.path("tags")),
                one.has("creation_time") ? number(one, "creation_time") : null,
                deleted(one));
    }

    static Source.BroughtRun run(JsonNode run) throws IOException {
        var info = run.path("info");
        var data = run.path("data");
        var id = info.path("run_id").asText(info.path("run_uuid").asText(""));
        if (id.isEmpty()) {
            throw new Answered("What the server answers has a run without an identifier.");
        }
        var metrics = new ArrayList<String>();
        data.path("metrics").forEach(metric -> metrics.add(metric.path("key").asText("")));
        var inputs = new ArrayList<RunLinks.Input>();
        for (var input : run.path("inputs").path("dataset_inputs")) {
            var set = input.path("dataset");
            inputs.add(
                    new RunLinks.Input(
                            new RunLinks.DataSet(
                                    set.path("name").asText(""),
                                    set.path("digest").asText(""),
                                    set.path("source_type").asText(""),
                                    set.path("source").asText(""),
                                    text(set, "schema"),
                                    text(set, "profile")),
                            pairs(input.path("tags"))));
        }
        var used = new ArrayList<String>();
        run.path("inputs")
                .path("model_inputs")
                .forEach(model -> used.add(model.path("model_id").asText("")));
        var made = new TreeMap<String, Long>();
        run.path("outputs")
                .path("model_outputs")
                .forEach(
                        model ->
                                made.put(model.path("model_id").asText(""), number(model, "step")));
        var tags = pairs(data.path("tags"));
        return new Source.BroughtRun(
                id,
                info.path("experiment_id").asText(""),
                info.path("run_name").asText(tags.getOrDefault("mlflow.runName", "")),
                info.path("user_id").asText(""),
                Source.BroughtRun.statusOf(info.path("status").asText("")),
                number(info, "start_time"),
                info.path("end_time").asLong(0) == 0 ? null : number(info, "end_time"),
                deleted(info),
                pairs(data.path("params")),
                tags,
                metrics,
                inputs,
                used,
                made,
                info.path("artifact_uri").asText(""),
                run.toString());
    }

    static Metrics.Point point(String key, JsonNode point) throws IOException {
        return new Metrics.Point(
                key,
                decimal(point.path("value")),
                number(point, "timestamp"),
                number(point, "step"));
    }

    private static double decimal(JsonNode value) throws IOException {
        if (value.isNumber()) {
            return value.doubleValue();
        }
        try {
            return Double.parseDouble(value.asText("").replace("nan", "NaN"));
        } catch (NumberFormatException e) {
            throw new Answered(
                    "A point's value is no number: " + Texts.shown(value.asText(""), 60) + ".");
        }
    }

    static Source.BroughtModel model(JsonNode model) throws IOException {
        var info = model.path("info");
        var metrics = new ArrayList<Source.ModelMetric>();
        for (var metric : model.path("data").path("metrics")) {
            metrics.add(
                    new Source.ModelMetric(
                            point(metric.path("key").asText(""), metric),
                            metric.path("dataset_name").asText(""),
                            metric.path("dataset_digest").asText(""),
                            metric.path("run_id").asText("")));
        }
        return new Source.BroughtModel(
                required(info, "model_id"),
                info.path("experiment_id").asText(""),
                info.path("name").asText(""),
                text(info, "model_type"),
                text(info, "source_run_id"),
                switch (info.path("status").asText("")) {
                    case "LOGGED_MODEL_READY" -> LoggedModel.Status.READY;
                    case "LOGGED_MODEL_UPLOAD_FAILED" -> LoggedModel.Status.UPLOAD_FAILED;
                    default -> LoggedModel.Status.PENDING;
                },
                number(info, "creation_timestamp_ms"),
                pairs(model.path("data").path("params")),
                pairs(info.path("tags")),
                metrics,
                info.path("artifact_uri").asText(""));
    }

    static Source.Registered registered(JsonNode one) throws IOException {
        var aliases = new TreeMap<String, String>();
        one.path("aliases")
                .forEach(
                        alias ->
                                aliases.put(
                                        alias.path("alias").asText(""),
                                        alias.path("version").asText("")));
        return new Source.Registered(
                required(one, "name"),
                text(one, "description"),
                pairs(one.path("tags")),
                aliases,
                number(one, "creation_timestamp"));
    }

    static Source.Version version(String model, JsonNode one) {
        return new Source.Version(
                model,
                one.path("version").asInt(),
                text(one, "description"),
                one.path("current_stage").asText("None"),
                one.path("source").asText(""),
                "",
                text(one, "run_id"),
                text(one, "model_id"),
                text(one, "run_link"),
                pairs(one.path("tags")),
                number(one, "creation_timestamp"));
    }

    // Fields -------------------------------------------------------------------------------------

    private static boolean deleted(JsonNode info) {
        return info.path("lifecycle_stage").asText("").equals("deleted");
    }

    private static String required(JsonNode node, String field) throws IOException {
        var text = node.path(field).asText("");
        if (text.isEmpty()) {
            throw new Answered("What the server answers has no " + field + ".");
        }
        return text;
    }

    /** 0 for what is none. */
    private static long number(JsonNode node, String field) {
        return node.path(field).asLong(0);
    }

    private static Map<String, String> pairs(JsonNode list) {
        var pairs = new LinkedHashMap<String, String>();
        list.forEach(pair -> pairs.put(pair.path("key").asText(""), pair.path("value").asText("")));
        return pairs;
    }

    private static @Nullable String text(JsonNode node, String field) {
        return node.hasNonNull(field) ? node.path(field).asText() : null;
    }
}
