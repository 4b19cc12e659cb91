package dev.atelier.models;

import dev.atelier.experiments.MlflowFields;
import dev.atelier.experiments.MlflowJson;
import dev.atelier.experiments.MlflowRules;
import dev.atelier.experiments.RegisteredFiles;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Versions for MLflow's clients: its model versions are the versions of the portal. */
@Path("/api/2.0/mlflow/model-versions")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.MODEL_READ)
public class MlflowVersions {

    private static final int MOST = 200_000;

    private final Models models;
    private final Versions versions;
    private final VersionNotes notes;
    private final Deletion deletion;
    private final RegistrySearch search;
    private final FromRun fromRun;
    private final RunSource sources;
    private final Caller caller;

    MlflowVersions(
            Models models,
            Versions versions,
            VersionNotes notes,
            Deletion deletion,
            RegistrySearch search,
            FromRun fromRun,
            RunSource sources,
            Caller caller) {
        this.models = models;
        this.versions = versions;
        this.notes = notes;
        this.deletion = deletion;
        this.search = search;
        this.fromRun = fromRun;
        this.sources = sources;
        this.caller = caller;
    }

    static Map<String, Object> json(RegistrySearch.Found version) {
        var note = version.note();
        var json = new LinkedHashMap<String, Object>();
        json.put("name", version.called());
        json.put("version", Integer.toString(version.number()));
        json.put("creation_timestamp", version.createdAt().toEpochMilli());
        json.put("last_updated_timestamp", note.changedAt().toEpochMilli());
        json.put("user_id", version.createdBy());
        json.put("current_stage", note.stage());
        json.put("description", note.description() == null ? "" : note.description());
        json.put(
                "source",
                note.source() == null ? address(version.model(), version.number()) : note.source());
        if (version.run() != null) {
            json.put("run_id", version.run());
        }
        if (version.loggedModel() != null) {
            json.put("model_id", version.loggedModel());
        }
        json.put(
                "status",
                switch (version.state()) {
                    case SCANNING -> "PENDING_REGISTRATION";
                    case READY -> "READY";
                    case REFUSED -> "FAILED_REGISTRATION";
                });
        if (version.reason() != null) {
            json.put("status_message", version.reason());
        }
        if (note.runLink() != null) {
            json.put("run_link", note.runLink());
        }
        json.put("tags", MlflowJson.pairs(note.tags()));
        json.put("aliases", List.copyOf(version.aliases()));
        return json;
    }

    /** Where clients read its files, whatever becomes of the run that made them. */
    private static String address(String model, int number) {
        return "mlflow-artifacts:/" + RegisteredFiles.FOLDER + model + "/" + number;
    }

    private ModelVersion allowed(Permission permission, MlflowFields fields) {
        var model = models.called(fields.required("name"));
        caller.require(permission, Resource.model(model.name()));
        var version = fields.required("version");
        if (!version.chars().allMatch(Character::isDigit)) {
            throw new Invalid("Model version must be an integer, got '%s'.".formatted(version));
        }
        return versions.find(model, version);
    }

    private Map<String, Object> answer(ModelVersion version) {
        return Map.of("model_version", json(search.version(version)));
    }

    /** The files are in the store already: the version refers to them and is scanned. */
    @Needs(Permission.MODEL_REGISTER)
    @Limited(Limit.UPLOADS)
    @POST
    @Path("/create")
    public Map<String, Object> create(@Nullable MlflowFields body) throws IOException {
        var fields = MlflowFields.orNone(body);
        var model = models.called(fields.required("name"));
        caller.require(Permission.MODEL_REGISTER, Resource.model(model.name()));
        var source = fields.required("source");
        var tags = fields.tags();
        tags.forEach(MlflowModels::checkTag);
        var found =
                sources.find(
                        source,
                        fields.text("run_id").orElse(null),
                        fields.text("model_id").orElse(null));
        var description = fields.text("description").orElse(null);
        MlflowRules.atMost("description", description == null ? "" : description, 100_000);
        return answer(
                fromRun.register(
                        model.name(),
                        null,
                        found,
                        source,
                        tags,
                        description,
                        fields.text("run_link").orElse(null)));
    }

    @GET
    @Path("/get")
    public Map<String, Object> get(@Context UriInfo address) {
        return answer(
                allowed(Permission.MODEL_READ, MlflowFields.of(address.getQueryParameters())));
    }

    @GET
    @Path("/get-download-uri")
    public Map<String, Object> downloadUri(@Context UriInfo address) {
        var version = allowed(Permission.MODEL_READ, MlflowFields.of(address.getQueryParameters()));
        return Map.of("artifact_uri", address(version.model(), version.number()));
    }

    @GET
    @Path("/search")
    public Map<String, Object> search(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var most = fields.number("max_results").orElse(10_000);
        if (most < 1 || most > MOST) {
            throw new Invalid(
                    "Invalid value for request parameter max_results. It must be at most %d, but got value %d"
                            .formatted(MOST, most));
        }
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var found =
                search.versions(
                        fields.text("filter").orElse(null),
                        fields.texts("order_by"),
                        most + 1,
                        offset);
        return MlflowJson.page(
                "model_versions",
                found.stream().limit(most).map(MlflowVersions::json).toList(),
                found.size() > most ? MlflowJson.token(offset + most) : null);
    }

    @Needs(Permission.MODEL_REGISTER)
    @PATCH
    @Path("/update")
    public Map<String, Object> update(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var version = allowed(Permission.MODEL_REGISTER, fields);
        var description = fields.text("description").orElse("");
        MlflowRules.atMost("description", description, 100_000);
        notes.describe(version, description);
        return answer(version);
    }

    @Needs(Permission.MODEL_REGISTER)
    @DELETE
    @Path("/delete")
    public Map<String, Object> delete(@Nullable MlflowFields body, @Context UriInfo address) {
        var version = allowed(Permission.MODEL_REGISTER, MlflowModels.bodyOrAddress(body, address));
        try {
            deletion.delete(version);
        } catch (Conflict e) {
            throw new Invalid(e.detail());
        }
        return Map.of();
    }

    @Needs(Permission.MODEL_REGISTER)
    @POST
    @Path("/set-tag")
    public Map<String, Object> setTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var version = allowed(Permission.MODEL_REGISTER, fields);
        var key = fields.required("key");
        var value = fields.text("value").orElse("");
        MlflowModels.checkTag(key, value);
        notes.setTag(version, key, value);
        return Map.of();
    }

    @Needs(Permission.MODEL_REGISTER)
    @DELETE
    @Path("/delete-tag")
    public Map<String, Object> deleteTag(@Nullable MlflowFields body, @Context UriInfo address) {
        var fields = MlflowModels.bodyOrAddress(body, address);
        notes.deleteTag(allowed(Permission.MODEL_REGISTER, fields), fields.required("key"));
        return Map.of();
    }

    @Needs(Permission.MODEL_ALIAS)
    @POST
    @Path("/transition-stage")
    public Map<String, Object> transition(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var version = allowed(Permission.MODEL_ALIAS, fields);
        notes.move(version, fields.required("stage"), fields.on("archive_existing_versions"));
        return answer(version);
    }
}
