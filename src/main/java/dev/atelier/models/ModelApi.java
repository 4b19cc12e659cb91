package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.inference.Signature;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The registry as JSON, and the files. */
@Path("/api/v1/models")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "name")
public class ModelApi {

    /** A version as it is answered; members that are unknown or empty are left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record VersionAnswer(
            String name,
            int version,
            ModelVersion.State state,
            @Nullable String reason,
            String digest,
            @Nullable Signature signature,
            @Nullable StatedSignature stated,
            boolean servable,
            @Nullable String unservable,
            @Nullable String mainFile,
            @Nullable Integer batch,
            long size,
            List<String> aliases,
            @Nullable String license,
            ShownLineage lineage,
            Map<String, String> tags,
            @Nullable String description,
            String stage,
            boolean trusted,
            Instant createdAt,
            String createdBy,
            List<ModelFile> files,
            List<FileReport> scan,
            List<String> warnings,
            @Nullable OnnxGraph graph) {

        static VersionAnswer of(
                ModelVersion v, List<String> aliases, VersionNote note, ShownLineage lineage) {
            return new VersionAnswer(
                    v.model(),
                    v.number(),
                    v.state(),
                    v.reason(),
                    "sha256:" + v.digest(),
                    v.signature(),
                    v.stated(),
                    v.servable(),
                    v.state() == ModelVersion.State.READY ? v.unservable() : null,
                    v.mainFile(),
                    v.batch(),
                    v.size(),
                    aliases,
                    v.license(),
                    lineage,
                    note.tags(),
                    note.description(),
                    note.stage(),
                    v.trusted(),
                    v.createdAt(),
                    v.createdBy(),
                    v.files(),
                    v.scan(),
                    v.warnings(),
                    v.graph());
        }
    }

    /** What a model shall be called. */
    public record NameWish(@Nullable String name) {}

    /**
     * Where an alias shall point.
     *
     * @param expected the version it must name now; 0 when it must not exist yet; left out when
     *     that does not matter
     */
    public record AliasWish(@Nullable Integer version, @Nullable Integer expected) {}

    /**
     * The way back.
     *
     * @param expected the version that the alias must name now; left out when that does not matter
     */
    public record RollbackWish(@Nullable Integer expected, @Nullable String reason) {}

    private final Models models;
    private final Aliases aliases;
    private final Promotions promotions;
    private final Versions versions;
    private final VersionNotes notes;
    private final HiddenMakers makers;
    private final Deletion deletion;
    private final ModelDeletion modelDeletion;
    private final Renaming renaming;
    private final Registration registration;
    private final Blobs blobs;
    private final Caller caller;
    private final Sight sight;

    ModelApi(
            Models models,
            Aliases aliases,
            Promotions promotions,
            Versions versions,
            VersionNotes notes,
            HiddenMakers makers,
            Deletion deletion,
            ModelDeletion modelDeletion,
            Renaming renaming,
            Registration registration,
            Blobs blobs,
            Caller caller,
            Sight sight) {
        this.models = models;
        this.aliases = aliases;
        this.promotions = promotions;
        this.versions = versions;
        this.notes = notes;
        this.makers = makers;
        this.deletion = deletion;
        this.modelDeletion = modelDeletion;
        this.renaming = renaming;
        this.registration = registration;
        this.blobs = blobs;
        this.caller = caller;
        this.sight = sight;
    }

    @Needs(Permission.CATALOG_READ)
    @GET
    public List<Model> list() {
        return models.list().stream()
                .filter(model -> !sight.closes(Resource.model(model.name())))
                .toList();
    }

    @GET
    @Path("/{name}")
    public Model model(@PathParam("name") String name) {
        return models.get(name);
    }

    /**
     * Gives it another name; all it has goes with it.
     *
     * @throws Conflict when the name is taken, or a file of the catalog describes the model
     */
    @Needs(value = Permission.MODEL_REGISTER, model = "name")
    @PUT
    @Path("/{name}/name")
    @Consumes(MediaType.APPLICATION_JSON)
    public Model rename(@PathParam("name") String name, @Nullable NameWish wish) {
        if (wish == null || wish.name == null) {
            throw new Invalid(
                    "Say the new name.", List.of(new Invalid.Field("name", "is missing")));
        }
        return renaming.rename(models.get(name), wish.name);
    }

    /** It can be restored until its time is over; its name is free at once. */
    @Needs(value = Permission.MODEL_REGISTER, model = "name")
    @DELETE
    @Path("/{name}")
    public void delete(@PathParam("name") String name) {
        modelDeletion.delete(models.get(name).name());
    }

    @GET
    @Path("/{name}/versions")
    public List<VersionAnswer> versions(@PathParam("name") String name) {
        var model = models.get(name);
        var said = notes.of(model);
        var all = versions.list(model, model.newest(model.lastVersion()));
        var lineages = makers.shown(all);
        return IntStream.range(0, all.size())
                .mapToObj(
                        i ->
                                VersionAnswer.of(
                                        all.get(i),
                                        model.aliasesOf(all.get(i).number()),
                                        Objects.requireNonNull(said.get(all.get(i).number())),
                                        lineages.get(i)))
                .toList();
    }

    @Needs(Permission.MODEL_REGISTER)
    @Limited(Limit.UPLOADS)
    @POST
    @Path("/{name}/versions")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response register(
            @PathParam("name") String name,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var fault = Models.nameFault(name);
        if (fault != null) {
            throw new Invalid(fault, List.of(new Invalid.Field("name", "cannot name a model")));
        }
        var actor = caller.entityRef();
        try (var draft = registration.draft(actor)) {
            draft.receive(body, type, length == null ? -1 : length);
            var version =
                    registration.register(name, draft, key, Registration.Origin.person(actor));
            return Response.created(address(version)).entity(answer(version)).build();
        }
    }

    private static URI address(ModelVersion version) {
        return URI.create("/api/v1/models/" + version.model() + "/versions/" + version.number());
    }

    @GET
    @Path("/{name}/versions/{version}")
    public VersionAnswer version(
            @PathParam("name") String name, @PathParam("version") String version) {
        return answer(versions.find(name, version));
    }

    private VersionAnswer answer(ModelVersion version) {
        return VersionAnswer.of(
                version,
                models.get(version.model()).aliasesOf(version.number()),
                notes.of(version),
                makers.shown(version));
    }

    /** It can be restored until its time is over. */
    @Needs(value = Permission.MODEL_REGISTER, model = "name")
    @DELETE
    @Path("/{name}/versions/{version}")
    public void delete(@PathParam("name") String name, @PathParam("version") String version) {
        deletion.delete(versions.find(name, version));
    }

    @Needs(value = Permission.MODEL_REGISTER, model = "name")
    @POST
    @Path("/{name}/versions/{version}/restoration")
    public VersionAnswer restore(
            @PathParam("name") String name, @PathParam("version") int version) {
        deletion.restore(models.get(name), version);
        return answer(versions.find(name, Integer.toString(version)));
    }

    /** Those that can be restored. */
    @GET
    @Path("/{name}/deleted-versions")
    public List<Deletion.Deleted> deleted(@PathParam("name") String name) {
        return deletion.of(models.get(name));
    }

    @GET
    @Path("/{name}/versions/{version}/files")
    public List<ModelFile> files(
            @PathParam("name") String name, @PathParam("version") String version) {
        return versions.find(name, version).files();
    }

    @Needs(value = Permission.MODEL_DOWNLOAD, model = "name")
    @GET
    @Path("/{name}/versions/{version}/files/{path:.+}")
    @Produces(MediaType.WILDCARD)
    public Response file(
            @PathParam("name") String name,
            @PathParam("version") String version,
            @PathParam("path") String path,
            @Context HttpHeaders headers) {
        var found = versions.find(name, version);
        var file =
                found.file(path)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "Version %d of \"%s\" has no file \"%s\"."
                                                        .formatted(
                                                                found.number(),
                                                                found.model(),
                                                                path)));
        return Download.of(file.path(), new Blob(file.sha256(), file.size()), blobs, headers);
    }

    @GET
    @Path("/{name}/aliases")
    public Map<String, Integer> aliases(@PathParam("name") String name) {
        return models.get(name).aliases();
    }

    @GET
    @Path("/{name}/aliases/history")
    public List<Aliases.Move> moves(@PathParam("name") String name) {
        return aliases.moves(models.get(name).name());
    }

    @Needs(value = Permission.MODEL_ALIAS, model = "name")
    @PUT
    @Path("/{name}/aliases/{alias}")
    @Consumes(MediaType.APPLICATION_JSON)
    public Map<String, Integer> setAlias(
            @PathParam("name") String name, @PathParam("alias") String alias, AliasWish wish) {
        Aliases.check(alias);
        if (wish == null || wish.version == null) {
            throw new Invalid(
                    "Say which version the alias shall name.",
                    List.of(new Invalid.Field("version", "is missing")));
        }
        var model = models.get(name);
        aliases.move(model.name(), alias, wish.expected, wish.version, caller.entityRef());
        return models.get(name).aliases();
    }

    @Needs(value = Permission.MODEL_ALIAS, model = "name")
    @DELETE
    @Path("/{name}/aliases/{alias}")
    public Map<String, Integer> removeAlias(
            @PathParam("name") String name,
            @PathParam("alias") String alias,
            @QueryParam("expected") @Nullable Integer expected,
            @QueryParam("override") @Nullable String override) {
        if (override == null) {
            aliases.move(models.get(name).name(), alias, expected, null, caller.entityRef());
        } else {
            promotions.takeAway(name, alias, expected, override);
        }
        return models.get(name).aliases();
    }

    /** Back to the version that the alias named before. */
    @Needs(value = Permission.MODEL_ALIAS, model = "name")
    @POST
    @Path("/{name}/aliases/{alias}/rollback")
    @Consumes(MediaType.APPLICATION_JSON)
    public Map<String, Integer> rollback(
            @PathParam("name") String name,
            @PathParam("alias") String alias,
            @Nullable RollbackWish wish) {
        promotions.rollback(
                name,
                alias,
                wish == null ? null : wish.expected,
                wish == null ? null : wish.reason);
        return models.get(name).aliases();
    }
}
