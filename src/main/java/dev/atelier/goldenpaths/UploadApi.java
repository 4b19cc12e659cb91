package dev.atelier.goldenpaths;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Multipart;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files for the answers of tasks that programs start. */
@Path("/api/v1/uploads")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.TEMPLATE_RUN)
public class UploadApi {

    /** A file that was kept. */
    public record Kept(String path, long size, String sha256) {}

    /**
     * What was kept.
     *
     * @param reference the answer to a question for files
     */
    public record Answer(String reference, List<Kept> files) {}

    private final FormUploads uploads;

    UploadApi(FormUploads uploads) {
        this.uploads = uploads;
    }

    /** Parts named {@code file}, one or many, with the path of each as its file name. */
    @Limited(Limit.UPLOADS)
    @POST
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response upload(
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        try (var incoming = uploads.incoming()) {
            Multipart.read(
                    body,
                    type,
                    "Send the files as multipart/form-data, in parts named \"file\".",
                    part -> {
                        var path = part.filename();
                        if (path == null || path.isEmpty() || !part.name().equals("file")) {
                            throw new Invalid(
                                    "Only parts named \"file\" with a file name are taken.",
                                    List.of(new Invalid.Field(part.name(), "is none")));
                        }
                        incoming.add(path, part.body(), length == null ? -1 : length);
                    });
            if (incoming.files().values().stream().allMatch(file -> file.size() == 0)) {
                throw new Invalid("There is no byte in what was sent.");
            }
            var held = uploads.keep(incoming);
            return Response.status(Response.Status.CREATED)
                    .entity(
                            new Answer(
                                    held.reference(),
                                    held.files().stream()
                                            .map(
                                                    file ->
                                                            new Kept(
                                                                    file.path(),
                                                                    file.blob().size(),
                                                                    file.blob().digest()))
                                            .toList()))
                    .build();
        }
    }
}
