package dev.atelier.models;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** The catalog's entries of models that nobody described there. A file that does goes before. */
@ApplicationScoped
class Publication {

    private static final Logger LOG = Logger.getLogger(Publication.class);
    private static final String PROVIDER = "models";

    private final Models models;
    private final Entities entities;
    private final Access access;
    private volatile boolean owesEntries = true;

    Publication(Models models, Entities entities, Access access) {
        this.models = models;
        this.entities = entities;
        this.access = access;
    }

    /** Gives all models that lack one their entry. */
    void publishMissing() {
        publish(models.list());
        owesEntries = false;
    }

    /** Gives one model its entry; tried again later when the database is lost on the way. */
    void publish(String model) {
        try {
            publish(List.of(models.get(model)));
        } catch (RuntimeException e) {
            owesEntries = true;
            throw e;
        }
    }

    private void publish(List<Model> models) {
        var missing =
                models.stream()
                        .filter(model -> !isDescribed(model.name()))
                        .map(Publication::document)
                        .toList();
        for (var refusal : entities.upsert(PROVIDER, missing)) {
            LOG.warnf(
                    "The model %s has no entry in the catalog: %s",
                    refusal.document().name(), refusal.reason());
        }
        withdrawGone(missing);
        // Until now it had no owner for those who looked.
        missing.forEach(document -> access.forget(document.ref().toString()));
    }

    /** One that was renamed or deleted meanwhile has lost its entry, and must not get it back. */
    private void withdrawGone(List<EntityDocument> published) {
        if (published.isEmpty()) {
            return;
        }
        var known =
                published.size() == 1
                        ? models.find(published.getFirst().ref().name()).stream()
                        : models.list().stream();
        var there =
                known.map(model -> EntityRef.of("model", model.name())).collect(Collectors.toSet());
        var gone =
                published.stream()
                        .map(EntityDocument::ref)
                        .filter(ref -> !there.contains(ref))
                        .toList();
        if (!gone.isEmpty()) {
            entities.remove(PROVIDER, gone);
        }
    }

    /** Takes the entry of a model away that has this name no longer, in the same transaction. */
    @Transactional(Transactional.TxType.MANDATORY)
    void withdraw(String model) {
        entities.remove(PROVIDER, List.of(EntityRef.of("model", model)));
    }

    /** Whether a model may lack its entry: after a failure, and at the start after a crash. */
    boolean owesEntries() {
        return owesEntries;
    }

    /** Whether the catalog has an entry of it, and so says who owns it. */
    boolean isPublished(String model) {
        return entities.find(EntityRef.of("model", model)).isPresent();
    }

    /** Whether a file of the catalog describes a model of this name. */
    boolean isDescribed(String model) {
        return entities.find(EntityRef.of("model", model)).filter(Entity::isWritten).isPresent();
    }

    private static EntityDocument document(Model model) {
        var document =
                EntityDocument.of(
                        "atelier.dev/v1alpha1", "Model", EntityRef.DEFAULT_NAMESPACE, model.name());
        if (model.title() != null) {
            document.metadata().put("title", model.title());
        }
        if (model.description() != null) {
            document.metadata().put("description", model.description());
        }
        document.spec()
                .put("type", "model")
                .put("lifecycle", "experimental")
                .put("owner", model.owner() == null ? model.createdBy() : model.owner());
        if (model.license() != null) {
            document.spec().put("license", model.license());
        }
        return document;
    }
}
