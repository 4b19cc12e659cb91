package dev.atelier.experiments;

import static io.restassured.RestAssured.given;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Runs, recorded as MLflow's clients do it. */
public final class Recorded {

    private Recorded() {}

    private static Map<String, Object> pair(String key, String value) {
        return Map.of("key", key, "value", value);
    }

    private static List<Map<String, Object>> pairs(Map<String, String> all) {
        return all.entrySet().stream().map(e -> pair(e.getKey(), e.getValue())).toList();
    }

    private static io.restassured.path.json.JsonPath post(String path, Object body) {
        return given().contentType("application/json")
                .body(body)
                .post("/api/2.0/mlflow/" + path)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    /** The identifier of an experiment of a name that nobody has. */
    public static String experiment(String beginning) {
        return post(
                        "experiments/create",
                        Map.of(
                                "name",
                                beginning + "-" + UUID.randomUUID().toString().substring(0, 8)))
                .getString("experiment_id");
    }

    /** The identifier of a finished run. */
    public static String run(
            String experiment,
            String name,
            Map<String, String> params,
            Map<String, Double> metrics,
            Map<String, String> tags) {
        var run = begin(experiment, name, tags);
        post(
                "runs/log-batch",
                Map.of(
                        "run_id",
                        run,
                        "params",
                        pairs(params),
                        "metrics",
                        metrics.entrySet().stream()
                                .map(e -> point(e.getKey(), e.getValue(), 0))
                                .toList()));
        post(
                "runs/update",
                Map.of("run_id", run, "status", "FINISHED", "end_time", 1_700_000_060_000L));
        return run;
    }

    /** The identifier of a run that goes on. */
    public static String begin(String experiment, String name, Map<String, String> tags) {
        return post(
                        "runs/create",
                        Map.of(
                                "experiment_id",
                                experiment,
                                "run_name",
                                name,
                                "user_id",
                                "ines",
                                "start_time",
                                1_700_000_000_000L,
                                "tags",
                                pairs(tags)))
                .getString("run.info.run_id");
    }

    private static Map<String, Object> point(String key, double value, int step) {
        return Map.of(
                "key",
                key,
                "value",
                Double.isFinite(value) ? (Object) value : Double.toString(value),
                "step",
                step,
                "timestamp",
                1_700_000_000_000L + step * 1_000L);
    }

    /** One point a step, from step 0 on. */
    public static void history(String run, String key, double... values) {
        var points = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < values.length; i++) {
            points.add(point(key, values[i], i));
        }
        for (int i = 0; i < points.size(); i += 1_000) {
            post(
                    "runs/log-batch",
                    Map.of(
                            "run_id",
                            run,
                            "metrics",
                            points.subList(i, Math.min(points.size(), i + 1_000))));
        }
    }

    public static void file(String experiment, String run, String path, byte[] bytes) {
        given().body(bytes)
                .contentType("application/octet-stream")
                .put(
                        "/api/2.0/mlflow-artifacts/artifacts/%s/%s/artifacts/%s"
                                .formatted(experiment, run, path))
                .then()
                .statusCode(200);
    }
}
