package dev.atelier.sharing;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityFact;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityTab;
import dev.atelier.identity.Access;
import dev.atelier.identity.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/** What sharing draws on the page of a model. */
final class SharingTab {

    private static final int ORDER = 400;

    private SharingTab() {}

    private static boolean shared(Entity entity) {
        return entity.kind().equalsIgnoreCase("Model")
                && entity.namespace().equals(EntityRef.DEFAULT_NAMESPACE);
    }

    static String address(Entity entity) {
        return "/models/" + entity.name() + "/access";
    }

    @ApplicationScoped
    static class AccessTab implements EntityTab {
        @Override
        public Optional<Tab> tab(Entity entity) {
            return shared(entity)
                    ? Optional.of(new Tab("Access", address(entity), ORDER))
                    : Optional.empty();
        }
    }

    /** Said where it is not the rule. */
    @ApplicationScoped
    static class ShownTo implements EntityFact {
        private final Access access;

        ShownTo(Access access) {
            this.access = access;
        }

        @Override
        public List<Fact> facts(Entity entity) {
            if (!shared(entity)) {
                return List.of();
            }
            var visibility = access.resource(entity.ref().toString()).visibility();
            return visibility == Resource.Visibility.COMPANY
                    ? List.of()
                    : List.of(new Fact("Shown to", visibility.label(), 35).link(address(entity)));
        }
    }
}
