package dev.atelier.monitoring;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShell;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.models.Models;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;

/** What opens a model's incidents: seen, tried on the last weeks, and saved. */
@Path("/models/{model}/observability/rules")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(value = Permission.MODEL_READ, model = "model")
public class RulesPages {

    @CheckedTemplate(basePath = "monitoring")
    static class Templates {
        static native TemplateInstance rules(EntityShell shell, View view);
    }

    public record Kind(String id, String label, String sentence, boolean on) {}

    /**
     * @param said what came of what was asked; null for nothing
     */
    public record View(
            String model,
            List<Kind> kinds,
            String ignored,
            int columns,
            int inARow,
            int quiet,
            String tested,
            @Nullable String said,
            boolean mayChange) {}

    private final Entities entities;
    private final EntityShells shells;
    private final Models models;
    private final ModelRules rules;
    private final Backtest backtest;
    private final Caller caller;

    RulesPages(
            Entities entities,
            EntityShells shells,
            Models models,
            ModelRules rules,
            Backtest backtest,
            Caller caller) {
        this.entities = entities;
        this.shells = shells;
        this.models = models;
        this.rules = rules;
        this.backtest = backtest;
        this.caller = caller;
    }

    @GET
    public TemplateInstance page(@PathParam("model") String model) {
        var name = models.get(model).name();
        return page(name, rules.of(name), null);
    }

    private TemplateInstance page(String model, Rules shown, @Nullable String said) {
        var entity =
                entities.find(EntityRef.of("Model", model))
                        .orElseThrow(() -> Resource.unknown(Resource.model(model)));
        return Templates.rules(
                shells.shell(entity, "/models/" + model + "/observability"),
                new View(
                        model,
                        Arrays.stream(IncidentKind.values())
                                .map(
                                        kind ->
                                                new Kind(
                                                        kind.id(),
                                                        kind.label(),
                                                        kind.sentence(),
                                                        !shown.off().contains(kind)))
                                .toList(),
                        shown.ignored().stream().sorted().collect(Collectors.joining("\n")),
                        shown.columns(),
                        shown.inARow(),
                        shown.quiet(),
                        backtest.of(model, shown).finding(),
                        said,
                        caller.may(Permission.INCIDENT_HANDLE, Resource.model(model))));
    }

    /**
     * @param act {@code save}; anything else only tries them
     */
    @Needs(value = Permission.INCIDENT_HANDLE, model = "model")
    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    public TemplateInstance change(
            @PathParam("model") String model,
            @RestForm @Nullable List<String> kind,
            @RestForm @Nullable String ignored,
            @RestForm @Nullable String columns,
            @RestForm @Nullable String inARow,
            @RestForm @Nullable String quiet,
            @RestForm @Nullable String act) {
        var on = IncidentKind.of(kind == null ? Set.of() : Set.copyOf(kind));
        var wanted =
                new Rules(
                                Arrays.stream(IncidentKind.values())
                                        .filter(one -> !on.contains(one))
                                        .collect(Collectors.toSet()),
                                ignored == null
                                        ? Set.of()
                                        : ignored.lines()
                                                .map(String::strip)
                                                .filter(one -> !one.isEmpty())
                                                .collect(Collectors.toSet()),
                                number("columns", columns),
                                number("inARow", inARow),
                                number("quiet", quiet))
                        .checked();
        var name = models.get(model).name();
        if (!"save".equals(act)) {
            return page(name, wanted, "Tried on the past. Nothing is saved yet.");
        }
        rules.change(name, wanted);
        return page(name, wanted, "Saved. They hold from the next window on.");
    }

    private static int number(String field, @Nullable String text) {
        if (text == null || !text.strip().matches("\\d{1,6}")) {
            throw new Invalid(
                    "These rules cannot be.", List.of(new Invalid.Field(field, "is no number")));
        }
        return Integer.parseInt(text.strip());
    }
}
