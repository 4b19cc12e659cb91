package dev.atelier.goldenpaths;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityAction;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** Leads from a golden path's entry in the catalog to its questions. */
@ApplicationScoped
class RunAction implements EntityAction {

    @Override
    public Optional<Action> action(Entity entity) {
        return entity.kind().equals(Template.KIND)
                ? Optional.of(
                        new Action(
                                "Use this golden path",
                                "/golden-paths/%s/%s"
                                        .formatted(entity.ref().namespace(), entity.ref().name()),
                                "path",
                                true))
                : Optional.empty();
    }
}
