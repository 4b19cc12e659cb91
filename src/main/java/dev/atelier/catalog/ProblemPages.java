package dev.atelier.catalog;

import dev.atelier.catalog.Problems.Place;
import dev.atelier.catalog.Reading.Checked;
import dev.atelier.identity.Limit;
import dev.atelier.identity.Limited;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Ago;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** What is wrong in the catalog, for people; and a check of documents before they are pushed. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class ProblemPages {

    /** A fault as a row of the problems page. */
    record Row(
            boolean error,
            String reason,
            String where,
            @Nullable String entityAddress,
            String field,
            String remedy,
            String since) {}

    record PlaceView(String id, String name, String read, List<Row> rows) {}

    record ProblemsView(
            String heading,
            String lede,
            long all,
            long errors,
            String show,
            List<PlaceView> broken,
            List<PlaceView> fine,
            int moreFine) {}

    /** What a check of pasted text found. */
    record CheckView(String text, @Nullable String verdict, boolean good, List<Row> rows) {}

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance problems(ProblemsView view, CheckView check);
    }

    private final Entities entities;
    private final Problems problems;
    private final Sources sources;
    private final SourceReader reader;
    private final SourceLoop loop;

    ProblemPages(
            Entities entities,
            Problems problems,
            Sources sources,
            SourceReader reader,
            SourceLoop loop) {
        this.entities = entities;
        this.problems = problems;
        this.sources = sources;
        this.reader = reader;
        this.loop = loop;
    }

    @GET
    @Path("problems")
    @Operation(hidden = true)
    public TemplateInstance problems(@QueryParam("show") @Nullable String show) {
        return Templates.problems(view(show), new CheckView("", null, true, List.of()));
    }

    @POST
    @Path("problems/check")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public TemplateInstance check(@FormParam("text") @Nullable String text) {
        return Templates.problems(view(null), checked(text == null ? "" : text));
    }

    @Needs(Permission.CATALOG_REFRESH)
    @Limited(Limit.REFRESHES)
    @POST
    @Path("problems/refresh")
    @Operation(hidden = true)
    public Response readAgain() {
        sources.allDue();
        loop.wake();
        return Response.seeOther(URI.create("/catalog/problems")).build();
    }

    private CheckView checked(String text) {
        if (text.isBlank()) {
            return new CheckView(
                    text, "There is nothing to check. Paste a document first.", false, List.of());
        }
        var rows = new ArrayList<Row>();
        var found = reader.check(text);
        for (Checked document : found) {
            for (var fault : document.faults()) {
                rows.add(
                        new Row(
                                fault.isError(),
                                fault.reason(),
                                "document %d%s%s"
                                        .formatted(
                                                document.index() + 1,
                                                document.ref() == null ? "" : ", " + document.ref(),
                                                fault.line() == null
                                                        ? ""
                                                        : ", line " + fault.line()),
                                null,
                                fault.field(),
                                fault.remedy(),
                                ""));
            }
        }
        long good = found.stream().filter(Checked::isGood).count();
        boolean fine = good == found.size();
        var verdict =
                fine
                        ? "%d of %d documents are good. They can be pushed."
                                .formatted(good, found.size())
                        : "%d of %d documents cannot be read into the catalog yet."
                                .formatted(found.size() - good, found.size());
        return new CheckView(text, verdict, fine, rows);
    }

    private ProblemsView view(@Nullable String show) {
        boolean onlyErrors = "errors".equals(show);
        var now = Instant.now();
        var places = problems.places();
        long errors = places.stream().mapToLong(Place::errors).sum();
        long all = places.stream().mapToLong(place -> place.problems().size()).sum();
        var broken = new ArrayList<PlaceView>();
        var fine = new ArrayList<PlaceView>();
        int documents = 0;
        var named =
                places.stream()
                        .flatMap(place -> place.problems().stream())
                        .map(problem -> problem.entity() == null ? "" : problem.entity())
                        .distinct()
                        .toList();
        var known = entities.titles(named).keySet();
        for (var place : places) {
            if (place.isFile() || !place.location().startsWith("folder:")) {
                documents += place.documents();
            }
            var rows =
                    place.problems().stream()
                            .filter(problem -> !onlyErrors || problem.isError())
                            .sorted(Comparator.comparing(Problems.Problem::isError).reversed())
                            .map(problem -> row(problem, known, now))
                            .toList();
            var view =
                    new PlaceView(
                            "p" + (broken.size() + fine.size()),
                            place.name(),
                            place.read() == null
                                    ? "not read yet"
                                    : "%d %s%s, read %s"
                                            .formatted(
                                                    place.documents(),
                                                    place.location().startsWith("folder:")
                                                            ? "file"
                                                            : "document",
                                                    place.documents() == 1 ? "" : "s",
                                                    Ago.of(place.read(), now)),
                            rows);
            if (!rows.isEmpty()) {
                broken.add(view);
            } else if (place.problems().isEmpty()) {
                fine.add(view);
            }
        }
        int most = 50;
        return new ProblemsView(
                errors == 0
                        ? "The catalog has no errors"
                        : errors == 1
                                ? "One error keeps an entry out of date"
                                : errors + " errors keep entries out of date",
                "%d documents in %d places were read. Nothing has disappeared: broken entries keep their last good version, if they had one."
                        .formatted(documents, places.size()),
                all,
                errors,
                onlyErrors ? "errors" : "all",
                broken,
                fine.subList(0, Math.min(most, fine.size())),
                Math.max(0, fine.size() - most));
    }

    private static Row row(Problems.Problem problem, Set<String> known, Instant now) {
        return new Row(
                problem.isError(),
                problem.reason(),
                (problem.document() == null ? "whole source" : "document " + problem.document())
                        + (problem.entity() == null ? "" : ", " + problem.entity()),
                problem.entity() != null && known.contains(problem.entity())
                        ? EntityRef.parse(problem.entity()).address()
                        : null,
                problem.field(),
                problem.remedy(),
                Ago.of(problem.since(), now));
    }
}
