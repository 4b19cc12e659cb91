package dev.atelier.home;

import dev.atelier.catalog.Entities;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.models.Models;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestQuery;

/** What the command palette offers for what was typed: entities, things to do, docs. */
@Path("/palette")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.CATALOG_READ)
public class Palette {

    private static final int ENTITIES = 8;

    private static final List<Option> ACTIONS =
            List.of(
                    new Option("plus", "Register a model", "upload a file", "/models/new"),
                    new Option("search", "Browse the catalog", "", "/catalog"),
                    new Option("features", "Experiments", "runs, charts, files", "/experiments"),
                    new Option(
                            "ext",
                            "Register a location",
                            "entity files elsewhere",
                            "/catalog/locations/new"),
                    new Option("people", "Access requests", "yours, and for you", "/access"),
                    new Option(
                            "features", "How models are", "drift, errors, labels", "/monitoring"),
                    new Option("features", "Incidents", "of models", "/incidents"),
                    new Option("features", "See problems", "in entity files", "/catalog/problems"),
                    new Option("features", "Read the docs", "", "/docs"),
                    new Option("features", "Keyboard shortcuts", "", "/docs/shortcuts"));

    /** A line of the palette. */
    public record Option(String icon, String title, String note, String address) {}

    /** Lines under a heading. */
    public record Group(String title, List<Option> options) {}

    @CheckedTemplate(basePath = "home")
    static class Templates {
        static native TemplateInstance palette(List<Group> groups, String q);
    }

    private final Entities entities;
    private final Models models;

    Palette(Entities entities, Models models) {
        this.entities = entities;
        this.models = models;
    }

    @GET
    public TemplateInstance search(@RestQuery Optional<String> q) {
        var typed = q.orElse("").strip();
        var groups = new ArrayList<Group>();
        var byKind = new LinkedHashMap<String, List<Option>>();
        var suggested = entities.suggest(typed, ENTITIES);
        var known =
                models.named(
                        suggested.stream()
                                .filter(found -> found.kind().equals("Model"))
                                .map(found -> found.ref().name())
                                .toList());
        for (var found : suggested) {
            var options = byKind.computeIfAbsent(found.kind(), _ -> new ArrayList<>());
            options.add(
                    new Option(
                            icon(found.kind()),
                            found.title(),
                            found.description(),
                            found.ref().address()));
            var model = found.kind().equals("Model") ? known.get(found.ref().name()) : null;
            if (model != null && model.serving() != null) {
                options.add(
                        new Option(
                                "play",
                                "Try " + found.title(),
                                "",
                                "/models/" + found.ref().name() + "/try"));
            }
        }
        byKind.forEach((kind, options) -> groups.add(new Group(kind, options)));
        var wanted = typed.toLowerCase(Locale.ROOT);
        var actions =
                ACTIONS.stream()
                        .filter(
                                a ->
                                        (a.title + " " + a.note)
                                                .toLowerCase(Locale.ROOT)
                                                .contains(wanted))
                        .toList();
        if (!actions.isEmpty()) {
            groups.add(new Group("Do something", actions));
        }
        return Templates.palette(groups, typed);
    }

    private static String icon(String kind) {
        return switch (kind) {
            case "Model" -> "model";
            case "Dataset" -> "dataset";
            case "API", "Endpoint" -> "endpoint";
            case "Workspace" -> "workspace";
            case "Template" -> "path";
            default -> "features";
        };
    }
}
