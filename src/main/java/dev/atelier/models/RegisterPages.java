package dev.atelier.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The form that registers a version; works without script, and then without a progress bar. */
@Path("/models/new")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_REGISTER)
public class RegisterPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance register(String name, String limit, long most, String base);
    }

    private final Registration registration;
    private final ModelsConfig config;
    private final ObjectMapper json;
    private final Caller caller;

    RegisterPages(
            Registration registration, ModelsConfig config, ObjectMapper json, Caller caller) {
        this.registration = registration;
        this.config = config;
        this.json = json;
        this.caller = caller;
    }

    @GET
    public TemplateInstance form(@RestQuery @Nullable String name, @Context UriInfo uri) {
        return Templates.register(
                name == null ? "" : name,
                Figures.bytes(config.maxFileSize().asLongValue()),
                config.maxFileSize().asLongValue(),
                uri.getBaseUri().toString());
    }

    @Limited(Limit.UPLOADS)
    @POST
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response register(
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        var actor = caller.entityRef();
        try (var draft = registration.draft(actor)) {
            draft.receive(body, type, length == null ? -1 : length);
            var name = draft.text("name");
            if (name == null) {
                throw new Invalid(
                        "A model needs a name.", List.of(new Invalid.Field("name", "is missing")));
            }
            var parameters = json.createObjectNode();
            for (var field : List.of("owner", "license", "description")) {
                var value = draft.text(field);
                if (value != null) {
                    parameters.put(field, value.strip());
                }
            }
            var alias = draft.text("alias");
            if (alias != null) {
                parameters.putArray("aliases").add(alias.strip());
            }
            draft.say("parameters", json.writeValueAsString(parameters));
            var version =
                    registration.register(
                            name.strip(), draft, null, Registration.Origin.person(actor));
            return Response.seeOther(
                            URI.create(
                                    "/models/" + version.model() + "/versions/" + version.number()))
                    .build();
        }
    }
}
