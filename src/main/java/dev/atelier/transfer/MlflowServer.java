package dev.atelier.transfer;

import static dev.atelier.transfer.MlflowServerClient.encoded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.experiments.Metrics;
import dev.atelier.transfer.MlflowServerClient.Answered;
import dev.atelier.transfer.MlflowServerClient.Large;
import dev.atelier.transfer.MlflowServerClient.Missing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** A running MLflow server (1.28 or newer), by its REST API. What it answers is not believed. */
final class MlflowServer implements Source {

    private final MlflowServerClient client;
    private final MlflowServerArtifacts artifacts;

    MlflowServer(MlflowServerClient client) {
        this.client = client;
        artifacts = new MlflowServerArtifacts(client);
    }

    @Override
    public boolean answers() {
        try {
            var body = MlflowServerClient.body().put("max_results", 1);
            return client.ask("/api/2.0/mlflow/experiments/search", body).isObject();
        } catch (IOException e) {
            return false;
        }
    }

    // Experiments and runs -----------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) throws IOException {
        try {
            MlflowServerClient.pages(
                    token -> {
                        var body = MlflowServerClient.body();
                        body.put("max_results", 1000).put("view_type", "ALL");
                        if (token != null) {
                            body.put("page_token", token);
                        }
                        return client.ask("/api/2.0/mlflow/experiments/search", body);
                    },
                    page -> {
                        for (var one : page.path("experiments")) {
                            visitor.see(MlflowServerRecords.experiment(one));
                        }
                    });
        } catch (Missing | Answered e) {
            throw new Unusable(
                    "This does not look like an MLflow server of release 1.28 or newer. "
                            + e.getMessage());
        }
    }

    @Override
    public void runs(Experiment experiment, Visitor<BroughtRun> visitor) throws IOException {
        MlflowServerClient.pages(
                token -> {
                    for (int size = 100; ; size /= 10) {
                        try {
                            return runs(experiment, token, size);
                        } catch (Large e) {
                            if (size == 1) {
                                throw e;
                            }
                        }
                    }
                },
                page -> {
                    for (var one : page.path("runs")) {
                        visitor.see(MlflowServerRecords.run(one));
                    }
                });
    }

    private JsonNode runs(Experiment experiment, @Nullable String token, int size)
            throws IOException {
        var body = MlflowServerClient.body();
        body.putArray("experiment_ids").add(experiment.id());
        body.put("run_view_type", "ALL").put("max_results", size);
        body.putArray("order_by").add("attributes.start_time ASC");
        if (token != null) {
            body.put("page_token", token);
        }
        return client.ask("/api/2.0/mlflow/runs/search", body);
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor)
            throws IOException {
        var address =
                "/api/2.0/mlflow/metrics/get-history?run_id=%s&run_uuid=%1$s&metric_key=%s&max_results=25000"
                        .formatted(encoded(run.id()), encoded(key));
        MlflowServerClient.pages(
                token ->
                        client.ask(
                                address + (token == null ? "" : "&page_token=" + encoded(token)),
                                null),
                page -> {
                    for (var point : page.path("metrics")) {
                        visitor.see(MlflowServerRecords.point(key, point));
                    }
                });
    }

    /** Each is a request or more, and most of the time goes by on the way. */
    @Override
    public int historiesAtOnce() {
        return 4;
    }

    @Override
    public void models(Experiment experiment, Visitor<BroughtModel> visitor) throws IOException {
        try {
            MlflowServerClient.pages(
                    token -> {
                        var body = MlflowServerClient.body();
                        body.putArray("experiment_ids").add(experiment.id());
                        body.put("max_results", 50);
                        if (token != null) {
                            body.put("page_token", token);
                        }
                        return client.ask("/api/2.0/mlflow/logged-models/search", body);
                    },
                    page -> {
                        for (var one : page.path("models")) {
                            visitor.see(MlflowServerRecords.model(one));
                        }
                    });
        } catch (Missing e) {
            // MLflow 2 has none.
        }
    }

    // Files --------------------------------------------------------------------------------------

    @Override
    public void files(BroughtRun run, Visitor<File> visitor) throws IOException {
        artifacts.files(run, visitor);
    }

    @Override
    public void files(BroughtModel model, Visitor<File> visitor) throws IOException {
        artifacts.files(model, visitor);
    }

    @Override
    public void files(Version version, Visitor<File> visitor) throws IOException {
        artifacts.files(version, visitor);
    }

    // Registry -----------------------------------------------------------------------------------

    @Override
    public void registered(Visitor<Registered> visitor) throws IOException {
        try {
            MlflowServerClient.pages(
                    token ->
                            client.ask(
                                    "/api/2.0/mlflow/registered-models/search?max_results=1000"
                                            + (token == null
                                                    ? ""
                                                    : "&page_token=" + encoded(token)),
                                    null),
                    page -> {
                        for (var one : page.path("registered_models")) {
                            visitor.see(MlflowServerRecords.registered(one));
                        }
                    });
        } catch (Missing e) {
            // A server without a registry: one on a file store of the first releases.
        }
    }

    @Override
    public void versions(Registered model, Visitor<Version> visitor) throws IOException {
        var name = model.name();
        if (name.indexOf('\'') >= 0 && name.indexOf('"') >= 0) {
            throw new Answered("The server cannot be asked for versions of such a name.");
        }
        var quote = name.indexOf('\'') >= 0 ? "\"" : "'";
        var all = new ArrayList<Version>();
        MlflowServerClient.pages(
                token ->
                        client.ask(
                                "/api/2.0/mlflow/model-versions/search?max_results=1000&filter="
                                        + encoded("name=" + quote + name + quote)
                                        + (token == null ? "" : "&page_token=" + encoded(token)),
                                null),
                page -> {
                    for (var one : page.path("model_versions")) {
                        all.add(MlflowServerRecords.version(name, one));
                    }
                });
        all.sort(Comparator.comparingInt(Version::number));
        for (var version : all) {
            visitor.see(version);
        }
    }

    // Traces -------------------------------------------------------------------------------------

    @Override
    public long traces() throws IOException {
        var ids = new ArrayList<String>();
        experiments(one -> ids.add(one.id()));
        for (int i = 0; i < ids.size(); i += 20) {
            try {
                var query =
                        String.join(
                                "&",
                                ids.subList(i, Math.min(ids.size(), i + 20)).stream()
                                        .map(id -> "experiment_ids=" + encoded(id))
                                        .toList());
                if (!client.ask("/api/2.0/mlflow/traces?max_results=1&" + query, null)
                        .path("traces")
                        .isEmpty()) {
                    return 1;
                }
            } catch (Missing | Answered e) {
                return 0;
            }
        }
        return 0;
    }
}
