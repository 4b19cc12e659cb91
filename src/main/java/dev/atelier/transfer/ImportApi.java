package dev.atelier.transfer;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
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
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Imports as JSON. */
@Path("/api/v1/imports")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_RECORD)
public class ImportApi {

    /**
     * What shall be imported: {@code server} or {@code folder}. Registered models and files are
     * taken unless it says no, deleted things only when it says yes.
     *
     * @param experiments names; left out or empty for all
     */
    public record Wish(
            @Nullable String server,
            @Nullable String folder,
            @Nullable String token,
            @Nullable String user,
            @Nullable String password,
            @Nullable String owner,
            @Nullable Boolean deleted,
            @Nullable Boolean models,
            @Nullable Boolean artifacts,
            @Nullable List<String> experiments) {

        DataImport.Options options() {
            return ImportApi.options(deleted, models, artifacts, experiments);
        }
    }

    /** An import as it is answered. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Answer(
            long id,
            String source,
            String place,
            String owner,
            String createdBy,
            Instant createdAt,
            String state,
            @Nullable String progress,
            @Nullable String fault,
            @Nullable Instant next,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt,
            List<ImportLines.Count> counts) {}

    /**
     * Lines of a report.
     *
     * @param next {@code after} of the lines that follow; null at the end
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Lines(List<ImportLines.Line> lines, @Nullable Long next) {}

    private static final int SHOWN = 200;
    private static final int LINES = 1_000;

    private final Imports imports;
    private final ImportLines lines;
    private final ImportWishes wishes;

    ImportApi(Imports imports, ImportLines lines, ImportWishes wishes) {
        this.imports = imports;
        this.lines = lines;
        this.wishes = wishes;
    }

    private static DataImport.Options options(
            @Nullable Boolean deleted,
            @Nullable Boolean models,
            @Nullable Boolean artifacts,
            @Nullable List<String> experiments) {
        return new DataImport.Options(
                deleted != null && deleted,
                models == null || models,
                artifacts == null || artifacts,
                experiments == null ? List.of() : experiments);
    }

    private Answer answer(DataImport one) {
        return new Answer(
                one.id(),
                one.source().id(),
                one.place(),
                one.owner(),
                one.createdBy(),
                one.createdAt(),
                one.state().name().toLowerCase(java.util.Locale.ROOT),
                one.progress(),
                one.fault(),
                one.state() == DataImport.State.WAITING ? one.dueAt() : null,
                one.startedAt(),
                one.endedAt(),
                lines.counts(one));
    }

    @GET
    public List<Answer> list() {
        return imports.list(SHOWN).stream().map(this::answer).toList();
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response begin(@Nullable Wish wish) {
        if (wish == null || (wish.server == null) == (wish.folder == null)) {
            throw new Invalid("Name either a \"server\" or a \"folder\".");
        }
        return created(
                wish.server != null
                        ? wishes.server(
                                wish.server,
                                new ImportWishes.SignIn(wish.token, wish.user, wish.password),
                                wish.owner,
                                wish.options())
                        : wishes.folder(wish.folder, wish.owner, wish.options()));
    }

    /** The body is the archive itself: .zip, .tar or .tar.gz. */
    @Limited(Limit.UPLOADS)
    @POST
    @Path("archives")
    @Consumes(MediaType.WILDCARD)
    public Response archive(
            @RestQuery @Nullable String name,
            @RestQuery @Nullable String owner,
            @RestQuery @Nullable Boolean deleted,
            @RestQuery @Nullable Boolean models,
            @RestQuery @Nullable Boolean artifacts,
            @RestQuery List<String> experiment,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        return created(
                wishes.archive(
                        name == null ? "archive" : name,
                        body,
                        length == null ? -1 : length,
                        owner,
                        options(deleted, models, artifacts, experiment)));
    }

    private Response created(DataImport one) {
        return Response.created(URI.create("/api/v1/imports/" + one.id()))
                .entity(answer(one))
                .build();
    }

    @GET
    @Path("{id}")
    public Answer get(@PathParam("id") String id) {
        return answer(imports.get(id));
    }

    @GET
    @Path("{id}/report")
    public Lines report(
            @PathParam("id") String id,
            @RestQuery @Nullable String outcome,
            @RestQuery @Nullable String kind,
            @RestQuery @Nullable Long after) {
        var some =
                lines.list(
                        imports.get(id),
                        outcome == null ? "" : outcome,
                        kind == null ? "" : kind,
                        after == null ? 0 : after,
                        LINES + 1);
        var shown = some.subList(0, Math.min(LINES, some.size()));
        return new Lines(shown, some.size() > LINES ? shown.getLast().seq() : null);
    }

    @POST
    @Path("{id}/cancellation")
    public Answer cancel(@PathParam("id") String id) {
        var one = imports.get(id);
        imports.cancel(one);
        return answer(imports.get(id));
    }

    @POST
    @Path("{id}/continuation")
    public Answer proceed(@PathParam("id") String id) {
        var one = imports.get(id);
        imports.proceed(one);
        return answer(imports.get(id));
    }
}
