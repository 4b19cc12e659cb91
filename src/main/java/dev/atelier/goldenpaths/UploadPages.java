package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Incoming;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooLarge;
import dev.atelier.platform.web.Multipart;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes the answers of pages that ask for files too; what comes of them is up to the wizard. */
@Path("/golden-paths")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class UploadPages {

    private static final int MOST_PARTS = 2_000;
    private static final long MOST_TEXT = 4L << 20;

    private final WizardPages wizard;
    private final Drafts drafts;
    private final FormUploads uploads;

    UploadPages(WizardPages wizard, Drafts drafts, FormUploads uploads) {
        this.wizard = wizard;
        this.drafts = drafts;
        this.uploads = uploads;
    }

    @Limited(Limit.UPLOADS)
    @POST
    @Path("{namespace}/{name}/files")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response begin(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var template = wizard.runnable(namespace, name);
        if (template.pages().isEmpty()) {
            throw new Invalid("This golden path asks for no files.");
        }
        try (var form = new Form(template.pages().getFirst().schema())) {
            form.read(body, type, length == null ? -1 : length);
            return wizard.begin(template, form.answers, form.keep());
        }
    }

    /** Whoever asks for the address of an answer gets the question. */
    @GET
    @Path("{namespace}/{name}/files")
    public Response first(
            @PathParam("namespace") String namespace, @PathParam("name") String name) {
        return Response.seeOther(
                        URI.create(
                                "/golden-paths/%s/%s"
                                        .formatted(
                                                WizardPages.ref(namespace, name).namespace(),
                                                name)))
                .build();
    }

    @Limited(Limit.UPLOADS)
    @POST
    @Path("drafts/{id}/{page}/files")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response answer(
            @PathParam("id") String id,
            @PathParam("page") String page,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var draft = drafts.get(id);
        try (var form = new Form(wizard.schema(draft, page))) {
            form.read(body, type, length == null ? -1 : length);
            return wizard.answer(draft, page, form.answers, form.keep());
        }
    }

    @GET
    @Path("drafts/{id}/{page}/files")
    public Response page(@PathParam("id") String id, @PathParam("page") String page) {
        return Response.seeOther(URI.create(drafts.get(id).address() + "/" + page)).build();
    }

    /** A form as it comes in: its files go to the blob store, its texts are answers. */
    private final class Form implements AutoCloseable {
        private final Map<String, JsonNode> asked;
        private final MultivaluedMap<String, String> answers = new MultivaluedHashMap<>();
        private final Map<String, Incoming> files = new LinkedHashMap<>();
        private int parts;
        private long text;

        Form(JsonNode schema) {
            asked = Forms.files(schema);
        }

        void read(InputStream body, @Nullable String type, long length) throws IOException {
            Multipart.read(
                    body,
                    type,
                    "Send the form as multipart/form-data.",
                    part -> take(part, length));
        }

        private void take(Multipart.Part part, long length) throws IOException {
            if (++parts > MOST_PARTS) {
                throw new TooLarge("A form has at most %d parts.".formatted(MOST_PARTS));
            }
            var filename = part.filename();
            if (filename == null) {
                var value = part.text();
                text += value.length();
                if (text > MOST_TEXT) {
                    throw new TooLarge("The answers have more than 4 million characters.");
                }
                // The wizard itself says what became of files.
                if (!part.name().endsWith(Forms.TAKEN)) {
                    answers.add(part.name(), value.replace('\0', '\ufffd'));
                }
                return;
            }
            var schema = asked.get(part.name());
            if (filename.isEmpty()) {
                part.body().close(); // a field that was left empty
            } else if (schema == null) {
                throw wrong(part.name(), "asks for no file");
            } else if (FieldSchema.isReference(schema)) {
                var incoming = files.computeIfAbsent(part.name(), _ -> uploads.incoming());
                if (!FieldSchema.isSeveral(schema) && !incoming.files().isEmpty()) {
                    throw wrong(part.name(), "takes one file");
                }
                incoming.add(filename, part.body(), length);
            } else {
                answers.putSingle(part.name() + Forms.TAKEN, small(filename, part));
            }
        }

        private static String small(String filename, Multipart.Part part) throws IOException {
            var bytes = part.body().readNBytes(DataUrl.LARGEST + 1);
            if (bytes.length > DataUrl.LARGEST) {
                throw new TooLarge(
                        "\"%s\" has more than 1 MiB, the most that an answer of this kind may have."
                                .formatted(Workspace.shown(filename)));
            }
            return new DataUrl(filename, "", bytes).toString();
        }

        private static Invalid wrong(String name, String what) {
            return new Invalid(
                    "A file came for a question that %s.".formatted(what),
                    List.of(new Invalid.Field(Workspace.shown(name), what)));
        }

        /** Keeps the files; says whether there were any. */
        boolean keep() throws IOException {
            for (var one : files.entrySet()) {
                if (one.getValue().files().values().stream().allMatch(file -> file.size() == 0)) {
                    throw new Invalid(
                            "The files are empty.",
                            List.of(new Invalid.Field(one.getKey(), "has no byte")));
                }
                answers.putSingle(
                        one.getKey() + Forms.TAKEN, uploads.keep(one.getValue()).reference());
            }
            return answers.keySet().stream().anyMatch(name -> name.endsWith(Forms.TAKEN));
        }

        @Override
        public void close() {
            files.values().forEach(Incoming::close);
        }
    }
}
