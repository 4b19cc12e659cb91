package dev.atelier.models;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.NotFound;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code atelier:model:promote}. */
@Singleton
class ModelPromote extends BuiltIn {

    private final Models models;
    private final Promotions promotions;
    private final Caller caller;

    ModelPromote(Models models, Promotions promotions, Caller caller) {
        super(
                "atelier:model:promote",
                "Lets an alias name a version, through the gates of the team that owns the model. A gate that is"
                        + " closed fails the step.",
                """
                {"type": "object", "required": ["name", "version"], "additionalProperties": false, "properties": {
                  "name": {"type": "string", "maxLength": 63, "title": "Name of the model"},
                  "version": {"type": ["integer", "string"], "title": "Number or alias of the version"},
                  "alias": {"type": "string", "maxLength": 255, "title": "The alias, champion unless given"},
                  "note": {"type": "string", "maxLength": 1000, "title": "For whoever approves"},
                  "mayWait": {"type": "boolean",
                    "title": "Goes on when only another person's approval is missing, instead of failing"}}}
                """,
                """
                {"type": "object", "properties": {
                  "result": {"type": "string", "enum": ["promoted", "unchanged", "waiting"], "title": "What became of it"},
                  "version": {"type": "integer", "title": "Number of the version"},
                  "alias": {"type": "string", "title": "The alias"},
                  "before": {"type": ["integer", "null"], "title": "The version that it named before"},
                  "promotionUrl": {"type": "string", "title": "Page with the gates"}}}
                """,
                new Example(
                        "Make the version that was registered the champion",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                        - id: register
                          action: atelier:model:register
                          input:
                            name: penguins
                        - action: atelier:model:promote
                          input:
                            name: penguins
                            version: ${{ steps.register.output.version }}
                            alias: champion
                        """));
        this.models = models;
        this.promotions = promotions;
        this.caller = caller;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed {
        var input = context.input();
        var name = input.path("name").asText();
        var version = input.path("version").asText();
        var alias = input.path("alias").asText(Aliases.CHAMPION);
        Aliases.check(alias);
        if (context.dryRun()) {
            rehearse(context, name, version, alias);
            return;
        }
        var model = models.get(name).name();
        caller.require(Permission.MODEL_ALIAS, Resource.model(model));
        var outcome =
                promotions.promote(
                        model, version, alias, null, input.path("note").asText(null), null);
        var standing = outcome.standing();
        output(context, outcome.result(), standing);
        switch (outcome.result()) {
            case REFUSED -> throw refused(standing);
            case WAITING -> {
                var said =
                        "It waits for another person's approval: %s"
                                .formatted(address(context, standing));
                if (!input.path("mayWait").asBoolean()) {
                    throw new ActionFailed(said + ". Try again when somebody has approved it.");
                }
                context.warn(said);
            }
            case PROMOTED, UNCHANGED ->
                    context.log(
                            "Version %d of %s is its %s."
                                    .formatted(standing.version().number(), model, alias));
        }
    }

    private void rehearse(ActionContext context, String name, String version, String alias)
            throws ActionFailed {
        context.log("Would let %s name version %s of %s.".formatted(alias, version, name));
        Standing standing;
        try {
            var model = models.get(name).name();
            caller.require(Permission.MODEL_READ, Resource.model(model));
            standing = promotions.look(model, version, alias);
        } catch (NotFound e) {
            context.log("There is no such version yet.");
            context.output("result", "promoted");
            context.output("version", IntNode.valueOf(0));
            context.output("alias", alias);
            context.output("before", NullNode.instance);
            context.output("promotionUrl", context.portal() + "/models/" + name);
            return;
        }
        output(
                context,
                standing.holds()
                        ? Promotions.Result.UNCHANGED
                        : standing.waits() ? Promotions.Result.WAITING : Promotions.Result.PROMOTED,
                standing);
        if (standing.failed()) {
            throw refused(standing);
        }
    }

    private static void output(ActionContext context, Promotions.Result result, Standing standing) {
        var holder = standing.holder();
        context.output("result", result.name().toLowerCase(Locale.ROOT));
        context.output("version", IntNode.valueOf(standing.version().number()));
        context.output("alias", standing.alias());
        context.output("before", holder == null ? NullNode.instance : IntNode.valueOf(holder));
        context.output("promotionUrl", address(context, standing));
    }

    private static String address(ActionContext context, Standing standing) {
        var version = standing.version();
        return context.portal()
                + Promotions.address(version.model(), version.number(), standing.alias());
    }

    private static ActionFailed refused(Standing standing) {
        return new ActionFailed(
                "Version %d of %s cannot be its %s. %s"
                        .formatted(
                                standing.version().number(),
                                standing.version().model(),
                                standing.alias(),
                                standing.gates().stream()
                                        .filter(gate -> gate.state() == Gate.State.FAILED)
                                        .map(
                                                gate ->
                                                        "%s: %s %s"
                                                                .formatted(
                                                                        gate.name(),
                                                                        gate.why(),
                                                                        gate.todo()))
                                        .collect(Collectors.joining(" "))));
    }
}
