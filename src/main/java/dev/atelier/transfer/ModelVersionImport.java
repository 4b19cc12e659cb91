package dev.atelier.transfer;

import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.models.Model;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.VersionImport;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.Problem;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Takes versions of registered models over. Their files are those of a run or logged model that was
 * taken before, where there is one; else they come from the source.
 */
final class ModelVersionImport {

    /** Where a run's or logged model's files lie, in addresses of any kind. */
    private static final Pattern OF_RUN =
            Pattern.compile(".*?/?([0-9a-f]{32})/artifacts(?:/(.*))?");

    private static final Pattern OF_MODEL =
            Pattern.compile(".*?/?models/(m-[0-9a-f]{32})/artifacts/?");
    private static final Pattern RUNS = Pattern.compile("runs:/+([0-9a-f]{32})(?:/(.*))?");
    private static final Pattern MODELS = Pattern.compile("models:/+(m-[0-9a-f]{32})/?");

    private final ImportPass pass;
    private final Intake intake;
    private final VersionImport registry;

    ModelVersionImport(ImportPass pass, Intake intake, VersionImport registry) {
        this.pass = pass;
        this.intake = intake;
        this.registry = registry;
    }

    /** The number it has here; empty when it was left out. */
    Optional<Integer> take(Source.Registered model, Model ours, Source.Version theirs)
            throws IOException {
        var name = "%s version %d".formatted(theirs.model(), theirs.number());
        var thing = theirs.model() + "/" + theirs.number();
        pass.watch.at("Version " + Texts.shown(thing, 100));
        pass.forgetParts("version", thing);
        var origin =
                "%s@%d/%d@%d"
                        .formatted(
                                theirs.model(),
                                model.createdAt(),
                                theirs.number(),
                                theirs.createdAt());
        var known = pass.origin("version", origin);
        if (known.isPresent()) {
            pass.say("version", thing, name, "there", null, target(known.get().target()));
            return Optional.of(number(known.get().target()));
        }
        var left = pass.left("version", thing, name);
        try {
            var made = register(ours, theirs, origin, left);
            var target = made.model() + "/" + made.number();
            pass.became("version", origin, target, "complete");
            pass.watch.moved();
            var refused = made.state() == ModelVersion.State.REFUSED;
            pass.say(
                    "version",
                    thing,
                    name,
                    refused ? "left" : "taken",
                    refused
                            ? "It is here, and the scan refuses it: " + made.reason()
                            : made.number() == theirs.number()
                                            || pass.source instanceof HuggingFaceFolders
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
            pass.say("version", thing, name, "left", e.getMessage(), null);
        } catch (Problem | Sql.Failed e) {
            pass.say("version", thing, name, "left", ImportPass.reason(e), null);
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
            Model ours, Source.Version theirs, String origin, Intake.Left left) throws IOException {
        var run =
                Optional.ofNullable(theirs.run())
                        .flatMap(id -> pass.known("run", id))
                        .flatMap(intake::find);
        var logged =
                Optional.ofNullable(theirs.loggedModel())
                        .flatMap(id -> pass.known("logged-model", id));
        var tags = new LinkedHashMap<>(theirs.tags());
        var license =
                pass.source instanceof HuggingFaceFolders
                        ? tags.remove(HuggingFaceFolders.LICENSE)
                        : null;
        var brought =
                new VersionImport.Brought(
                        ours.name(),
                        pass.one.owner(),
                        "import-" + Texts.digest(pass.one.owner() + "|" + origin),
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
                return registry.fromHere(brought, here.get(), left);
            } catch (Invalid | NotFound e) {
                // Nothing lies there: the source may have its files at another place.
            }
        }
        return registry.fromElsewhere(
                brought,
                taker ->
                        pass.source.files(
                                theirs,
                                file -> {
                                    try (var bytes = Watched.open(file, pass.watch)) {
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
            return pass.known("logged-model", logged).map(id -> "models:/" + Ids.model(id));
        }
        var runs = RUNS.matcher(source);
        var ofRun = OF_RUN.matcher(source);
        var matcher = runs.matches() ? runs : ofRun.matches() ? ofRun : null;
        return matcher == null
                ? Optional.empty()
                : pass.known("run", matcher.group(1))
                        .map(
                                id ->
                                        VersionImport.address(
                                                id,
                                                matcher.group(2) == null ? "" : matcher.group(2)));
    }
}
