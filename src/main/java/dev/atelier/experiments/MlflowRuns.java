package dev.atelier.experiments;

import dev.atelier.experiments.RunSearch.View;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Runs for MLflow's clients. */
@Path("/api/2.0/mlflow/runs")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_RECORD)
public class MlflowRuns {

    private static final String USER_TAG = "mlflow.user";
    private static final String LOGGED_TAG = "mlflow.log-model.history";
    private static final int MOST = 50_000;

    private final Runs runs;
    private final FullRuns fullRuns;
    private final RunValues values;
    private final Recording recording;
    private final Experiments experiments;
    private final DataSets dataSets;
    private final Caller caller;

    MlflowRuns(
            Runs runs,
            FullRuns fullRuns,
            RunValues values,
            Recording recording,
            Experiments experiments,
            DataSets dataSets,
            Caller caller) {
        this.runs = runs;
        this.fullRuns = fullRuns;
        this.values = values;
        this.recording = recording;
        this.experiments = experiments;
        this.dataSets = dataSets;
        this.caller = caller;
    }

    @POST
    @Path("/create")
    public Map<String, Object> create(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var id = fields.text("experiment_id").filter(text -> !text.isEmpty()).orElse("0");
        var experiment = Experiments.number(id);
        caller.require(Permission.EXPERIMENT_RECORD, Experiment.ref(experiment));
        var tags = fields.tags();
        var subject = caller.signedIn();
        var run =
                runs.create(
                        new Runs.Wish(
                                experiment,
                                fields.text("run_name").orElse(null),
                                fields.text("user_id")
                                        .filter(user -> !user.isEmpty())
                                        .orElse(tags.getOrDefault(USER_TAG, subject.name())),
                                fields.number("start_time").orElse(System.currentTimeMillis()),
                                tags),
                        subject.ref());
        tags.put(Runs.NAME_TAG, run.name());
        return Map.of(
                "run",
                MlflowJson.run(
                        new FullRun(
                                run, List.of(), Map.of(), tags, List.of(), List.of(), List.of(),
                                0)));
    }

    @Needs(Permission.EXPERIMENT_READ)
    @GET
    @Path("/get")
    public Map<String, Object> get(@Context UriInfo address) {
        var id = MlflowFields.of(address.getQueryParameters()).required("run_id", "run_uuid");
        var run = runs.get(id);
        caller.require(Permission.EXPERIMENT_READ, Experiment.ref(run.experiment()));
        return Map.of("run", MlflowJson.run(fullRuns.of(run)));
    }

    /** The run that is to be changed, if the caller may. */
    private UUID mine(MlflowFields fields) {
        return recording.allowed(fields.required("run_id", "run_uuid"));
    }

    @POST
    @Path("/update")
    public Map<String, Object> update(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var status =
                fields.text("status")
                        .map(
                                name ->
                                        Run.Status.of(name)
                                                .orElseThrow(
                                                        () ->
                                                                new Invalid(
                                                                        "Invalid status '%s': it is RUNNING, SCHEDULED, FINISHED, FAILED or KILLED."
                                                                                .formatted(name))))
                        .orElse(null);
        var end = fields.number("end_time");
        var run =
                runs.update(
                        mine(fields),
                        status,
                        end.isPresent() ? end.getAsLong() : null,
                        fields.text("run_name").filter(name -> !name.isEmpty()).orElse(null));
        return Map.of("run_info", MlflowJson.info(run));
    }

    @POST
    @Path("/delete")
    public Map<String, Object> delete(@Nullable MlflowFields body) {
        runs.delete(runs.get(Ids.hex(mine(MlflowFields.orNone(body)))));
        return Map.of();
    }

    @POST
    @Path("/restore")
    public Map<String, Object> restore(@Nullable MlflowFields body) {
        runs.restore(runs.get(Ids.hex(mine(MlflowFields.orNone(body)))));
        return Map.of();
    }

    @POST
    @Path("/log-metric")
    public Map<String, Object> logMetric(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        recording.record(mine(fields), List.of(metric(fields)), Map.of(), Map.of());
        return Map.of();
    }

    private static Recording.Measured metric(MlflowFields fields) {
        return new Recording.Measured(
                new Metrics.Point(
                        fields.required("key"),
                        fields.requiredDouble("value"),
                        fields.requiredNumber("timestamp"),
                        fields.number("step").orElse(0)),
                fields.text("model_id")
                        .filter(id -> !id.isEmpty())
                        .map(id -> Ids.ofModel(id).orElseThrow(() -> LoggedModels.none(id)))
                        .orElse(null),
                fields.text("dataset_name").orElse(""),
                fields.text("dataset_digest").orElse(""));
    }

    @POST
    @Path("/log-parameter")
    public Map<String, Object> logParam(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        recording.record(
                mine(fields),
                List.of(),
                Map.of(fields.required("key"), fields.text("value").orElse("")),
                Map.of());
        return Map.of();
    }

    @POST
    @Path("/set-tag")
    public Map<String, Object> setTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        recording.record(
                mine(fields),
                List.of(),
                Map.of(),
                Map.of(fields.required("key"), fields.text("value").orElse("")));
        return Map.of();
    }

    @POST
    @Path("/delete-tag")
    public Map<String, Object> deleteTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var run = mine(fields);
        runs.requireLive(run);
        values.deleteTag(run, fields.required("key"));
        return Map.of();
    }

    @POST
    @Path("/log-batch")
    public Map<String, Object> logBatch(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        if (fields.bytes() > MlflowRules.BATCH_BYTES) {
            throw new Invalid(
                    "Batched logging API requests must be at most %d bytes, got a request of size %d."
                            .formatted(MlflowRules.BATCH_BYTES, fields.bytes()));
        }
        var metrics = fields.list("metrics").stream().map(MlflowRuns::metric).toList();
        var params = fields.list("params");
        var tags = fields.list("tags");
        atMost("metrics", metrics.size(), MlflowRules.BATCH_METRICS);
        atMost("params", params.size(), MlflowRules.BATCH_PARAMS);
        atMost("tags", tags.size(), MlflowRules.BATCH_TAGS);
        atMost(
                "metrics, params and tags",
                metrics.size() + params.size() + tags.size(),
                MlflowRules.BATCH_METRICS);
        var unique = new LinkedHashMap<String, String>();
        for (var param : params) {
            var key = param.required("key");
            if (unique.putIfAbsent(key, param.text("value").orElse("")) != null) {
                throw new Invalid(
                        "Duplicate parameter keys have been submitted: '%s'.".formatted(key));
            }
        }
        recording.record(mine(fields), metrics, unique, fields.tags());
        return Map.of();
    }

    private static void atMost(String what, int count, int most) {
        if (count > most) {
            throw new Invalid(
                    "A batch logging request can contain at most %d %s. Got %d. Please split up %s across multiple requests and try again."
                            .formatted(most, what, count, what));
        }
    }

    /** What MLflow 2 tells of a model that it logged: kept in a tag, as its own server does. */
    @POST
    @Path("/log-model")
    public Map<String, Object> logModel(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        recording.addLoggedModel(mine(fields), LOGGED_TAG, fields.required("model_json"));
        return Map.of();
    }

    @POST
    @Path("/log-inputs")
    public Map<String, Object> logInputs(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var run = mine(fields);
        var inputs = new ArrayList<RunLinks.Input>();
        for (var input : fields.list("datasets")) {
            var set = input.object("dataset").orElseThrow(() -> MlflowFields.missing("dataset"));
            var dataSet =
                    new RunLinks.DataSet(
                            set.required("name"),
                            set.required("digest"),
                            set.required("source_type"),
                            set.required("source"),
                            set.text("schema").orElse(null),
                            set.text("profile").orElse(null));
            MlflowRules.dataSet(dataSet);
            var tags = input.tags();
            tags.forEach(MlflowRules::inputTag);
            inputs.add(new RunLinks.Input(dataSet, tags));
        }
        recording.addInputs(
                run, inputs, fields.list("models").stream().map(MlflowRuns::modelOf).toList());
        return Map.of();
    }

    private static UUID modelOf(MlflowFields fields) {
        var id = fields.required("model_id");
        return Ids.ofModel(id).orElseThrow(() -> LoggedModels.none(id));
    }

    @POST
    @Path("/outputs")
    public Map<String, Object> logOutputs(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        recording.addOutputs(
                mine(fields),
                fields.list("models").stream()
                        .map(
                                model ->
                                        new RunLinks.ModelLink(
                                                modelOf(model), model.number("step").orElse(0)))
                        .toList());
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_READ)
    @POST
    @Path("/search")
    public Map<String, Object> search(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var most = fields.number("max_results").orElse(1_000);
        if (most < 1 || most > MOST) {
            throw new Invalid(
                    "Invalid value for request parameter max_results. It must be between 1 and %d, got %d."
                            .formatted(MOST, most));
        }
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var ids = readable(fields.texts("experiment_ids"));
        if (ids.isEmpty()) {
            return MlflowJson.page("runs", List.of(), null);
        }
        var found =
                runs.search(
                        RunSearch.of(
                                ids,
                                View.of(
                                        fields.text("run_view_type")
                                                .filter(text -> !text.isEmpty())
                                                .orElse("ACTIVE_ONLY")),
                                fields.text("filter").orElse(null),
                                fields.texts("order_by"),
                                dataSets.hidden()),
                        most + 1,
                        offset);
        var more = found.size() > most;
        return MlflowJson.page(
                "runs",
                fullRuns.of(more ? found.subList(0, (int) most) : found).stream()
                        .map(MlflowJson::run)
                        .toList(),
                more ? MlflowJson.token(offset + most) : null);
    }

    /** Those that are there; asking for one that is not shared with the caller is refused. */
    private List<Long> readable(List<String> ids) {
        if (ids.size() > 1_000) {
            throw new Invalid("At most 1000 experiments can be searched at once.");
        }
        var known = new HashMap<Long, Optional<Experiment>>();
        for (var id : ids) {
            var number = Experiments.number(id);
            if (known.computeIfAbsent(number, experiments::find).isPresent()) {
                caller.require(Permission.EXPERIMENT_READ, Experiment.ref(number));
            }
        }
        return known.values().stream().flatMap(Optional::stream).map(Experiment::id).toList();
    }
}
