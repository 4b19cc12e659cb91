package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.LineageDrawing;
import dev.atelier.catalog.LineageDrawing.Line;
import dev.atelier.catalog.LineageDrawing.Node;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.LoggedModels;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import dev.atelier.experiments.RunOrigins;
import dev.atelier.experiments.RunOrigins.Origin;
import dev.atelier.experiments.Runs;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Gathers where a version comes from and what became of it: data, code, packages, runs, logged
 * models, the versions it was made from and those made of it. What whoever asks may not see stands
 * there without its name. Whatever else a version comes from one day is one method more here.
 */
@ApplicationScoped
class VersionOrigins {

    /** Versions that this one was made from, one of the other. */
    private static final int GENERATIONS = 4;

    private static final int MOST_MADE = 50;
    private static final int MOST_OF_A_KIND = 100;

    private static final Pattern REGISTERED = Pattern.compile("(?:models:/+)?([^/@:\\s]+)(?:/.*)?");

    private final HiddenMakers makers;
    private final Relatives relatives;
    private final Entities entities;
    private final Models models;
    private final Cards cards;
    private final Runs runs;
    private final RunOrigins runOrigins;
    private final LoggedModels loggedModels;

    VersionOrigins(
            HiddenMakers makers,
            Relatives relatives,
            Entities entities,
            Models models,
            Cards cards,
            Runs runs,
            RunOrigins runOrigins,
            LoggedModels loggedModels) {
        this.makers = makers;
        this.relatives = relatives;
        this.entities = entities;
        this.models = models;
        this.cards = cards;
        this.runs = runs;
        this.runOrigins = runOrigins;
        this.loggedModels = loggedModels;
    }

    VersionLineage of(ModelVersion version) {
        var graph = new Graph();
        var me =
                graph.add(
                        id(version.model(), version.number()),
                        version.model() + " v" + version.number(),
                        "this version, " + Figures.bytes(version.size()),
                        null,
                        "me");
        var run = stated(version);
        var told = makers.shown(version);
        var origin = run != null && told.run() != null ? runOrigins.of(run) : null;
        if (origin != null) {
            made(graph, origin, version, told, me);
        } else {
            withoutRun(graph, version, told, run != null, me);
        }
        ancestors(graph, version, me);
        bases(graph, version, me);
        answers(graph, version, me);
        descendants(graph, version, me);
        return new VersionLineage(
                LineageDrawing.of(
                        "Lineage of %s version %d: %d come before it, %d after it"
                                .formatted(
                                        version.model(),
                                        version.number(),
                                        graph.to(me),
                                        graph.from(me)),
                        "This version",
                        graph.nodes(),
                        graph.lines()),
                origin);
    }

    private static String id(String model, int number) {
        return "version " + model.toLowerCase(Locale.ROOT) + " " + number;
    }

    private static String address(String model, int number) {
        return "/models/%s/versions/%d".formatted(model, number);
    }

    /** The run that whoever registered it named, if there is one of that id. */
    private @Nullable Run stated(ModelVersion version) {
        return Optional.ofNullable(version.lineage().run())
                .flatMap(id -> Ids.of(id.replace("-", "")))
                .flatMap(runs::find)
                .orElse(null);
    }

    // Runs ----------------------------------------------------------------------------------------

    private void made(
            Graph graph, Origin origin, ModelVersion version, ShownLineage told, String me) {
        var run = origin.run();
        var here =
                graph.add(
                        "run " + run.hex(),
                        run.name(),
                        "run of " + origin.experiment(),
                        run.address(),
                        "");
        var logged = told.loggedModel();
        var through =
                origin.models().keySet().stream()
                        .filter(model -> model.text().equals(logged))
                        .findFirst();
        through.ifPresentOrElse(
                model -> {
                    var between = graph.add(logged(model, run));
                    graph.line(here, "logged", between);
                    graph.line(between, "was registered as", me);
                },
                () -> graph.line(here, "made", me));
        data(graph, origin.inputs(), version.lineage(), told, here);
        code(graph, origin, here);
        origin.environment()
                .forEach(
                        file ->
                                graph.line(
                                        graph.add(
                                                "file " + file.path(),
                                                file.path(),
                                                "packages",
                                                file.address(),
                                                ""),
                                        "was installed for",
                                        here));
        var parent = origin.parent();
        if (parent != null) {
            graph.line(
                    graph.add(
                            "run " + parent.hex(),
                            parent.name(),
                            "run that it is nested in",
                            parent.address(),
                            ""),
                    "started",
                    here);
        }
        origin.models()
                .forEach(
                        (model, output) -> {
                            if (!output) {
                                graph.line(graph.add(logged(model, run)), "was read by", here);
                            }
                        });
        if (origin.unseen() > 0) {
            graph.line(
                    graph.shut(
                            "unseen models",
                            origin.unseen() == 1
                                    ? "A logged model"
                                    : origin.unseen() + " logged models",
                            "deleted, or not shown to you"),
                    "belongs to",
                    here);
        }
    }

    private static Node logged(LoggedModel model, Run run) {
        return new Node(
                "logged " + model.text(),
                model.name(),
                "logged model",
                run.address() + "/artifacts?of=" + model.text(),
                "");
    }

    /** A version says some of it itself; the run cannot be asked. */
    private void withoutRun(
            Graph graph, ModelVersion version, ShownLineage told, boolean recorded, String me) {
        var target = me;
        if (recorded) {
            target = graph.shut("run", "A run", "not shown to you");
            graph.line(target, "made", me);
        } else if (told.run() != null) {
            target = graph.add("run", "run " + told.run(), "recorded elsewhere", null, "warn");
            graph.line(target, "made", me);
        }
        data(graph, List.of(), version.lineage(), told, target);
        if (told.source() != null) {
            graph.line(
                    graph.add("source", told.source(), "code, as stated", null, ""),
                    "was run by",
                    target);
        }
        if (!recorded && told.loggedModel() != null) {
            Ids.ofModel(told.loggedModel())
                    .flatMap(id -> loggedModels.of(List.of(id)).stream().findFirst())
                    .ifPresent(
                            model ->
                                    graph.line(
                                            graph.add(
                                                    "logged " + model.text(),
                                                    model.name(),
                                                    "logged model",
                                                    null,
                                                    ""),
                                            "was registered as",
                                            me));
        }
        version.files().stream()
                .map(ModelFile::path)
                .filter(RunOrigins::isEnvironment)
                .forEach(
                        path ->
                                graph.line(
                                        graph.add(
                                                "file " + path,
                                                path,
                                                "packages",
                                                Cards.fileAddress(
                                                        version.model(), version.number(), path),
                                                ""),
                                        "says what it needs",
                                        me));
    }

    private static void code(Graph graph, Origin origin, String here) {
        var commit = origin.code();
        if (commit != null) {
            graph.line(
                    graph.add(
                            "commit " + commit.sha(),
                            commit.brief(),
                            commit.repository().isEmpty()
                                    ? "commit"
                                    : "commit, " + commit.repository(),
                            commit.address(),
                            ""),
                    "was run by",
                    here);
        }
    }

    // Data ----------------------------------------------------------------------------------------

    /** What the run read, and what whoever registered the version named. */
    private void data(
            Graph graph,
            List<RunLinks.Input> inputs,
            Lineage said,
            ShownLineage told,
            String target) {
        var notes = new LinkedHashMap<String, String>();
        inputs.stream()
                .filter(input -> !input.hidden())
                .limit(MOST_OF_A_KIND)
                .forEach(
                        input -> {
                            var context = input.tags().getOrDefault("mlflow.data.context", "");
                            notes.put(
                                    input.dataSet().name(),
                                    "%s, digest %s"
                                            .formatted(
                                                    context.isEmpty()
                                                            ? "data set"
                                                            : context + " data",
                                                    input.dataSet().digest()));
                        });
        told.datasets().stream()
                .limit(MOST_OF_A_KIND)
                .forEach(name -> notes.putIfAbsent(name, "data set"));
        // A version that is registered from a run names the run's: they are the same ones.
        var hidden =
                Math.max(
                        inputs.stream().filter(RunLinks.Input::hidden).count(),
                        said.datasets().size() - told.datasets().size());
        if (hidden > 0) {
            graph.line(
                    graph.shut(
                            "hidden data",
                            hidden == 1 ? "A data set" : hidden + " data sets",
                            "not shown to you"),
                    "was read by",
                    target);
        }
        var refs = new HashMap<String, EntityRef>();
        notes.keySet().forEach(name -> reference(name).ifPresent(ref -> refs.put(name, ref)));
        var known = new HashMap<EntityRef, Node>();
        if (!refs.isEmpty()) {
            entities.find(refs.values())
                    .forEach(
                            entity ->
                                    known.put(
                                            entity.ref(),
                                            new Node(
                                                    "data " + entity.ref(),
                                                    entity.displayName(),
                                                    "",
                                                    entity.address(),
                                                    "")));
        }
        notes.forEach(
                (name, note) -> {
                    var ref = refs.get(name);
                    var entity = ref == null ? null : known.get(ref);
                    String node;
                    if (entity != null) {
                        node = graph.add(entity.id(), entity.name(), note, entity.address(), "");
                    } else {
                        node =
                                graph.add(
                                        "data " + name,
                                        name,
                                        note.equals("data set")
                                                ? "data set, not in the catalog"
                                                : note,
                                        null,
                                        "");
                    }
                    graph.line(node, "was read by", target);
                });
    }

    private static Optional<EntityRef> reference(String name) {
        try {
            return Optional.of(EntityRef.parse(name, "dataset", EntityRef.DEFAULT_NAMESPACE));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a plain text: shown as it is
        }
    }

    // Versions ------------------------------------------------------------------------------------

    /** The version it was made from, the one that was made from, and so on. */
    private void ancestors(Graph graph, ModelVersion version, String me) {
        var below = me;
        var seen = new HashSet<>(Set.of(me));
        var before = relatives.before(version, GENERATIONS + 1);
        for (int i = 0; i < before.size(); i++) {
            var one = before.get(i);
            var what = one.copied() ? "was copied to" : "was trained further to";
            if (i == GENERATIONS) {
                graph.line(
                        graph.add("further", "Further versions", "not followed", null, ""),
                        what,
                        below);
                return;
            }
            if (makers.model(one.model())) {
                graph.line(
                        graph.shut("ancestor " + i, "A version", "of a model not shown to you"),
                        what,
                        below);
                return;
            }
            var node =
                    graph.add(
                            id(one.model(), one.number()),
                            one.model() + " v" + one.number(),
                            one.there() ? "parent version" : "version that was deleted",
                            one.there() ? address(one.model(), one.number()) : null,
                            one.there() ? "" : "warn");
            graph.line(node, what, below);
            if (!seen.add(node)) {
                return; // what people state may be a circle
            }
            below = node;
        }
    }

    /** What its card names as {@code base_model}: of this registry or another. */
    private void bases(Graph graph, ModelVersion version, String me) {
        var stated =
                cards.of(version).map(card -> card.card().baseModels()).orElse(List.of()).stream()
                        .limit(MOST_OF_A_KIND)
                        .toList();
        if (stated.isEmpty()) {
            return;
        }
        var names = new LinkedHashMap<String, String>();
        stated.forEach(
                base -> {
                    var match = REGISTERED.matcher(base);
                    names.put(base, match.matches() ? match.group(1) : "");
                });
        var known = models.named(names.values());
        names.forEach(
                (base, name) -> {
                    var here = known.get(name.toLowerCase(Locale.ROOT));
                    if (here != null && makers.model(here.name())) {
                        return; // the text stands in the card, which they may read
                    }
                    graph.line(
                            graph.add(
                                    "base " + base,
                                    base,
                                    here == null ? "base model, from elsewhere" : "base model",
                                    here == null ? null : "/models/" + here.name(),
                                    ""),
                            "was tuned to",
                            me);
                });
    }

    private void descendants(Graph graph, ModelVersion version, String me) {
        var found = relatives.after(version, MOST_MADE + 1);
        int hidden = 0;
        for (var made : found.subList(0, Math.min(found.size(), MOST_MADE))) {
            if (makers.model(made.model())) {
                hidden++;
                continue;
            }
            graph.line(
                    me,
                    made.copied() ? "was copied to" : "was trained further to",
                    graph.add(
                            id(made.model(), made.number()),
                            made.model() + " v" + made.number(),
                            "version made of it",
                            address(made.model(), made.number()),
                            ""));
        }
        if (hidden > 0) {
            graph.line(
                    me,
                    "became",
                    graph.shut(
                            "descendants",
                            hidden == 1 ? "A version" : hidden + " versions",
                            "of models not shown to you"));
        }
        if (found.size() > MOST_MADE) {
            graph.line(me, "became", graph.add("more made", "More versions", "left out", null, ""));
        }
    }

    private void answers(Graph graph, ModelVersion version, String me) {
        models.get(version.model()).aliases().entrySet().stream()
                .filter(alias -> alias.getValue() == version.number())
                .map(Map.Entry::getKey)
                .sorted()
                .forEach(
                        alias ->
                                graph.line(
                                        me,
                                        "is named",
                                        graph.add(
                                                "alias " + alias,
                                                alias,
                                                "alias",
                                                "/models/%s/versions#al".formatted(version.model()),
                                                "")));
        if (version.servable()) {
            graph.line(
                    me,
                    "answers in",
                    graph.add(
                            "sandbox",
                            "Sandbox",
                            "this portal, on demand",
                            "/models/%s/try?version=%d"
                                    .formatted(version.model(), version.number()),
                            ""));
        }
    }

    /** Nodes and lines as they are found. */
    private static final class Graph {
        private final Map<String, Node> nodes = new LinkedHashMap<>();
        private final List<Line> lines = new ArrayList<>();

        String add(String id, String name, String note, @Nullable String address, String style) {
            return add(new Node(id, name, note, address, style));
        }

        String add(Node node) {
            nodes.putIfAbsent(node.id(), node);
            return node.id();
        }

        /** Something that whoever asks may not see: that it is there, not what it is. */
        String shut(String id, String what, String note) {
            return add(id, what, note, null, "shut");
        }

        void line(String from, String what, String to) {
            lines.add(new Line(from, what, to));
        }

        List<Node> nodes() {
            return List.copyOf(nodes.values());
        }

        List<Line> lines() {
            return lines;
        }

        long to(String id) {
            return lines.stream().filter(line -> line.to().equals(id)).count();
        }

        long from(String id) {
            return lines.stream().filter(line -> line.from().equals(id)).count();
        }
    }
}
