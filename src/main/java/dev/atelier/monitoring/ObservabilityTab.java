package dev.atelier.monitoring;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityTab;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** Observability, on the page of every model. */
@ApplicationScoped
class ObservabilityTab implements EntityTab {

    private static final int ORDER = 300;

    @Override
    public Optional<Tab> tab(Entity entity) {
        return entity.kind().equals("Model")
                ? Optional.of(
                        new Tab(
                                "Observability",
                                "/models/" + entity.name() + "/observability",
                                ORDER))
                : Optional.empty();
    }
}
