package dev.atelier.sandbox;

import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityAction;
import dev.atelier.catalog.EntityTab;
import dev.atelier.models.Model;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/** Try it, on the page of every model that has a version which can be run. */
@ApplicationScoped
class TryTab implements EntityTab, EntityAction {

    private static final int ORDER = 200;

    private final Models models;
    private final Versions versions;

    TryTab(Models models, Versions versions) {
        this.models = models;
        this.versions = versions;
    }

    @Override
    public Optional<Tab> tab(Entity entity) {
        return address(entity).map(address -> new Tab("Try it", address, ORDER));
    }

    @Override
    public Optional<Action> action(Entity entity) {
        return address(entity).map(address -> new Action("Try it", address, "play", true));
    }

    private Optional<String> address(Entity entity) {
        return entity.kind().equals("Model") && models.of(entity).filter(this::servable).isPresent()
                ? Optional.of("/models/" + entity.name() + "/try")
                : Optional.empty();
    }

    private boolean servable(Model model) {
        var serving = model.serving();
        return serving != null && versions.list(model, List.of(serving)).getFirst().servable();
    }
}
