package dev.atelier.models;

import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Makes a version of what a run left, by hand. */
@Path("/models/from-run")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.MODEL_REGISTER)
public class FromRunPages {

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance fromRun(Form form);
    }

    /** What was asked for, and what is wrong with it. */
    public record Form(
            String source,
            @Nullable String run,
            @Nullable String runAddress,
            List<String> files,
            long size,
            String name,
            String owner,
            String description,
            @Nullable String fault) {}

    private final RunSource sources;
    private final FromRun fromRun;

    FromRunPages(RunSource sources, FromRun fromRun) {
        this.sources = sources;
        this.fromRun = fromRun;
    }

    @GET
    public TemplateInstance form(@RestQuery @Nullable String source) {
        var address = source == null ? "" : source;
        return form(sources.find(address, null, null), address, "", "", "", null);
    }

    private static TemplateInstance form(
            RunSource.Source found,
            String address,
            String name,
            String owner,
            String description,
            @Nullable String fault) {
        var run = found.run();
        return Templates.fromRun(
                new Form(
                        address,
                        run == null ? null : run.name(),
                        run == null ? null : run.address(),
                        found.files().stream().map(file -> file.path()).limit(20).toList(),
                        found.files().stream().mapToLong(file -> file.blob().size()).sum(),
                        name,
                        owner,
                        description,
                        fault));
    }

    @Limited(Limit.UPLOADS)
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response register(
            @FormParam("source") @Nullable String source,
            @FormParam("name") @Nullable String name,
            @FormParam("owner") @Nullable String owner,
            @FormParam("description") @Nullable String description)
            throws IOException {
        var address = source == null ? "" : source;
        var found = sources.find(address, null, null);
        var model = name == null ? "" : name.strip();
        var whose = owner == null ? "" : owner.strip();
        var words = description == null ? "" : description.strip();
        try {
            var fault = Models.nameFault(model);
            if (fault != null) {
                throw new Invalid(fault);
            }
            var made =
                    fromRun.register(
                            model,
                            whose.isEmpty() ? null : whose,
                            found,
                            address,
                            Map.of(),
                            words.isEmpty() ? null : words,
                            null);
            return Response.seeOther(
                            URI.create("/models/" + made.model() + "/versions/" + made.number()))
                    .build();
        } catch (Invalid | Conflict e) {
            return Response.status(422)
                    .entity(form(found, address, model, whose, words, e.detail()))
                    .build();
        }
    }
}
