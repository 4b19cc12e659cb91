package dev.atelier.models;

import dev.atelier.identity.Open;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** The keys that signed manifests are verified with. */
@Path("/api/v1/signing-keys")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class SigningKeyApi {

    private final Manifests manifests;

    SigningKeyApi(Manifests manifests) {
        this.manifests = manifests;
    }

    @Open(value = Open.To.EVERYONE, because = "public keys, for whoever verifies")
    @GET
    public List<Manifests.Key> keys() {
        return manifests.keys();
    }

    @Open(value = Open.To.EVERYONE, because = "a public key, for whoever verifies")
    @GET
    @Path("/{id}")
    @Produces("application/x-pem-file")
    public Response key(@PathParam("id") String id) {
        var key =
                manifests
                        .key(id)
                        .orElseThrow(() -> new NotFound("No manifest was signed with such a key."));
        return Response.ok(key.pem())
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"atelier-" + id.substring(0, 12) + ".pem\"")
                .build();
    }
}
