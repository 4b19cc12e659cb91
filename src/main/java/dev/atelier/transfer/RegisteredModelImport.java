package dev.atelier.transfer;

import dev.atelier.experiments.Intake;
import dev.atelier.models.Model;
import dev.atelier.models.VersionImport;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.Unavailable;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Takes registered models over: with their tags, versions and aliases. */
final class RegisteredModelImport {

    private static final String PROMPT = "mlflow.prompt.is_prompt";

    private final ImportPass pass;
    private final VersionImport registry;
    private final ModelVersionImport versions;

    RegisteredModelImport(ImportPass pass, VersionImport registry, ModelVersionImport versions) {
        this.pass = pass;
        this.registry = registry;
        this.versions = versions;
    }

    void take(Source.Registered theirs) throws IOException {
        pass.watch.at("Registered model " + Texts.shown(theirs.name(), 100));
        if ("true".equalsIgnoreCase(theirs.tags().get(PROMPT))) {
            pass.say(
                    "model",
                    theirs.name(),
                    theirs.name(),
                    "left",
                    "It is a prompt; Atelier registers models.",
                    null);
            return;
        }
        pass.forgetParts("model", theirs.name());
        try {
            var left = pass.left("model", theirs.name(), theirs.name());
            var ours = ours(theirs, left);
            var numbers = new TreeMap<Integer, Integer>();
            try {
                pass.source.versions(
                        theirs,
                        version ->
                                versions.take(theirs, ours, version)
                                        .ifPresent(n -> numbers.put(version.number(), n)));
            } catch (Source.Away | Source.Unusable e) {
                throw e;
            } catch (IOException e) {
                left.out("versions", "", "They cannot be listed. " + e.getMessage());
            }
            aliases(theirs, ours, numbers, left);
        } catch (Problem | Sql.Failed e) {
            pass.say("model", theirs.name(), theirs.name(), "left", ImportPass.reason(e), null);
        }
    }

    private Model ours(Source.Registered theirs, Intake.Left left) {
        var origin = theirs.name() + "@" + theirs.createdAt();
        var known = pass.origin("model", origin).flatMap(target -> registry.find(target.target()));
        if (known.isPresent()) {
            pass.say(
                    "model",
                    theirs.name(),
                    theirs.name(),
                    "there",
                    null,
                    "/models/" + known.get().name());
            return known.get();
        }
        var made =
                registry.model(
                        theirs.name(), pass.one.owner(), theirs.description(), theirs.tags(), left);
        pass.became("model", origin, made.name(), "complete");
        pass.say(
                "model",
                theirs.name(),
                theirs.name(),
                "taken",
                made.called().equals(theirs.name())
                        ? null
                        : "Its name is taken here; it is called \"%s\".".formatted(made.called()),
                "/models/" + made.name());
        pass.watch.moved();
        return made;
    }

    private void aliases(
            Source.Registered theirs, Model ours, Map<Integer, Integer> numbers, Intake.Left left) {
        if (theirs.aliases().isEmpty()) {
            return;
        }
        var now = registry.find(ours.name()).orElse(ours).aliases();
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
                                    registry.alias(ours, alias, number);
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
