package dev.atelier.experiments;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Logged models for the clients of MLflow 3. */
@Path("/api/2.0/mlflow/logged-models")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_RECORD)
public class MlflowLoggedModels {

    private static final int MOST = 1_000;

    private final LoggedModels models;
    private final Experiments experiments;
    private final Runs runs;
    private final Artifacts artifacts;
    private final Caller caller;

    MlflowLoggedModels(
            LoggedModels models,
            Experiments experiments,
            Runs runs,
            Artifacts artifacts,
            Caller caller) {
        this.models = models;
        this.experiments = experiments;
        this.runs = runs;
        this.artifacts = artifacts;
        this.caller = caller;
    }

    @POST
    public Map<String, Object> create(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var experiment = experiments.get(fields.required("experiment_id"));
        caller.require(Permission.EXPERIMENT_RECORD, experiment.ref());
        if (experiment.deleted()) {
            throw new Invalid(
                    "The experiment %d was deleted: no model can be added to it."
                            .formatted(experiment.id()));
        }
        var run = fields.text("source_run_id").filter(id -> !id.isEmpty()).map(runs::get);
        run.ifPresent(
                made -> {
                    if (made.experiment() != experiment.id()) {
                        caller.require(
                                Permission.EXPERIMENT_RECORD, Experiment.ref(made.experiment()));
                    }
                });
        return answer(
                models.create(
                        experiment.id(),
                        fields.text("name")
                                .filter(name -> !name.isEmpty())
                                .orElseGet(RunNames::invent),
                        fields.text("model_type").orElse(null),
                        run.map(Run::id).orElse(null),
                        fields.pairs("params"),
                        fields.tags(),
                        caller.entityRef()));
    }

    private static Map<String, Object> answer(LoggedModel model) {
        return Map.of("model", MlflowJson.loggedModel(model));
    }

    private LoggedModel allowed(Permission permission, String id, boolean deletedToo) {
        var model = models.get(id, deletedToo);
        caller.require(permission, Experiment.ref(model.experiment()));
        return model;
    }

    private LoggedModel mine(String id) {
        return allowed(Permission.EXPERIMENT_RECORD, id, false);
    }

    @Needs(Permission.EXPERIMENT_READ)
    @GET
    @Path("/{id}")
    public Map<String, Object> get(
            @PathParam("id") String id, @QueryParam("allow_deleted") boolean deletedToo) {
        return answer(allowed(Permission.EXPERIMENT_READ, id, deletedToo));
    }

    @DELETE
    @Path("/{id}")
    public Map<String, Object> delete(@PathParam("id") String id) {
        models.delete(mine(id));
        return Map.of();
    }

    @PATCH
    @Path("/{id}")
    public Map<String, Object> finish(@PathParam("id") String id, @Nullable MlflowFields body) {
        var status =
                switch (MlflowFields.orNone(body).required("status")) {
                    case "LOGGED_MODEL_READY" -> LoggedModel.Status.READY;
                    case "LOGGED_MODEL_UPLOAD_FAILED" -> LoggedModel.Status.UPLOAD_FAILED;
                    case "LOGGED_MODEL_PENDING" -> LoggedModel.Status.PENDING;
                    case String other ->
                            throw new Invalid(
                                    "Invalid status '%s': it is LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED."
                                            .formatted(other));
                };
        return answer(models.finish(mine(id).id(), status));
    }

    @PATCH
    @Path("/{id}/tags")
    public Map<String, Object> setTags(@PathParam("id") String id, @Nullable MlflowFields body) {
        var model = mine(id);
        models.setTags(model.id(), MlflowFields.orNone(body).tags());
        return answer(models.get(id, false));
    }

    @DELETE
    @Path("/{id}/tags/{key}")
    public Map<String, Object> deleteTag(@PathParam("id") String id, @PathParam("key") String key) {
        models.deleteTag(mine(id).id(), key);
        return Map.of();
    }

    @POST
    @Path("/{id}/params")
    public Map<String, Object> setParams(@PathParam("id") String id, @Nullable MlflowFields body) {
        models.setParams(mine(id).id(), MlflowFields.orNone(body).pairs("params"));
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_READ)
    @GET
    @Path("/{id}/artifacts/directories")
    public Map<String, Object> artifacts(@PathParam("id") String id, @Context UriInfo address) {
        var model = allowed(Permission.EXPERIMENT_READ, id, false);
        var folder =
                MlflowFields.of(address.getQueryParameters())
                        .text("artifact_directory_path")
                        .orElse("");
        return MlflowArtifacts.listing(artifacts, ArtifactPlace.of(model, folder));
    }

    @Needs(Permission.EXPERIMENT_READ)
    @POST
    @Path("/search")
    public Map<String, Object> search(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var most = fields.number("max_results").orElse(50);
        if (most < 1 || most > MOST) {
            throw new Invalid("max_results is between 1 and %d.".formatted(MOST));
        }
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var ids =
                fields.texts("experiment_ids").stream()
                        .flatMap(id -> experiments.find(Experiments.number(id)).stream())
                        .map(
                                experiment -> {
                                    caller.require(Permission.EXPERIMENT_READ, experiment.ref());
                                    return experiment.id();
                                })
                        .toList();
        var orders =
                fields.list("order_by").stream()
                        .map(
                                by ->
                                        new LoggedModelSearch.Order(
                                                by.required("field_name"),
                                                by.text("ascending")
                                                        .map(Boolean::parseBoolean)
                                                        .orElse(true),
                                                by.text("dataset_name").orElse(null),
                                                by.text("dataset_digest").orElse(null)))
                        .toList();
        var sets =
                fields.list("datasets").stream()
                        .map(
                                set ->
                                        new LoggedModelSearch.DataSet(
                                                set.required("dataset_name"),
                                                set.text("dataset_digest").orElse(null)))
                        .toList();
        var found =
                models.list(
                        LoggedModelSearch.of(
                                ids,
                                fields.text("filter").orElse(null),
                                sets,
                                orders,
                                most + 1,
                                offset));
        var more = found.size() > most;
        return MlflowJson.page(
                "models",
                List.copyOf(found.stream().limit(most).map(MlflowJson::loggedModel).toList()),
                more ? MlflowJson.token(offset + most) : null);
    }
}
