package dev.atelier.goldenpaths;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** The golden paths of the catalog. */
@ApplicationScoped
class Templates {

    private final Entities entities;

    Templates(Entities entities) {
        this.entities = entities;
    }

    /** All that whoever asks may see, by name. */
    List<Entity> list() {
        return entities.ofKind(Template.KIND);
    }

    /**
     * @throws NotFound when there is none of that name for whoever asks
     */
    Entity entity(EntityRef ref) {
        return entities.find(ref)
                .filter(entity -> entity.kind().equals(Template.KIND))
                .orElseThrow(
                        () ->
                                new NotFound(
                                        "There is no golden path \"%s\", or it is not shown to you."
                                                .formatted(ref.name())));
    }

    /**
     * @throws NotFound when there is none of that name for whoever asks
     * @throws Conflict when it cannot be run, with the reason
     */
    Template get(EntityRef ref) {
        try {
            return Template.of(entity(ref));
        } catch (Template.Wrong e) {
            throw new Conflict(
                    "The golden path \"%s\" cannot be run: %s Its owner can mend it."
                            .formatted(ref.name(), e.getMessage()));
        }
    }
}
