package dev.atelier.models;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** What is known of a version beside its files, for whoever takes it elsewhere. */
@ApplicationScoped
public class VersionPapers {

    private final VersionNotes notes;
    private final Manifests manifests;
    private final HiddenMakers makers;

    VersionPapers(VersionNotes notes, Manifests manifests, HiddenMakers makers) {
        this.notes = notes;
        this.manifests = manifests;
        this.makers = makers;
    }

    public VersionNote note(ModelVersion version) {
        return makers.shown(version, notes.of(version));
    }

    /** As the API answers it. */
    public ModelApi.VersionAnswer of(Model model, ModelVersion version) {
        return ModelApi.VersionAnswer.of(
                version,
                model.aliasesOf(version.number()),
                notes.of(version),
                makers.shown(version));
    }

    /** Where it came from, as far as whoever asks may know. */
    public ShownLineage lineage(ModelVersion version) {
        return makers.shown(version);
    }

    public java.util.Map<String, String> tags(Model model) {
        return notes.tagsOf(java.util.List.of(model.name()))
                .getOrDefault(model.name(), java.util.Map.of());
    }

    /** The signed manifest, once there is one. */
    public Optional<Manifests.Manifest> manifest(ModelVersion version) {
        return version.ready() ? manifests.of(version) : Optional.empty();
    }

    /** The public key it is signed with. */
    public Optional<Manifests.Key> key(Manifests.Manifest manifest) {
        return manifests.key(manifest.key());
    }
}
