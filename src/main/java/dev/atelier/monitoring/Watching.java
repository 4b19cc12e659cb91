package dev.atelier.monitoring;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.EntityShells;
import dev.atelier.identity.Resource;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.Models;
import dev.atelier.models.Versions;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds what a page below the tab looks at. */
@ApplicationScoped
class Watching {

    private static final int MOST_VERSIONS = 50;

    private final Entities entities;
    private final EntityShells shells;
    private final Models models;
    private final Versions versions;
    private final References references;

    Watching(
            Entities entities,
            EntityShells shells,
            Models models,
            Versions versions,
            References references) {
        this.entities = entities;
        this.shells = shells;
        this.models = models;
        this.versions = versions;
        this.references = references;
    }

    /**
     * @param version the one that serves, or else the newest, unless given
     */
    Watched of(String model, Optional<String> range, Optional<String> version) {
        var entity =
                entities.find(EntityRef.of("Model", model))
                        .orElseThrow(() -> Resource.unknown(Resource.model(model)));
        var newest = models.of(entity).map(one -> one.newest(MOST_VERSIONS)).orElse(List.of());
        var wanted = version.filter(text -> !text.isBlank());
        var number =
                wanted.map(text -> versions.find(model, text))
                        .or(() -> versions.serving(model))
                        .map(ModelVersion::number)
                        .or(() -> newest.stream().findFirst())
                        .orElse(null);
        var address = "/models/" + model + "/observability";
        var chosen = Range.of(range.orElse("24h"));
        var now = Instant.now();
        return new Watched(
                entity,
                shells.shell(entity, address),
                model,
                address,
                newest,
                number,
                chosen,
                Windows.hour(now.minus(chosen.length)),
                now,
                number == null ? null : references.current(model, number).orElse(null));
    }
}
