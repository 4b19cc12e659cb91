package dev.atelier.models;

import dev.atelier.experiments.ExperimentOwner;
import dev.atelier.experiments.MlflowErrors;
import dev.atelier.experiments.MlflowFields;
import dev.atelier.experiments.MlflowJson;
import dev.atelier.experiments.MlflowPaths;
import dev.atelier.experiments.MlflowRules;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Models for MLflow's clients: its registered models are the models of the portal. */
@Path("/api/2.0/mlflow/registered-models")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.MODEL_READ)
public class MlflowModels {

    private static final int MOST = 1_000;
    private static final String PROMPT = "mlflow.prompt.is_prompt";

    private final Models models;
    private final Aliases aliases;
    private final Publication publication;
    private final Renaming renaming;
    private final ModelDeletion deletion;
    private final Versions versions;
    private final VersionNotes notes;
    private final RegistrySearch search;
    private final ExperimentOwner owner;
    private final Caller caller;

    MlflowModels(
            Models models,
            Aliases aliases,
            Publication publication,
            Renaming renaming,
            ModelDeletion deletion,
            Versions versions,
            VersionNotes notes,
            RegistrySearch search,
            ExperimentOwner owner,
            Caller caller) {
        this.models = models;
        this.aliases = aliases;
        this.publication = publication;
        this.renaming = renaming;
        this.deletion = deletion;
        this.versions = versions;
        this.notes = notes;
        this.search = search;
        this.owner = owner;
        this.caller = caller;
    }

    private Model allowed(Permission permission, String name) {
        var model = models.called(name);
        caller.require(permission, Resource.model(model.name()));
        return model;
    }

    private Model mine(MlflowFields fields) {
        return allowed(Permission.MODEL_REGISTER, fields.required("name"));
    }

    private Map<String, Object> answer(Model model) {
        return Map.of("registered_model", json(List.of(model)).getFirst());
    }

    private List<Map<String, Object>> json(List<Model> found) {
        var names = found.stream().map(Model::name).toList();
        var tags = notes.tagsOf(names);
        var versions =
                search.versionsOf(names).stream()
                        .collect(Collectors.groupingBy(RegistrySearch.Found::model));
        return found.stream()
                .map(
                        model ->
                                json(
                                        model,
                                        tags.getOrDefault(model.name(), Map.of()),
                                        versions.getOrDefault(model.name(), List.of())))
                .toList();
    }

    private static Map<String, Object> json(
            Model model, Map<String, String> tags, List<RegistrySearch.Found> versions) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", model.called());
        json.put("creation_timestamp", model.createdAt().toEpochMilli());
        json.put("last_updated_timestamp", model.changedAt().toEpochMilli());
        json.put("user_id", model.createdBy());
        if (model.description() != null) {
            json.put("description", model.description());
        }
        json.put("latest_versions", latest(versions).stream().map(MlflowVersions::json).toList());
        json.put("tags", MlflowJson.pairs(tags));
        json.put(
                "aliases",
                model.aliases().entrySet().stream()
                        .map(
                                alias ->
                                        Map.of(
                                                "alias",
                                                alias.getKey(),
                                                "version",
                                                alias.getValue().toString()))
                        .toList());
        return json;
    }

    /** The newest version in each stage; they come sorted, the newest first. */
    private static List<RegistrySearch.Found> latest(List<RegistrySearch.Found> versions) {
        var stages = new HashSet<String>();
        return versions.stream().filter(version -> stages.add(version.note().stage())).toList();
    }

    @Needs(Permission.MODEL_REGISTER)
    @POST
    @Path("/create")
    public Map<String, Object> create(
            @Nullable MlflowFields body, @Context RoutingContext request) {
        var fields = MlflowFields.orNone(body);
        var name = fields.required("name");
        var tags = fields.tags();
        if ("true".equalsIgnoreCase(tags.get(PROMPT))) {
            throw MlflowErrors.of(
                    404, "ENDPOINT_NOT_FOUND", "Atelier registers models; it keeps no prompts.");
        }
        checkName(name);
        tags.forEach(MlflowModels::checkTag);
        var known = models.findCalled(name);
        if (known.isPresent()) {
            caller.require(Permission.MODEL_READ, Resource.model(known.get().name()));
            throw exists(name);
        }
        var by =
                owner.allowed(
                        Permission.MODEL_REGISTER,
                        Resource.model("new"),
                        MlflowPaths.team(request),
                        tags);
        try {
            var made =
                    models.create(
                            name,
                            by,
                            fields.text("description").orElse(null),
                            tags,
                            caller.entityRef());
            publication.publish(made.name());
            return answer(made);
        } catch (Conflict e) {
            throw exists(name);
        }
    }

    private static RuntimeException exists(String name) {
        return MlflowErrors.alreadyExists(
                "Registered Model (name=%s) already exists.".formatted(name));
    }

    static void checkName(String name) {
        if (name.isBlank()) {
            throw new Invalid("Registered model name cannot be empty.");
        }
        MlflowRules.atMost("registered model name", name, 256);
        if (name.indexOf('/') >= 0
                || name.indexOf(':') >= 0
                || name.codePoints().anyMatch(Character::isISOControl)) {
            throw new Invalid(
                    "Invalid registered model name '%s': it must not hold / or : or control characters."
                            .formatted(name.replaceAll("\\p{C}", "�")));
        }
    }

    static void checkTag(String key, String value) {
        if (key.isBlank()) {
            throw new Invalid("A tag needs a key.");
        }
        MlflowRules.atMost("tag name", key, MlflowRules.KEY);
        MlflowRules.atMost("tag value", value, 100_000);
    }

    @GET
    @Path("/get")
    public Map<String, Object> get(@Context UriInfo address) {
        return answer(
                allowed(
                        Permission.MODEL_READ,
                        MlflowFields.of(address.getQueryParameters()).required("name")));
    }

    @GET
    @Path("/search")
    public Map<String, Object> search(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var most = fields.number("max_results").orElse(100);
        if (most < 1 || most > MOST) {
            throw new Invalid(
                    "Invalid value for request parameter max_results. It must be at most %d, but got value %d"
                            .formatted(MOST, most));
        }
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var names =
                search.models(
                        fields.text("filter").orElse(null),
                        fields.texts("order_by"),
                        most + 1,
                        offset);
        var page = names.size() > most ? names.subList(0, (int) most) : names;
        var known = models.named(page);
        return MlflowJson.page(
                "registered_models",
                json(page.stream().map(name -> Models.in(known, name)).toList()),
                names.size() > most ? MlflowJson.token(offset + most) : null);
    }

    @Needs(Permission.MODEL_REGISTER)
    @PATCH
    @Path("/update")
    public Map<String, Object> update(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var model = mine(fields);
        notes.describe(model, fields.text("description").orElse(null));
        return answer(models.get(model.name()));
    }

    @Needs(Permission.MODEL_REGISTER)
    @POST
    @Path("/rename")
    public Map<String, Object> rename(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var model = mine(fields);
        var name = fields.required("new_name");
        checkName(name);
        var known = models.findCalled(name);
        if (known.isPresent() && !known.get().name().equals(model.name())) {
            throw exists(name);
        }
        try {
            return answer(renaming.rename(model, name));
        } catch (Conflict e) {
            throw new Invalid(e.detail());
        }
    }

    @Needs(Permission.MODEL_REGISTER)
    @DELETE
    @Path("/delete")
    public Map<String, Object> delete(@Nullable MlflowFields body, @Context UriInfo address) {
        var model = mine(bodyOrAddress(body, address));
        try {
            deletion.delete(model.name());
        } catch (Conflict e) {
            throw new Invalid(e.detail());
        }
        return Map.of();
    }

    @POST
    @Path("/get-latest-versions")
    public Map<String, Object> latestVersions(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var model = allowed(Permission.MODEL_READ, fields.required("name"));
        var stages = fields.texts("stages").stream().map(VersionNotes::stage).toList();
        return Map.of(
                "model_versions",
                latest(search.versionsOf(List.of(model.name()))).stream()
                        .filter(
                                version ->
                                        stages.isEmpty() || stages.contains(version.note().stage()))
                        .map(MlflowVersions::json)
                        .toList());
    }

    @GET
    @Path("/get-latest-versions")
    public Map<String, Object> latestVersions(@Context UriInfo address) {
        return latestVersions(MlflowFields.of(address.getQueryParameters()));
    }

    @Needs(Permission.MODEL_REGISTER)
    @POST
    @Path("/set-tag")
    public Map<String, Object> setTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var model = mine(fields);
        var key = fields.required("key");
        var value = fields.text("value").orElse("");
        checkTag(key, value);
        notes.setTag(model, key, value);
        return Map.of();
    }

    @Needs(Permission.MODEL_REGISTER)
    @DELETE
    @Path("/delete-tag")
    public Map<String, Object> deleteTag(@Nullable MlflowFields body, @Context UriInfo address) {
        var fields = bodyOrAddress(body, address);
        notes.deleteTag(mine(fields), fields.required("key"));
        return Map.of();
    }

    /** Clients send DELETE with a body; some proxies drop it, so the address serves too. */
    static MlflowFields bodyOrAddress(@Nullable MlflowFields body, UriInfo address) {
        return body == null || body.text("name").isEmpty()
                ? MlflowFields.of(address.getQueryParameters())
                : body;
    }

    @Needs(Permission.MODEL_ALIAS)
    @POST
    @Path("/alias")
    public Map<String, Object> setAlias(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var model = allowed(Permission.MODEL_ALIAS, fields.required("name"));
        var alias = fields.required("alias");
        Aliases.check(alias);
        var version = versions.find(model, fields.required("version"));
        try {
            aliases.move(model.name(), alias, null, version.number(), caller.entityRef());
        } catch (Conflict e) {
            throw new Invalid(e.detail());
        }
        return Map.of();
    }

    @Needs(Permission.MODEL_ALIAS)
    @DELETE
    @Path("/alias")
    public Map<String, Object> deleteAlias(@Nullable MlflowFields body, @Context UriInfo address) {
        var fields = bodyOrAddress(body, address);
        var model = allowed(Permission.MODEL_ALIAS, fields.required("name"));
        var alias = fields.required("alias");
        // MLflow answers that all is well where there is nothing to take away.
        if (model.aliases().containsKey(alias)) {
            aliases.move(model.name(), alias, null, null, caller.entityRef());
        }
        return Map.of();
    }

    @GET
    @Path("/alias")
    public Map<String, Object> byAlias(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        var model = allowed(Permission.MODEL_READ, fields.required("name"));
        var alias = fields.required("alias");
        var number = model.aliases().get(alias);
        if (number == null) {
            throw new Invalid("Registered model alias %s not found.".formatted(alias));
        }
        return Map.of(
                "model_version",
                MlflowVersions.json(search.version(versions.find(model, number.toString()))));
    }
}
