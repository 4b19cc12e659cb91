package dev.atelier.models;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityAction;
import dev.atelier.catalog.EntityFact;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityState;
import dev.atelier.catalog.EntityTab;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the registry draws on the page of a {@code Model} entity. */
final class ModelTabs {

    private ModelTabs() {}

    /** The registry has one name space; entities elsewhere keep the catalog's own page. */
    static boolean isOurs(Entity entity) {
        return entity.kind().equalsIgnoreCase("Model")
                && entity.namespace().equals(EntityRef.DEFAULT_NAMESPACE);
    }

    static String address(Entity entity) {
        return "/models/" + entity.name();
    }

    @ApplicationScoped
    static class Overview implements EntityTab {
        @Override
        public Optional<Tab> tab(Entity entity) {
            return isOurs(entity)
                    ? Optional.of(new Tab("Overview", address(entity), Tab.HOME))
                    : Optional.empty();
        }
    }

    @ApplicationScoped
    static class VersionList implements EntityTab {
        private final Models models;

        VersionList(Models models) {
            this.models = models;
        }

        @Override
        public Optional<Tab> tab(Entity entity) {
            if (!isOurs(entity)) {
                return Optional.empty();
            }
            var count = models.of(entity).map(Model::count).orElse(0);
            return Optional.of(
                    new Tab(
                            "Versions",
                            address(entity) + "/versions",
                            100,
                            count == 0 ? null : count));
        }
    }

    @ApplicationScoped
    static class SettingsTab implements EntityTab {
        private final Models models;
        private final Caller caller;

        SettingsTab(Models models, Caller caller) {
            this.models = models;
            this.caller = caller;
        }

        @Override
        public Optional<Tab> tab(Entity entity) {
            return isOurs(entity)
                            && caller.may(Permission.MODEL_REGISTER, entity.ref().toString())
                            && models.of(entity).isPresent()
                    ? Optional.of(new Tab("Settings", address(entity) + "/settings", 500))
                    : Optional.empty();
        }
    }

    @ApplicationScoped
    static class Serving implements EntityFact {
        private final Models models;
        private final Versions versions;

        Serving(Models models, Versions versions) {
            this.models = models;
            this.versions = versions;
        }

        @Override
        public List<Fact> facts(Entity entity) {
            if (!isOurs(entity)) {
                return List.of();
            }
            var model = models.of(entity);
            if (model.isEmpty() || model.get().count() == 0) {
                return List.of(new Fact("Serving", "No version yet", 10).status("off"));
            }
            var champion = model.get().aliases().get(Aliases.CHAMPION);
            if (champion != null) {
                return List.of(
                        new Fact("Serving", "v" + champion, 10)
                                .link(address(entity) + "/versions/" + champion)
                                .tag(Aliases.CHAMPION));
            }
            var newest = versions.list(model.get(), model.get().newest(1)).getFirst();
            return List.of(
                    new Fact("Newest", "v" + newest.number(), 10)
                            .link(address(entity) + "/versions/" + newest.number())
                            .status(newest.state().status())
                            .note(newest.state().label()));
        }
    }

    /** The rows of the catalog's lists. */
    @ApplicationScoped
    static class Rows implements EntityState {
        private final Versions versions;
        private final Sight sight;

        Rows(Versions versions, Sight sight) {
            this.versions = versions;
            this.sight = sight;
        }

        @Override
        public Map<EntityRef, State> states(Collection<EntityRef> refs) {
            var ours =
                    refs.stream()
                            .filter(ref -> ref.kind().equals("model"))
                            .filter(ref -> ref.namespace().equals(EntityRef.DEFAULT_NAMESPACE))
                            .filter(ref -> !sight.closes(ref.toString()))
                            .toList();
            if (ours.isEmpty()) {
                return Map.of();
            }
            var standings = versions.standings(ours.stream().map(EntityRef::name).toList());
            return ours.stream()
                    .collect(Collectors.toMap(ref -> ref, ref -> state(standings.get(ref.name()))));
        }

        private static State state(Versions.@Nullable Standing standing) {
            if (standing == null) {
                return new State("off", "No version yet", null);
            }
            var serving = standing.serving() == null ? null : "v" + standing.serving();
            return switch (standing.state()) {
                case READY -> new State("ok", "Ready", serving);
                case SCANNING ->
                        new State("run", "v%d is scanned".formatted(standing.newest()), serving);
                case REFUSED ->
                        new State("fail", "v%d refused".formatted(standing.newest()), serving);
            };
        }
    }

    @ApplicationScoped
    static class Register implements EntityAction {
        @Override
        public Optional<Action> action(Entity entity) {
            return isOurs(entity)
                    ? Optional.of(
                            new Action(
                                    "Register a version",
                                    "/models/new?name=" + entity.name(),
                                    "upload",
                                    false))
                    : Optional.empty();
        }
    }
}
