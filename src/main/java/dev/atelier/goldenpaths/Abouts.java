package dev.atelier.goldenpaths;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.web.Figures;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands beside all pages of a golden path. */
@ApplicationScoped
class Abouts {

    /** A step of the way through the pages. */
    public record Stage(String title, boolean done, boolean current) {}

    /** What a step of the template will do. */
    public record Deed(String name, String action, boolean known, boolean asks) {}

    /** What a golden path is about, beside all its pages. */
    public record About(
            String ref,
            String address,
            String title,
            String description,
            String owner,
            String version,
            @Nullable String takes,
            @Nullable String cost,
            @Nullable String undo,
            List<Deed> deeds,
            boolean asks,
            boolean mayRun,
            boolean mayEdit) {}

    private final Durations durations;
    private final Actions actions;
    private final Caller caller;

    Abouts(Durations durations, Actions actions, Caller caller) {
        this.durations = durations;
        this.actions = actions;
        this.caller = caller;
    }

    About of(Template template) {
        var deeds =
                template.steps().stream()
                        .map(
                                step ->
                                        new Deed(
                                                step.name().contains("${{")
                                                        ? step.action()
                                                        : step.name(),
                                                step.action(),
                                                actions.find(step.action()).isPresent(),
                                                step.approval().isObject()))
                        .toList();
        return new About(
                template.ref().toString(),
                template.address(),
                template.title(),
                template.description(),
                template.owner() == null ? "nobody" : Figures.actor(template.owner()),
                template.version(),
                takes(durations.of(template.ref()).map(Durations.Usual::all).orElse(null)),
                template.annotation("atelier.dev/cost").orElse(null),
                template.annotation("atelier.dev/undo").orElse(null),
                deeds,
                template.approval().isObject(),
                caller.may(Permission.TEMPLATE_RUN, template.ref().toString()),
                caller.may(Permission.CATALOG_REGISTER));
    }

    static List<Stage> stages(Template template, int current) {
        var stages = new ArrayList<Stage>();
        for (int i = 0; i < template.pages().size(); i++) {
            stages.add(new Stage(template.pages().get(i).title(), i < current, i == current));
        }
        stages.add(new Stage("Review", false, current == template.pages().size()));
        return stages;
    }

    static @Nullable String takes(@Nullable Duration usual) {
        if (usual == null) {
            return null;
        }
        return usual.toSeconds() < 2
                ? "about a second"
                : usual.toSeconds() < 90
                        ? "about %d seconds".formatted(usual.toSeconds())
                        : "about %d minutes".formatted((usual.toSeconds() + 30) / 60);
    }
}
