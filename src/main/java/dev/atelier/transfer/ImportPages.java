package dev.atelier.transfer;

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
import java.util.Map;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Imports for people: what runs, what came of it, and the forms that begin one. */
@Path("/imports")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_RECORD)
public class ImportPages {

    private static final int SHOWN = 200;
    private static final int LINES = 200;

    @CheckedTemplate(basePath = "transfer")
    static class Templates {
        static native TemplateInstance imports(List<Row> imports);

        static native TemplateInstance begin(
                List<String> owners,
                boolean folders,
                String limit,
                @Nullable String fault,
                Map<String, String> typed);

        static native TemplateInstance report(Report page);
    }

    /** An import as pages show it. */
    public record Row(
            long id,
            String title,
            String source,
            String mark,
            String word,
            String owner,
            String by,
            Instant at,
            @Nullable String progress,
            @Nullable String fault) {}

    /**
     * A report.
     *
     * @param more address of the lines that follow; null at the end
     */
    public record Report(
            Row row,
            boolean running,
            boolean cancellable,
            boolean resumable,
            @Nullable Instant next,
            @Nullable Instant began,
            @Nullable Instant ended,
            List<ImportLines.Count> counts,
            String outcome,
            long leftOut,
            List<ImportLines.Line> lines,
            @Nullable String more) {

        public String address() {
            return "/imports/" + row.id;
        }
    }

    private final Imports imports;
    private final ImportLines lines;
    private final ImportWishes wishes;
    private final ImportReport report;
    private final TransferConfig config;

    ImportPages(
            Imports imports,
            ImportLines lines,
            ImportWishes wishes,
            ImportReport report,
            TransferConfig config) {
        this.imports = imports;
        this.lines = lines;
        this.wishes = wishes;
        this.report = report;
        this.config = config;
    }

    private static Row row(DataImport one) {
        var waits = one.state() == DataImport.State.WAITING && one.fault() != null;
        return new Row(
                one.id(),
                one.place(),
                one.source().words(),
                waits ? "warn" : one.state().mark(),
                waits ? "Waits for its source" : one.state().word(),
                Figures.actor(one.owner()),
                Figures.actor(one.createdBy()),
                one.createdAt(),
                one.progress(),
                one.fault());
    }

    @GET
    public TemplateInstance list() {
        return Templates.imports(imports.list(SHOWN).stream().map(ImportPages::row).toList());
    }

    @GET
    @Path("new")
    public TemplateInstance form() {
        return form(null, Map.of());
    }

    private TemplateInstance form(@Nullable String fault, Map<String, String> typed) {
        return Templates.begin(
                wishes.owners(),
                wishes.mayNameFolders(),
                Figures.bytes(config.maxArchiveSize().asLongValue()),
                fault,
                typed);
    }

    @Limited(Limit.REQUESTS)
    @POST
    @Path("servers")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response server(
            @RestForm @Nullable String address,
            @RestForm @Nullable String token,
            @RestForm @Nullable String user,
            @RestForm @Nullable String password,
            @RestForm @Nullable String owner,
            @RestForm @Nullable String names,
            @RestForm boolean deleted,
            @RestForm boolean models,
            @RestForm boolean artifacts) {
        try {
            return to(
                    wishes.server(
                            address,
                            new ImportWishes.SignIn(token, user, password),
                            owner,
                            options(deleted, models, artifacts, names)));
        } catch (Invalid e) {
            return wrong(e, Map.of("address", address == null ? "" : address));
        }
    }

    @Needs(Permission.ACCESS_MANAGE)
    @Limited(Limit.REQUESTS)
    @POST
    @Path("folders")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response folder(
            @RestForm @Nullable String folder,
            @RestForm @Nullable String owner,
            @RestForm @Nullable String names,
            @RestForm boolean deleted,
            @RestForm boolean models,
            @RestForm boolean artifacts) {
        try {
            return to(wishes.folder(folder, owner, options(deleted, models, artifacts, names)));
        } catch (Invalid e) {
            return wrong(e, Map.of("folder", folder == null ? "" : folder));
        }
    }

    @Limited(Limit.UPLOADS)
    @POST
    @Path("archives")
    @Consumes(MediaType.MULTIPART_FORM_DATA)
    public Response archive(
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body)
            throws IOException {
        try {
            return to(
                    ArchiveForm.read(
                            body,
                            type,
                            (name, file, fields) ->
                                    wishes.archive(
                                            name,
                                            file,
                                            length == null ? -1 : length,
                                            fields.get("owner"),
                                            options(
                                                    on(fields, "deleted"),
                                                    on(fields, "models"),
                                                    on(fields, "artifacts"),
                                                    fields.get("names")))));
        } catch (Invalid e) {
            return wrong(e, Map.of());
        }
    }

    private static boolean on(Map<String, String> fields, String name) {
        return "true".equals(fields.get(name));
    }

    private static DataImport.Options options(
            boolean deleted, boolean models, boolean artifacts, @Nullable String names) {
        return new DataImport.Options(
                deleted, models, artifacts, names == null ? List.of() : split(names));
    }

    private static List<String> split(String names) {
        return names.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    private Response wrong(Invalid e, Map<String, String> typed) {
        return Response.status(422).entity(form(e.detail(), typed)).build();
    }

    private static Response to(DataImport one) {
        return Response.seeOther(URI.create(one.address())).build();
    }

    @GET
    @Path("{id}")
    public TemplateInstance report(
            @PathParam("id") String id,
            @RestQuery @Nullable String outcome,
            @RestQuery @Nullable Long after) {
        var one = imports.get(id);
        var counts = lines.counts(one);
        var leftOut = counts.stream().mapToLong(ImportLines.Count::left).sum();
        var wanted =
                outcome != null && List.of("taken", "there", "left", "all").contains(outcome)
                        ? outcome
                        : leftOut > 0 ? "left" : "all";
        var some =
                lines.list(
                        one,
                        wanted.equals("all") ? "" : wanted,
                        "",
                        after == null ? 0 : after,
                        LINES + 1);
        var shown = some.subList(0, Math.min(LINES, some.size()));
        return Templates.report(
                new Report(
                        row(one),
                        !one.state().ended(),
                        !one.state().ended() || one.state() == DataImport.State.FAILED,
                        one.canContinue(),
                        one.state() == DataImport.State.WAITING && one.tries() > 0
                                ? one.dueAt()
                                : null,
                        one.startedAt(),
                        one.endedAt(),
                        counts,
                        wanted,
                        leftOut,
                        shown,
                        some.size() > LINES
                                ? "%s?outcome=%s&after=%d"
                                        .formatted(one.address(), wanted, shown.getLast().seq())
                                : null));
    }

    @GET
    @Path("{id}/report.csv")
    @Produces("text/csv")
    public Response csv(@PathParam("id") String id) {
        return report.csv(imports.get(id));
    }

    @POST
    @Path("{id}/cancellation")
    public Response cancel(@PathParam("id") String id) {
        var one = imports.get(id);
        imports.cancel(one);
        return to(one);
    }

    @POST
    @Path("{id}/continuation")
    public Response proceed(@PathParam("id") String id) {
        var one = imports.get(id);
        imports.proceed(one);
        return to(one);
    }
}
