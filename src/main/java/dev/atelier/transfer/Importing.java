package dev.atelier.transfer;

import dev.atelier.experiments.ArtifactPlace;
import dev.atelier.experiments.Experiment;
import dev.atelier.experiments.Experiments;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.LoggedModels;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.models.Model;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.VersionImport;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.SignInNeeded;
import dev.atelier.platform.problems.Unavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes over what a source has. It goes through everything each time; what was taken whole before,
 * in this import or an earlier one, is only looked at. So it may end anywhere and begin again.
 */
@ApplicationScoped
class Importing {

    /** What it is doing, and whether it shall stop. */
    interface Watch {
        /**
         * @throws Stopped when nobody waits for it any more
         */
        void at(String progress);

        /** Something was taken: the source is there. */
        void moved();
    }

    /** Somebody cancelled it, or the portal ends. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final int TRIES = 3;
    private static final String PARENT = "mlflow.parentRunId";
    private static final String PROMPT = "mlflow.prompt.is_prompt";

    /** Where a run's or logged model's files lie, in addresses of any kind. */
    private static final Pattern OF_RUN =
            Pattern.compile(".*?/?([0-9a-f]{32})/artifacts(?:/(.*))?");

    private static final Pattern OF_MODEL =
            Pattern.compile(".*?/?models/(m-[0-9a-f]{32})/artifacts/?");
    private static final Pattern RUNS = Pattern.compile("runs:/+([0-9a-f]{32})(?:/(.*))?");
    private static final Pattern MODELS = Pattern.compile("models:/+(m-[0-9a-f]{32})/?");

    private final Imports imports;
    private final Intake intake;
    private final Experiments experiments;
    private final LoggedModels loggedModels;
    private final VersionImport versions;
    private final Caller caller;

    Importing(
            Imports imports,
            Intake intake,
            Experiments experiments,
            LoggedModels loggedModels,
            VersionImport versions,
            Caller caller) {
        this.imports = imports;
        this.intake = intake;
        this.experiments = experiments;
        this.loggedModels = loggedModels;
        this.versions = versions;
        this.caller = caller;
    }

    /** Goes through all of it once. */
    void pass(DataImport one, Source source, Watch watch) throws IOException {
        new Pass(one, source, watch).all();
    }

    private final class Pass {

        private final DataImport one;
        private final Source source;
        private final Watch watch;
        private long parts;

        Pass(DataImport one, Source source, Watch watch) {
            this.one = one;
            this.source = source;
            this.watch = watch;
            parts = imports.parts(one);
        }

        void all() throws IOException {
            watch.at("Looks at what is there");
            var found = new ArrayList<Source.Experiment>();
            source.experiments(found::add);
            for (var experiment : found) {
                experiment(experiment);
            }
            if (one.options().models()) {
                source.registered(this::model);
            }
            for (var unread : source.unread()) {
                say(unread.kind(), unread.name(), unread.name(), "left", unread.reason(), null);
            }
            if (source.traces() > 0) {
                say(
                        "other",
                        "traces",
                        "Traces",
                        "left",
                        "Atelier keeps no traces yet. They stay where they are.",
                        null);
            }
        }

        // What is said ---------------------------------------------------------------------------

        private void say(
                String kind,
                String thing,
                String name,
                String outcome,
                @Nullable String reason,
                @Nullable String target) {
            say(kind, thing, name, outcome, reason, target, 0, 0, 0);
        }

        private void say(
                String kind,
                String thing,
                String name,
                String outcome,
                @Nullable String reason,
                @Nullable String target,
                long points,
                long files,
                long bytes) {
            imports.say(
                    one,
                    new Imports.Line(
                            0,
                            kind,
                            Texts.shown(thing, 400),
                            "",
                            Texts.shown(name, 200),
                            outcome,
                            reason == null ? null : Texts.shown(reason, 1_000),
                            target,
                            points,
                            files,
                            bytes));
        }

        /** Tells of parts of a thing that were left out. */
        private Intake.Left left(String kind, String thing, String name) {
            return (part, key, reason) -> {
                if (++parts > Imports.MOST_PARTS) {
                    throw new TooMany();
                }
                imports.say(
                        one,
                        new Imports.Line(
                                0,
                                kind,
                                Texts.shown(thing, 400),
                                part + " " + Texts.shown(key, 300),
                                Texts.shown(name, 200),
                                "left",
                                Texts.shown(reason, 1_000),
                                null,
                                0,
                                0,
                                0));
            };
        }

        // Experiments ----------------------------------------------------------------------------

        private void experiment(Source.Experiment theirs) throws IOException {
            var wanted = one.options().experiments();
            if (!wanted.isEmpty() && !wanted.contains(theirs.name())) {
                return;
            }
            watch.at("Experiment " + Texts.shown(theirs.name(), 100));
            var thing = theirs.id();
            if (theirs.deleted() && !one.options().deleted()) {
                say(
                        "experiment",
                        thing,
                        theirs.name(),
                        "left",
                        "It was deleted there, and deleted ones were not asked for.",
                        null);
                return;
            }
            Experiment ours;
            try {
                ours = ours(theirs);
            } catch (RuntimeException e) {
                say("experiment", thing, theirs.name(), "left", reason(e), null);
                return;
            }
            if (ours.deletedAt() != null) {
                say(
                        "experiment",
                        thing,
                        theirs.name(),
                        theirs.deleted() ? "there" : "left",
                        theirs.deleted()
                                ? null
                                : "It was imported before and deleted here since. Restore it, then import again.",
                        address(ours));
                return;
            }
            try {
                runs(theirs, ours);
            } catch (Source.Away | Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                left("experiment", thing, theirs.name())
                        .out("runs", "", "They cannot be listed. " + e.getMessage());
            }
            if (theirs.deleted()) {
                intake.deleteExperiment(ours);
            }
        }

        private Experiment ours(Source.Experiment theirs) {
            var origin =
                    theirs.id()
                            + "@"
                            + (theirs.createdAt() == null ? one.place() : theirs.createdAt());
            var left = left("experiment", theirs.id(), theirs.name());
            imports.forgetParts(one, "experiment", theirs.id());
            var known =
                    imports.origin(one.owner(), "experiment", origin)
                            .flatMap(before -> experiments.find(Long.parseLong(before.target())));
            if (known.isPresent()) {
                var there = known.get();
                if (there.deletedAt() == null) {
                    may(Experiment.ref(there.id()));
                    var changed = new LinkedHashMap<>(theirs.tags());
                    changed.entrySet().removeAll(there.tags().entrySet());
                    intake.experimentTags(there.id(), changed, left);
                }
                say("experiment", theirs.id(), theirs.name(), "there", null, address(there));
                return there;
            }
            caller.requireAsOwner(
                    Permission.EXPERIMENT_RECORD, "experiment:default/new", one.owner());
            var made =
                    intake.experiment(
                            theirs.name(),
                            one.owner(),
                            theirs.tags(),
                            theirs.createdAt() == null || theirs.createdAt() <= 0
                                    ? null
                                    : Instant.ofEpochMilli(theirs.createdAt()),
                            one.createdBy(),
                            left);
            imports.became(one.owner(), "experiment", origin, Long.toString(made.id()), "complete");
            intake.note(made.id(), Map.of("import", one.id(), "from", one.place()));
            say(
                    "experiment",
                    theirs.id(),
                    theirs.name(),
                    "taken",
                    made.name().equals(theirs.name())
                            ? null
                            : "Its name is taken here; it is called \"%s\".".formatted(made.name()),
                    address(made));
            watch.moved();
            return made;
        }

        private void may(String ref) {
            caller.lookAgain(ref);
            caller.require(Permission.EXPERIMENT_RECORD, ref);
        }

        private static String address(Experiment experiment) {
            return "/experiments/" + experiment.id();
        }

        // Runs -----------------------------------------------------------------------------------

        private void runs(Source.Experiment theirs, Experiment ours) throws IOException {
            source.runs(theirs, run -> run(theirs, ours, run));
            var models = new boolean[1];
            source.models(
                    theirs,
                    model -> {
                        models[0] = true;
                        loggedModel(ours, model);
                    });
            if (models[0]) {
                source.runs(theirs, run -> links(run));
            }
        }

        /** What identifier a run has, or will have: its own where that is free. */
        private UUID idOf(String run) {
            return id("run", run, Ids.of(run).filter(intake::free));
        }

        private UUID id(String kind, String theirs, Optional<UUID> free) {
            var origin =
                    imports.origin(one.owner(), kind, theirs)
                            .orElseGet(
                                    () ->
                                            imports.origin(
                                                    one.owner(),
                                                    kind,
                                                    theirs,
                                                    free.orElseGet(UUID::randomUUID).toString()));
            return UUID.fromString(origin.target());
        }

        private void run(Source.Experiment experiment, Experiment ours, Source.BroughtRun theirs)
                throws IOException {
            watch.at(
                    "Experiment %s: run %s"
                            .formatted(
                                    Texts.shown(experiment.name(), 100),
                                    Texts.shown(theirs.name(), 100)));
            var name = theirs.name().isEmpty() ? theirs.id() : theirs.name();
            if (theirs.deleted() && !one.options().deleted()) {
                say(
                        "run",
                        theirs.id(),
                        name,
                        "left",
                        "It was deleted there, and deleted ones were not asked for.",
                        null);
                return;
            }
            imports.forgetParts(one, "run", theirs.id());
            try {
                run(ours, theirs, name);
            } catch (Source.Away | Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                say("run", theirs.id(), name, "left", e.getMessage(), null);
            } catch (Problem | Sql.Failed e) {
                say("run", theirs.id(), name, "left", reason(e), null);
            }
        }

        private void run(Experiment ours, Source.BroughtRun theirs, String name)
                throws IOException {
            var id = idOf(theirs.id());
            var state = Texts.digest(theirs.state() + "|" + theirs.deleted());
            var known = imports.origin(one.owner(), "run", theirs.id()).orElseThrow();
            var there = intake.find(id);
            var target = address(ours) + "/runs/" + Ids.hex(id);
            var whole = state.equals(known.state());
            if (there.isPresent() && there.get().deletedAt() != null) {
                say(
                        "run",
                        theirs.id(),
                        name,
                        whole ? "there" : "left",
                        whole
                                ? null
                                : "It was imported before and deleted here since. Restore it, then import again.",
                        target);
                return;
            }
            may(Experiment.ref(ours.id()));
            var left = new Counting(left("run", theirs.id(), name));
            long points = 0;
            if (there.isEmpty() || !whole) {
                intake.run(
                        new Intake.Brought(
                                id,
                                ours.id(),
                                name,
                                theirs.user(),
                                theirs.status(),
                                theirs.start(),
                                theirs.end(),
                                theirs.params(),
                                tags(theirs, id),
                                theirs.name().isEmpty()),
                        one.createdBy(),
                        left);
                intake.inputs(id, theirs.inputs(), left);
                points = histories(theirs, ours.id(), id, left);
            }
            var files =
                    one.options().artifacts()
                            ? files(
                                    Intake.placeOfRun(ours.id(), id),
                                    visitor -> source.files(theirs, visitor),
                                    left)
                            : new long[2];
            if (theirs.deleted()) {
                intake.deleteRun(id);
            }
            imports.became(
                    one.owner(), "run", theirs.id(), id.toString(), left.mayPass ? null : state);
            var anew = there.isEmpty() || !whole || files[0] > 0;
            say(
                    "run",
                    theirs.id(),
                    name,
                    anew ? "taken" : "there",
                    Ids.hex(id).equals(theirs.id())
                            ? null
                            : "Its identifier is taken here; it got another one.",
                    target,
                    points,
                    files[0],
                    files[1]);
            if (anew) {
                watch.moved();
            }
        }

        /** Notes whether something was left that another try may have. */
        private static final class Counting implements Intake.Left {
            private final Intake.Left left;
            private boolean mayPass;

            Counting(Intake.Left left) {
                this.left = left;
            }

            @Override
            public void out(String part, String name, String reason) {
                left.out(part, name, reason);
            }

            void outForNow(String part, String name, @Nullable String reason) {
                mayPass = true;
                left.out(part, name, String.valueOf(reason));
            }
        }

        /** With the identifiers that runs have here. */
        private Map<String, String> tags(Source.BroughtRun theirs, UUID id) {
            var tags = new LinkedHashMap<>(theirs.tags());
            var parent = tags.get(PARENT);
            if (parent != null && Ids.of(parent).isPresent()) {
                tags.put(PARENT, Ids.hex(idOf(parent)));
            }
            if (!Ids.hex(id).equals(theirs.id())) {
                tags.replaceAll((key, value) -> value.replace(theirs.id(), Ids.hex(id)));
            }
            return tags;
        }

        private long histories(Source.BroughtRun theirs, long experiment, UUID id, Counting left)
                throws IOException {
            var keys = new ArrayList<String>();
            for (var key : new LinkedHashSet<>(theirs.metrics())) {
                var fault = intake.metricFault(key);
                if (fault == null) {
                    keys.add(key);
                } else {
                    left.out("metric", key, fault);
                }
            }
            long points = 0;
            try (var histories = new Histories(source, theirs, keys)) {
                for (var key : keys) {
                    points += history(histories, theirs, experiment, id, key, left);
                }
            }
            return points;
        }

        private long history(
                Histories histories,
                Source.BroughtRun theirs,
                long experiment,
                UUID id,
                String key,
                Counting left)
                throws IOException {
            var count = new long[1];
            try {
                histories.of(
                        key,
                        some -> {
                            intake.points(id, experiment, some);
                            count[0] += some.size();
                            watch.at(
                                    "Run %s: %,d points of %s"
                                            .formatted(
                                                    Texts.shown(theirs.name(), 60),
                                                    count[0],
                                                    Texts.shown(key, 60)));
                        });
                if (count[0] == 0) {
                    left.outForNow("metric", key, "It has no points there.");
                }
            } catch (Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                if (e instanceof Source.Away && !source.answers()) {
                    throw e;
                }
                left.outForNow(
                        "metric",
                        key,
                        "%,d points were taken, then: %s".formatted(count[0], e.getMessage()));
            }
            return count[0];
        }

        // Files ----------------------------------------------------------------------------------

        @FunctionalInterface
        private interface Listing {
            void to(Source.Visitor<Source.File> visitor) throws IOException;
        }

        /** How many files came, and their bytes. */
        private long[] files(ArtifactPlace root, Listing listing, Counting left)
                throws IOException {
            var there = intake.files(root);
            var taken = new long[2];
            try {
                listing.to(
                        file -> {
                            var size = there.get(file.path());
                            if (size != null && (file.size() < 0 || file.size() == size)) {
                                return;
                            }
                            if (file(root, file, left)) {
                                taken[0]++;
                                taken[1] += Math.max(0, file.size());
                                watch.moved();
                            }
                        });
            } catch (Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                if (e instanceof Source.Away && !source.answers()) {
                    throw e;
                }
                left.outForNow("artifacts", "", "They cannot all be listed. " + e.getMessage());
            }
            return taken;
        }

        private InputStream opened(Source.File file) throws IOException {
            var name = "File " + Texts.shown(file.path(), 150);
            watch.at(name);
            return new Watched(file.opener().open(), watch, name);
        }

        private boolean file(ArtifactPlace root, Source.File file, Counting left)
                throws IOException {
            for (int tries = 1; ; tries++) {
                try (var bytes = opened(file)) {
                    intake.file(root, file.path(), bytes, file.size(), one.createdBy());
                    return true;
                } catch (Source.Unusable e) {
                    throw e;
                } catch (OutOfSpace | Unavailable e) {
                    throw e;
                } catch (Problem e) {
                    left.out("artifact", file.path(), e.detail());
                    return false;
                } catch (IOException e) {
                    if (e instanceof Source.Away && !source.answers()) {
                        throw e;
                    }
                    if (tries == TRIES || e instanceof Source.Away) {
                        left.outForNow("artifact", file.path(), e.getMessage());
                        return false;
                    }
                }
            }
        }

        // Logged models --------------------------------------------------------------------------

        private UUID idOfModel(String model) {
            return id("logged-model", model, Ids.ofModel(model).filter(intake::freeModel));
        }

        private void loggedModel(Experiment ours, Source.BroughtModel theirs) throws IOException {
            watch.at("Logged model " + Texts.shown(theirs.name(), 100));
            imports.forgetParts(one, "logged-model", theirs.id());
            try {
                var id = idOfModel(theirs.id());
                var known = loggedModels.find(id);
                if (known.isPresent() && known.get().deletedAt() != null) {
                    say(
                            "logged-model",
                            theirs.id(),
                            theirs.name(),
                            "left",
                            "It was imported before and deleted here since.",
                            null);
                    return;
                }
                may(Experiment.ref(ours.id()));
                var left = new Counting(left("logged-model", theirs.id(), theirs.name()));
                intake.model(
                        new Intake.BroughtModel(
                                id,
                                ours.id(),
                                theirs.name(),
                                theirs.type(),
                                theirs.run() == null
                                        ? null
                                        : known("run", theirs.run()).orElse(null),
                                theirs.status(),
                                Instant.ofEpochMilli(Math.max(0, theirs.createdAt())),
                                theirs.params(),
                                theirs.tags()),
                        one.createdBy(),
                        left);
                for (var metric : theirs.metrics()) {
                    measure(id, metric, left);
                }
                var files =
                        one.options().artifacts()
                                ? files(
                                        Intake.placeOfModel(ours.id(), id),
                                        visitor -> source.files(theirs, visitor),
                                        left)
                                : new long[2];
                imports.became(one.owner(), "logged-model", theirs.id(), id.toString(), "complete");
                var run =
                        theirs.run() == null ? Optional.<UUID>empty() : known("run", theirs.run());
                say(
                        "logged-model",
                        theirs.id(),
                        theirs.name(),
                        known.isEmpty() || files[0] > 0 ? "taken" : "there",
                        Ids.model(id).equals(theirs.id())
                                ? null
                                : "Its identifier is taken here; it got another one.",
                        run.map(r -> address(ours) + "/runs/" + Ids.hex(r)).orElse(address(ours)),
                        0,
                        files[0],
                        files[1]);
            } catch (Source.Away | Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                say("logged-model", theirs.id(), theirs.name(), "left", e.getMessage(), null);
            } catch (Problem | Sql.Failed e) {
                say("logged-model", theirs.id(), theirs.name(), "left", reason(e), null);
            }
        }

        private void measure(UUID model, Source.ModelMetric metric, Intake.Left left) {
            var fault = intake.metricFault(metric.point().key());
            var run = known("run", metric.run()).flatMap(intake::find);
            if (fault != null || run.isEmpty()) {
                left.out(
                        "metric",
                        metric.point().key(),
                        fault != null ? fault : "The run that measured it was not taken.");
                return;
            }
            intake.measure(
                    model,
                    new LoggedModel.Metric(
                            metric.point(),
                            metric.dataSetName(),
                            metric.dataSetDigest(),
                            run.get().id()));
        }

        /** What a thing became; empty when it was not taken. */
        private Optional<UUID> known(String kind, String theirs) {
            return imports.origin(one.owner(), kind, theirs)
                    .filter(origin -> origin.state() != null || kind.equals("run"))
                    .map(origin -> UUID.fromString(origin.target()));
        }

        private void links(Source.BroughtRun theirs) {
            if (theirs.modelInputs().isEmpty() && theirs.modelOutputs().isEmpty()) {
                return;
            }
            var run = known("run", theirs.id()).flatMap(intake::find);
            if (run.isEmpty()) {
                return;
            }
            theirs.modelOutputs()
                    .forEach((model, step) -> link(theirs, run.get().id(), model, step, true));
            theirs.modelInputs().forEach(model -> link(theirs, run.get().id(), model, 0, false));
        }

        private void link(
                Source.BroughtRun theirs, UUID run, String model, long step, boolean output) {
            var id = known("logged-model", model).filter(m -> loggedModels.find(m).isPresent());
            if (id.isPresent()) {
                intake.link(run, id.get(), step, output);
            } else {
                left("run", theirs.id(), theirs.name())
                        .out(output ? "output" : "input", model, "The logged model was not taken.");
            }
        }

        // Registry -------------------------------------------------------------------------------

        private void model(Source.Registered theirs) throws IOException {
            watch.at("Registered model " + Texts.shown(theirs.name(), 100));
            if ("true".equalsIgnoreCase(theirs.tags().get(PROMPT))) {
                say(
                        "model",
                        theirs.name(),
                        theirs.name(),
                        "left",
                        "It is a prompt; Atelier registers models.",
                        null);
                return;
            }
            imports.forgetParts(one, "model", theirs.name());
            try {
                var left = left("model", theirs.name(), theirs.name());
                var ours = ours(theirs, left);
                var numbers = new TreeMap<Integer, Integer>();
                try {
                    source.versions(
                            theirs,
                            version ->
                                    version(theirs, ours, version)
                                            .ifPresent(n -> numbers.put(version.number(), n)));
                } catch (Source.Away | Source.Unusable e) {
                    throw e;
                } catch (IOException e) {
                    left.out("versions", "", "They cannot be listed. " + e.getMessage());
                }
                aliases(theirs, ours, numbers, left);
            } catch (Problem | Sql.Failed e) {
                say("model", theirs.name(), theirs.name(), "left", reason(e), null);
            }
        }

        private Model ours(Source.Registered theirs, Intake.Left left) {
            var origin = theirs.name() + "@" + theirs.createdAt();
            var known =
                    imports.origin(one.owner(), "model", origin)
                            .flatMap(target -> versions.find(target.target()));
            if (known.isPresent()) {
                say(
                        "model",
                        theirs.name(),
                        theirs.name(),
                        "there",
                        null,
                        "/models/" + known.get().name());
                return known.get();
            }
            var made =
                    versions.model(
                            theirs.name(), one.owner(), theirs.description(), theirs.tags(), left);
            imports.became(one.owner(), "model", origin, made.name(), "complete");
            say(
                    "model",
                    theirs.name(),
                    theirs.name(),
                    "taken",
                    made.called().equals(theirs.name())
                            ? null
                            : "Its name is taken here; it is called \"%s\"."
                                    .formatted(made.called()),
                    "/models/" + made.name());
            watch.moved();
            return made;
        }

        /** The number it has here; empty when it was left out. */
        private Optional<Integer> version(
                Source.Registered model, Model ours, Source.Version theirs) throws IOException {
            var name = "%s version %d".formatted(theirs.model(), theirs.number());
            var thing = theirs.model() + "/" + theirs.number();
            watch.at("Version " + Texts.shown(thing, 100));
            imports.forgetParts(one, "version", thing);
            var origin =
                    "%s@%d/%d@%d"
                            .formatted(
                                    theirs.model(),
                                    model.createdAt(),
                                    theirs.number(),
                                    theirs.createdAt());
            var known = imports.origin(one.owner(), "version", origin);
            if (known.isPresent()) {
                say("version", thing, name, "there", null, target(known.get().target()));
                return Optional.of(number(known.get().target()));
            }
            var left = left("version", thing, name);
            try {
                var made = register(ours, theirs, origin, left);
                var target = made.model() + "/" + made.number();
                imports.became(one.owner(), "version", origin, target, "complete");
                watch.moved();
                var refused = made.state() == ModelVersion.State.REFUSED;
                say(
                        "version",
                        thing,
                        name,
                        refused ? "left" : "taken",
                        refused
                                ? "It is here, and the scan refuses it: " + made.reason()
                                : made.number() == theirs.number()
                                                || source instanceof HuggingFaceFolders
                                        ? null
                                        : "It has the number %d here: numbers do not skip."
                                                .formatted(made.number()),
                        target(target),
                        0,
                        made.files().size(),
                        made.size());
                return Optional.of(made.number());
            } catch (Source.Away | Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                say("version", thing, name, "left", e.getMessage(), null);
            } catch (Problem | Sql.Failed e) {
                say("version", thing, name, "left", reason(e), null);
            }
            return Optional.empty();
        }

        private static String target(String modelAndNumber) {
            return "/models/" + modelAndNumber.replaceFirst("/([0-9]+)$", "/versions/$1");
        }

        private static int number(String modelAndNumber) {
            return Integer.parseInt(modelAndNumber.substring(modelAndNumber.lastIndexOf('/') + 1));
        }

        private ModelVersion register(
                Model ours, Source.Version theirs, String origin, Intake.Left left)
                throws IOException {
            var run =
                    Optional.ofNullable(theirs.run())
                            .flatMap(id -> known("run", id))
                            .flatMap(intake::find);
            var logged =
                    Optional.ofNullable(theirs.loggedModel())
                            .flatMap(id -> known("logged-model", id));
            var tags = new LinkedHashMap<>(theirs.tags());
            var license =
                    source instanceof HuggingFaceFolders
                            ? tags.remove(HuggingFaceFolders.LICENSE)
                            : null;
            var brought =
                    new VersionImport.Brought(
                            ours.name(),
                            one.owner(),
                            "import-" + Texts.digest(one.owner() + "|" + origin),
                            license,
                            theirs.description(),
                            theirs.stage().isEmpty() ? "None" : theirs.stage(),
                            theirs.source(),
                            theirs.runLink(),
                            run.map(r -> r.hex()).orElse(null),
                            logged.map(Ids::model).orElse(null),
                            tags);
            var here = here(theirs);
            if (here.isPresent()) {
                try {
                    return versions.fromHere(brought, here.get(), left);
                } catch (dev.atelier.platform.problems.Invalid
                        | dev.atelier.platform.problems.NotFound e) {
                    // Nothing lies there: the source may have its files at another place.
                }
            }
            return versions.fromElsewhere(
                    brought,
                    taker ->
                            source.files(
                                    theirs,
                                    file -> {
                                        try (var bytes = opened(file)) {
                                            taker.take(file.path(), bytes, file.size());
                                        }
                                    }),
                    left);
        }

        /** Where its files lie here, when its run or logged model was taken. */
        private Optional<String> here(Source.Version theirs) {
            var source = theirs.source();
            var models = MODELS.matcher(source);
            var ofModel = OF_MODEL.matcher(source);
            var logged =
                    theirs.loggedModel() != null && !theirs.loggedModel().isEmpty()
                            ? theirs.loggedModel()
                            : models.matches()
                                    ? models.group(1)
                                    : ofModel.matches() ? ofModel.group(1) : null;
            if (logged != null) {
                return known("logged-model", logged).map(id -> "models:/" + Ids.model(id));
            }
            var runs = RUNS.matcher(source);
            var ofRun = OF_RUN.matcher(source);
            var matcher = runs.matches() ? runs : ofRun.matches() ? ofRun : null;
            return matcher == null
                    ? Optional.empty()
                    : known("run", matcher.group(1))
                            .map(
                                    id ->
                                            VersionImport.address(
                                                    id,
                                                    matcher.group(2) == null
                                                            ? ""
                                                            : matcher.group(2)));
        }

        private void aliases(
                Source.Registered theirs,
                Model ours,
                Map<Integer, Integer> numbers,
                Intake.Left left) {
            if (theirs.aliases().isEmpty()) {
                return;
            }
            var now = versions.find(ours.name()).orElse(ours).aliases();
            theirs.aliases()
                    .forEach(
                            (alias, version) -> {
                                var number =
                                        version.matches("[0-9]{1,9}")
                                                ? numbers.get(Integer.valueOf(version))
                                                : null;
                                var there = now.get(alias);
                                if (number == null) {
                                    left.out(
                                            "alias",
                                            alias,
                                            "Version %s, which it names, was not taken."
                                                    .formatted(Texts.shown(version, 20)));
                                } else if (there == null) {
                                    try {
                                        versions.alias(ours, alias, number);
                                    } catch (OutOfSpace | Unavailable e) {
                                        throw e;
                                    } catch (Problem e) {
                                        left.out("alias", alias, e.detail());
                                    }
                                } else if (!there.equals(number)) {
                                    left.out(
                                            "alias",
                                            alias,
                                            "It names version %d here already; there it is %d."
                                                    .formatted(there, number));
                                }
                            });
        }
    }

    /** So much is left out that something is wrong with the whole. */
    static final class TooMany extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Why something could not be taken. What concerns everything else too is thrown on. */
    private static String reason(RuntimeException e) {
        if (e instanceof Unavailable
                || e instanceof OutOfSpace
                || e instanceof Denied
                || e instanceof SignInNeeded
                || DatabaseAway.causes(e)) {
            throw e;
        }
        if (e instanceof Problem problem) {
            return problem.detail();
        }
        if (e instanceof Sql.Failed) {
            return "The database did not take it: " + e.getMessage();
        }
        throw e;
    }

    static List<String> split(String names) {
        return names.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}
