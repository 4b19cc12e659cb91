package dev.atelier.models;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The signed manifest of a version. */
@Path("/api/v1/models/{name}/versions/{version}/manifest")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ManifestApi {

    private final Versions versions;
    private final Manifests manifests;

    ManifestApi(Versions versions, Manifests manifests) {
        this.versions = versions;
        this.manifests = manifests;
    }

    @Needs(value = Permission.MODEL_READ, model = "name")
    @GET
    public Response manifest(
            @PathParam("name") String name, @PathParam("version") String numberOrAlias) {
        var version = versions.ready(name, numberOrAlias);
        var manifest =
                manifests
                        .of(version)
                        .orElseThrow(
                                () ->
                                        new Conflict(
                                                "The manifest of version %d is not signed yet. Try again in some minutes."
                                                        .formatted(version.number())));
        return Response.ok(manifest.bundle())
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"" + manifest.fileName() + "\"")
                .build();
    }
}
