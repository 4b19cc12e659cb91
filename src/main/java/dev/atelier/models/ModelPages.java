package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.experiments.Runs;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Figures;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** A model and its versions for people, inside the catalog's page of its entity. */
@Path("/models/{model}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class ModelPages {

    private static final int SHORT_LIST = 5;
    private static final int LONG_LIST = 50;

    @CheckedTemplate(basePath = "models")
    static class Templates {
        static native TemplateInstance overview(EntityShell shell, Overview page);

        static native TemplateInstance versions(EntityShell shell, VersionList page);

        static native TemplateInstance version(EntityShell shell, VersionPage page);

        static native TemplateInstance version$state(VersionPage page);
    }

    /** A version in a list. */
    public record Row(
            int number,
            String address,
            List<String> aliases,
            String status,
            String scan,
            long size,
            Instant at,
            String by,
            List<Card.Result> results,
            String use) {}

    /** Everything on the overview. */
    public record Overview(
            Entity entity,
            @Nullable ModelVersion version,
            @Nullable RawString card,
            @Nullable String cardFault,
            List<Card.Result> results,
            List<TensorWords> inputs,
            List<TensorWords> outputs,
            List<Row> versions,
            int count,
            @Nullable String bundleProblem) {
        public String address() {
            return "/models/" + entity.name();
        }
    }

    /**
     * Everything on the list of versions.
     *
     * @param count of all, also those that are not in this part of the list
     * @param before where the next part begins, null at the end
     */
    public record VersionList(
            String name,
            int count,
            List<Row> versions,
            @Nullable Integer before,
            @Nullable String metric,
            List<AliasRow> aliases,
            List<Aliases.Move> moves,
            boolean mayMove,
            List<Deletion.Deleted> deleted,
            boolean mayDelete) {}

    /**
     * An alias and what it names.
     *
     * @param number 0 when it names no version
     * @param guarded whether gates stand before it
     * @param former what it named before; null when there is no way back
     */
    public record AliasRow(String alias, int number, boolean guarded, @Nullable Integer former) {}

    /** A file with what the scan says of it. */
    public record FileRow(ModelFile file, String address, @Nullable FileReport report) {}

    /** An operator and how often it occurs. */
    public record OperatorRow(String name, int count) {}

    /** Everything on the page of a version. */
    public record VersionPage(
            ModelVersion version,
            ShownLineage lineage,
            VersionNote note,
            List<String> aliases,
            List<AliasRow> otherAliases,
            List<FileRow> files,
            List<TensorWords> inputs,
            List<TensorWords> outputs,
            List<OperatorRow> operators,
            @Nullable RawString card,
            @Nullable String cardFault,
            @Nullable String license,
            List<Card.Result> results,
            List<Integer> others,
            @Nullable Comparison comparison,
            Manifests.@Nullable Manifest manifest,
            boolean mayDelete,
            @Nullable String run) {
        public String address() {
            return "/models/" + version.model() + "/versions/" + version.number();
        }

        public boolean newsworthy() {
            return scanning()
                    || version.reason() != null
                    || (version.ready() && version.unservable() != null)
                    || !version.warnings().isEmpty();
        }

        public boolean scanning() {
            return version.state() == ModelVersion.State.SCANNING;
        }
    }

    private final Models models;
    private final Aliases aliases;
    private final Publication publication;
    private final Versions versions;
    private final VersionNotes notes;
    private final Runs runs;
    private final Deletion deletion;
    private final Cards cards;
    private final Manifests manifests;
    private final Measures measures;
    private final HiddenMakers makers;
    private final GateSets gates;
    private final Promotions promotions;
    private final Entities entities;
    private final EntityShells shells;
    private final Sql sql;
    private final Caller caller;

    ModelPages(
            Models models,
            Aliases aliases,
            Publication publication,
            Versions versions,
            VersionNotes notes,
            Runs runs,
            Deletion deletion,
            Cards cards,
            Manifests manifests,
            Measures measures,
            HiddenMakers makers,
            GateSets gates,
            Promotions promotions,
            Entities entities,
            EntityShells shells,
            Sql sql,
            Caller caller) {
        this.models = models;
        this.aliases = aliases;
        this.publication = publication;
        this.versions = versions;
        this.notes = notes;
        this.runs = runs;
        this.deletion = deletion;
        this.cards = cards;
        this.manifests = manifests;
        this.measures = measures;
        this.makers = makers;
        this.gates = gates;
        this.promotions = promotions;
        this.entities = entities;
        this.shells = shells;
        this.sql = sql;
        this.caller = caller;
    }

    @GET
    public TemplateInstance overview(@PathParam("model") String name) {
        var entity = entity(name);
        var model = models.of(entity);
        var newest = model.map(m -> versions.list(m, m.newest(SHORT_LIST))).orElse(List.of());
        var shown = model.flatMap(m -> shown(m, newest));
        var card = shown.flatMap(cards::of);
        return Templates.overview(
                shells.shell(entity, ModelTabs.address(entity)),
                new Overview(
                        entity,
                        shown.orElse(null),
                        card.map(Cards.Rendered::html).orElse(null),
                        card.map(c -> c.card().fault()).orElse(null),
                        card.map(c -> c.card().results()).orElse(List.of()),
                        shown.map(TensorWords::inputs).orElse(List.of()),
                        shown.map(TensorWords::outputs).orElse(List.of()),
                        newest.stream().map(version -> row(version, model)).toList(),
                        model.map(Model::count).orElse(0),
                        bundleProblem(entity)));
    }

    /** The one that serves, else the newest. */
    private Optional<ModelVersion> shown(Model model, List<ModelVersion> newest) {
        var serving = model.serving();
        return serving == null
                ? newest.stream().findFirst()
                : versions.list(model, List.of(serving)).stream().findFirst();
    }

    private @Nullable String bundleProblem(Entity entity) {
        return sql.first(
                        "select coalesce(problem, '') from model_bundle where model = ?",
                        row -> row.getString(1),
                        entity.name())
                .filter(problem -> !problem.isEmpty())
                .orElse(null);
    }

    @GET
    @Path("versions")
    public TemplateInstance versions(
            @PathParam("model") String name, @RestQuery @Nullable Integer before) {
        var entity = entity(name);
        var model = models.of(entity);
        int first = before == null ? Integer.MAX_VALUE : before;
        var numbers =
                model.map(m -> m.newest(m.lastVersion())).orElse(List.of()).stream()
                        .filter(number -> number < first)
                        .toList();
        var rows =
                model
                        .map(m -> versions.list(m, numbers.stream().limit(LONG_LIST).toList()))
                        .orElse(List.of())
                        .stream()
                        .map(version -> row(version, model))
                        .toList();
        var metric =
                rows.stream()
                        .flatMap(row -> row.results.stream())
                        .map(Card.Result::metric)
                        .findFirst()
                        .orElse(null);
        return Templates.versions(
                shells.shell(entity, ModelTabs.address(entity) + "/versions"),
                new VersionList(
                        entity.name(),
                        model.map(Model::count).orElse(0),
                        rows,
                        numbers.size() > rows.size() ? rows.getLast().number : null,
                        metric,
                        model.map(this::aliasRows).orElse(List.of()),
                        model.map(m -> aliases.moves(m.name())).orElse(List.of()),
                        caller.may(Permission.MODEL_ALIAS, entity.ref().toString()),
                        model.filter(m -> !m.deleted().isEmpty())
                                .map(deletion::of)
                                .orElse(List.of()),
                        caller.may(Permission.MODEL_REGISTER, entity.ref().toString())));
    }

    private List<AliasRow> aliasRows(Model model) {
        var former = aliases.former(model.name());
        var set = gates.of(model.name());
        return model.aliases().entrySet().stream()
                .map(
                        e ->
                                new AliasRow(
                                        e.getKey(),
                                        e.getValue(),
                                        set.guards(e.getKey()),
                                        former.get(e.getKey())))
                .toList();
    }

    /** Aliases that this version may get: those of others, and guarded ones that nobody has. */
    private List<AliasRow> otherAliases(Model model, ModelVersion version) {
        var set = gates.of(model.name());
        return Stream.concat(
                        model.aliases().entrySet().stream()
                                .filter(e -> e.getValue() != version.number())
                                .map(
                                        e ->
                                                new AliasRow(
                                                        e.getKey(),
                                                        e.getValue(),
                                                        set.guards(e.getKey()),
                                                        null)),
                        set.aliases().stream()
                                .filter(alias -> !model.aliases().containsKey(alias))
                                .map(alias -> new AliasRow(alias, 0, true, null)))
                .toList();
    }

    private Row row(ModelVersion version, Optional<Model> model) {
        var aliases = model.map(m -> m.aliasesOf(version.number())).orElse(List.of());
        var worst =
                version.scan().stream()
                        .map(FileReport::verdict)
                        .max(Comparator.naturalOrder())
                        .orElse(FileReport.Verdict.CLEAN);
        var settled = version.ready();
        return new Row(
                version.number(),
                "/models/" + version.model() + "/versions/" + version.number(),
                aliases,
                settled ? worst.status() : version.state().status(),
                settled ? worst.label() : version.state().label(),
                version.size(),
                version.createdAt(),
                Figures.actor(version.createdBy()),
                cards.of(version).map(card -> card.card().results()).orElse(List.of()),
                use(version, aliases));
    }

    private static String use(ModelVersion version, List<String> aliases) {
        return switch (version.state()) {
            case SCANNING -> "Not yet";
            case REFUSED -> "Cannot be used";
            case READY ->
                    version.servable()
                            ? aliases.contains(Aliases.CHAMPION)
                                    ? "Answers calls without a version"
                                    : "Answers calls by its number"
                            : "Files only";
        };
    }

    @GET
    @Path("versions/{version}")
    public TemplateInstance version(
            @PathParam("model") String name,
            @PathParam("version") String numberOrAlias,
            @RestQuery @Nullable String against) {
        var entity = entity(name);
        var model =
                models.of(entity)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "The model \"%s\" has no version yet."
                                                        .formatted(name)));
        var page = page(model, versions.find(model, numberOrAlias), against);
        return Templates.version(
                shells.shell(entity, ModelTabs.address(entity) + "/versions"), page);
    }

    @GET
    @Path("versions/{version}/state")
    public Response state(
            @PathParam("model") String name, @PathParam("version") String numberOrAlias) {
        var model = models.get(name);
        var page = page(model, versions.find(model, numberOrAlias), null);
        var answer = Response.ok(Templates.version$state(page));
        // Signature, files and verdicts are there now: the whole page changes.
        return page.scanning() ? answer.build() : answer.header("HX-Refresh", "true").build();
    }

    private VersionPage page(Model model, ModelVersion version, @Nullable String against) {
        var card = cards.of(version);
        var reports = new HashMap<String, FileReport>();
        version.scan().forEach(report -> reports.put(report.path(), report));
        var graph = version.graph();
        var operators = new ArrayList<OperatorRow>();
        if (graph != null) {
            graph.operators().forEach((operator, n) -> operators.add(new OperatorRow(operator, n)));
            operators.sort(
                    Comparator.comparing(OperatorRow::count)
                            .reversed()
                            .thenComparing(OperatorRow::name));
        }
        var lineage = makers.shown(version);
        return new VersionPage(
                version,
                lineage,
                notes.of(version),
                model.aliasesOf(version.number()),
                otherAliases(model, version),
                version.files().stream()
                        .map(
                                file ->
                                        new FileRow(
                                                file,
                                                Cards.fileAddress(
                                                        version.model(),
                                                        version.number(),
                                                        file.path()),
                                                reports.get(file.path())))
                        .toList(),
                TensorWords.inputs(version),
                TensorWords.outputs(version),
                operators,
                card.map(Cards.Rendered::html).orElse(null),
                card.map(c -> c.card().fault()).orElse(null),
                version.license() != null
                        ? version.license()
                        : card.map(c -> c.card().license()).orElse(model.license()),
                card.map(c -> c.card().results()).orElse(List.of()),
                model.newest(101).stream()
                        .filter(number -> number != version.number())
                        .limit(100)
                        .toList(),
                against == null || against.isBlank() ? null : comparison(model, version, against),
                manifests.of(version).orElse(null),
                caller.may(Permission.MODEL_REGISTER, Resource.model(model.name())),
                runs.address(lineage.run()));
    }

    private Comparison comparison(Model model, ModelVersion version, String against) {
        var other = versions.find(model, against);
        return Comparison.of(side(other), side(version));
    }

    private Comparison.Side side(ModelVersion version) {
        return new Comparison.Side(
                version,
                cards.of(version).map(Cards.Rendered::card).orElse(null),
                measures.of(version));
    }

    /**
     * Moves an alias.
     *
     * @param expected the version it named when the form was drawn; 0 when it is to be new
     */
    @Needs(value = Permission.MODEL_ALIAS, model = "model")
    @POST
    @Path("aliases")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response alias(
            @PathParam("model") String name,
            @RestForm @Nullable String alias,
            @RestForm @Nullable Integer version,
            @RestForm @Nullable Integer expected) {
        if (alias == null || version == null) {
            throw new Invalid("The form needs an alias and a version.");
        }
        Aliases.check(alias);
        var model = models.get(name).name();
        aliases.move(model, alias, expected, version, caller.entityRef());
        return Response.seeOther(URI.create("/models/" + model + "/versions/" + version)).build();
    }

    /**
     * Back to the version that an alias named before.
     *
     * @param expected the version it named when the button was drawn
     */
    @Needs(value = Permission.MODEL_ALIAS, model = "model")
    @POST
    @Path("aliases/{alias}/rollback")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public Response rollback(
            @PathParam("model") String name,
            @PathParam("alias") String alias,
            @RestForm @Nullable Integer expected) {
        promotions.rollback(name, alias, expected, null);
        return Response.seeOther(URI.create("/models/" + models.get(name).name() + "/versions"))
                .build();
    }

    private Entity entity(String name) {
        var ref = EntityRef.of("model", name);
        return entities.find(ref)
                .or(
                        () -> {
                            models.find(name).ifPresent(model -> publication.publish(model.name()));
                            return entities.find(ref);
                        })
                .orElseThrow(() -> Resource.unknown(Resource.model(name)));
    }
}
