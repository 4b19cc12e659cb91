package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Histories of metrics for MLflow's clients and its pages. */
@Path("/api/2.0/mlflow/metrics")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class MlflowMetrics {

    private static final int PAGE = 25_000;
    private static final int RUNS = 100;

    private final Runs runs;
    private final Metrics metrics;
    private final Caller caller;

    MlflowMetrics(Runs runs, Metrics metrics, Caller caller) {
        this.runs = runs;
        this.metrics = metrics;
        this.caller = caller;
    }

    private UUID readable(String id) {
        var run = Ids.of(id).orElseThrow(() -> Runs.none(id));
        caller.require(Permission.EXPERIMENT_READ, Experiment.ref(runs.experimentOf(run)));
        return run;
    }

    @GET
    @Path("/get-history")
    public Map<String, Object> history(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var run = readable(fields.required("run_id", "run_uuid"));
        var key = fields.required("metric_key");
        var most = most(fields, PAGE, PAGE);
        var after = after(fields.text("page_token").orElse(""), key);
        var found = metrics.history(run, key, after, most + 1);
        var more = found.size() > most;
        var page = more ? found.subList(0, most) : found;
        return MlflowJson.page(
                "metrics",
                page.stream().map(MlflowJson::metric).toList(),
                more ? token(page.getLast()) : null);
    }

    private static int most(MlflowFields fields, int usual, int limit) {
        var most = fields.number("max_results").orElse(usual);
        if (most < 1) {
            throw new Invalid("max_results must be at least 1, not %d.".formatted(most));
        }
        return (int) Math.min(most, limit);
    }

    /** Where the next portion begins: behind a point, so that a growing series is read whole. */
    private static String token(Metrics.Point last) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                        "%d/%d/%s"
                                .formatted(last.step(), last.at(), Double.toString(last.value()))
                                .getBytes(StandardCharsets.UTF_8));
    }

    private static Metrics.@Nullable Point after(String token, String key) {
        if (token.isEmpty()) {
            return null;
        }
        try {
            var parts =
                    new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8)
                            .split("/");
            if (parts.length == 3) {
                return new Metrics.Point(
                        key,
                        Double.parseDouble(parts[2]),
                        Long.parseLong(parts[1]),
                        Long.parseLong(parts[0]));
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new Invalid("Invalid page token: send the next_page_token of the answer before.");
    }

    /** The first points of one key in several runs. */
    @GET
    @Path("/get-history-bulk")
    public Map<String, Object> bulk(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var key = fields.required("metric_key");
        var most = most(fields, PAGE, PAGE);
        var all = new ArrayList<Map<String, Object>>();
        for (var run : several(fields)) {
            var room = most - all.size();
            if (room > 0) {
                metrics.history(run, key, null, room)
                        .forEach(point -> all.add(MlflowJson.metric(point, run)));
            }
        }
        return Map.of("metrics", all);
    }

    private List<UUID> several(MlflowFields fields) {
        // MLflow's pages name the field in both ways.
        var ids = new ArrayList<>(fields.texts("run_ids"));
        ids.addAll(fields.texts("run_id"));
        if (ids.isEmpty()) {
            throw MlflowFields.missing("run_ids");
        }
        if (ids.size() > RUNS) {
            throw new Invalid(
                    "A request for histories can name at most %d runs, not %d."
                            .formatted(RUNS, ids.size()));
        }
        return ids.stream().map(this::readable).toList();
    }

    /** Points of steps spread evenly over an interval, the last step of each run among them. */
    @GET
    @Path("/get-history-bulk-interval")
    public Map<String, Object> interval(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var key = fields.required("metric_key");
        var from = fields.number("start_step");
        var to = fields.number("end_step");
        if (from.isPresent() != to.isPresent()) {
            throw new Invalid("start_step and end_step go together: send both, or neither.");
        }
        if (from.isPresent() && from.getAsLong() > to.getAsLong()) {
            throw new Invalid("end_step must not be less than start_step.");
        }
        var most = most(fields, 2_500, 2_500);
        var all = new ArrayList<Map<String, Object>>();
        for (var run : several(fields)) {
            metrics.sample(run, key, from.orElse(Long.MIN_VALUE), to.orElse(Long.MAX_VALUE), most)
                    .forEach(point -> all.add(MlflowJson.metric(point, run)));
        }
        return Map.of("metrics", all);
    }
}
