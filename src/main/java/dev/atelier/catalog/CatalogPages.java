package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.catalog.Problems.Place;
import dev.atelier.catalog.Reading.Checked;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Problem;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
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

/** The catalog for people. */
@Path("/catalog")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class CatalogPages {

    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES)
                    .build();

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

    record LocationView(String id, String target, String state, String word) {}

    @CheckedTemplate(basePath = "catalog")
    static class Templates {
        static native TemplateInstance catalog(CatalogList.Result result);

        static native TemplateInstance entity(EntityShell shell, EntityOverview.Content content);

        static native TemplateInstance source(EntityShell shell, String text);

        static native TemplateInstance problems(ProblemsView view, CheckView check);

        static native TemplateInstance locations(
                List<LocationView> locations, String target, @Nullable String error);
    }

    private final Entities entities;
    private final EntityShells shells;
    private final EntityOverview overview;
    private final CatalogList list;
    private final Problems problems;
    private final Sources sources;
    private final SourceReader reader;
    private final Ingestion ingestion;
    private final Locations locations;

    CatalogPages(
            Entities entities,
            EntityShells shells,
            EntityOverview overview,
            CatalogList list,
            Problems problems,
            Sources sources,
            SourceReader reader,
            Ingestion ingestion,
            Locations locations) {
        this.entities = entities;
        this.shells = shells;
        this.overview = overview;
        this.list = list;
        this.problems = problems;
        this.sources = sources;
        this.reader = reader;
        this.ingestion = ingestion;
        this.locations = locations;
    }

    @GET
    @Operation(hidden = true)
    public TemplateInstance catalog(
            @QueryParam("q") @Nullable String q,
            @QueryParam("kind") List<String> kind,
            @QueryParam("type") List<String> type,
            @QueryParam("lifecycle") List<String> lifecycle,
            @QueryParam("owner") List<String> owner,
            @QueryParam("tag") List<String> tag,
            @QueryParam("sort") @Nullable String sort,
            @QueryParam("after") @Nullable String after) {
        var words = q == null ? "" : q.strip();
        return Templates.catalog(
                list.ask(
                        new CatalogList.Question(
                                words.length() > 200 ? words.substring(0, 200) : words,
                                kind,
                                type,
                                lifecycle,
                                owner,
                                tag,
                                "changed".equals(sort) ? "changed" : "name",
                                after == null || after.isEmpty() ? null : after)));
    }

    @GET
    @Path("{namespace}/{kind}/{name}")
    @Operation(hidden = true)
    public Response entity(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        var home = shells.home(entity);
        if (!home.equals(entity.address())) {
            return Response.seeOther(URI.create(home)).build();
        }
        return Response.ok(Templates.entity(shells.shell(entity, home), overview.of(entity)))
                .build();
    }

    @GET
    @Path("{namespace}/{kind}/{name}/relations")
    @Operation(hidden = true)
    public TemplateInstance relations(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        return Templates.entity(
                shells.shell(entity, entity.address() + "/relations"), overview.of(entity));
    }

    @GET
    @Path("{namespace}/{kind}/{name}/source")
    @Operation(hidden = true)
    public TemplateInstance source(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        try {
            return Templates.source(
                    shells.shell(entity, entity.address() + "/source"),
                    YAML.writeValueAsString(entity.json()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @POST
    @Path("{namespace}/{kind}/{name}/refresh")
    @Operation(hidden = true)
    public Response refresh(
            @PathParam("namespace") String namespace,
            @PathParam("kind") String kind,
            @PathParam("name") String name) {
        var entity = require(namespace, kind, name);
        sources.dueFor(entity.ref());
        ingestion.wake();
        return Response.seeOther(URI.create(entity.address())).build();
    }

    private Entity require(String namespace, String kind, String name) {
        var ref = new EntityRef(kind, namespace, name);
        return entities.find(ref)
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "The catalog has no %s. It may have been renamed or removed; the search finds near names."
                                                .formatted(ref)));
    }

    // ---- problems

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

    @POST
    @Path("problems/refresh")
    @Operation(hidden = true)
    public Response readAgain() {
        sources.allDue();
        ingestion.wake();
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

    // ---- locations

    @GET
    @Path("locations")
    @Operation(hidden = true)
    public TemplateInstance locations() {
        return Templates.locations(registered(), "", null);
    }

    @POST
    @Path("locations")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response register(@FormParam("target") @Nullable String given) {
        var target = given == null ? "" : given.strip();
        try {
            if (target.isEmpty()) {
                throw new Invalid("Enter the address of a file.");
            }
            locations.register("url", target);
        } catch (Invalid | Conflict e) {
            return Response.status(422)
                    .entity(Templates.locations(registered(), target, ((Problem) e).detail()))
                    .build();
        }
        ingestion.wake();
        return Response.seeOther(URI.create("/catalog/locations")).build();
    }

    @POST
    @Path("locations/{id}/removal")
    @Operation(hidden = true)
    public Response remove(@PathParam("id") String id) {
        locations.remove(id);
        return Response.seeOther(URI.create("/catalog/locations")).build();
    }

    private List<LocationView> registered() {
        var places = problems.places();
        return locations.all().stream()
                .map(
                        location ->
                                places.stream()
                                        .filter(
                                                p ->
                                                        p.location()
                                                                .equals(
                                                                        location.source()
                                                                                .toString()))
                                        .findFirst()
                                        .map(place -> view(location, place))
                                        .orElseGet(() -> waiting(location)))
                .toList();
    }

    private static LocationView view(Locations.Registered location, Place place) {
        if (place.errors() > 0) {
            return new LocationView(
                    location.id().toString(),
                    location.target(),
                    "fail",
                    place.problems().getFirst().reason());
        }
        return place.read() == null
                ? waiting(location)
                : new LocationView(
                        location.id().toString(),
                        location.target(),
                        "ok",
                        "%d documents".formatted(place.documents()));
    }

    private static LocationView waiting(Locations.Registered location) {
        return new LocationView(
                location.id().toString(), location.target(), "wait", "Not read yet");
    }
}
