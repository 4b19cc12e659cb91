package dev.atelier.transfer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.models.Model;
import dev.atelier.models.ModelVersion;
import dev.atelier.models.VersionPapers;
import dev.atelier.models.Versions;
import dev.atelier.platform.blobs.Blob;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;

/**
 * A model version as its folder, with what proves it beside: the signed manifest, the public key,
 * and what the portal knows of it. The folder holds just the files that were signed.
 */
@ApplicationScoped
class VersionExport {

    private final VersionPapers papers;
    private final Versions versions;
    private final ObjectMapper json;

    VersionExport(VersionPapers papers, Versions versions, ObjectMapper json) {
        this.papers = papers;
        this.versions = versions;
        this.json = json;
    }

    /**
     * @param above folder in the parcel, with a slash at its end; empty for its root
     */
    void write(Model model, ModelVersion version, String above, Parcel parcel) throws IOException {
        var name = version.model() + "-" + version.number();
        parcel.add(above + name + ".json", document(model, version));
        var manifest = papers.manifest(version);
        if (manifest.isPresent()) {
            parcel.add(above + name + ".sig", manifest.get().bundle());
            var key = papers.key(manifest.get());
            if (key.isPresent()) {
                parcel.add(above + name + ".pem", key.get().pem());
            }
        }
        for (var file : version.files()) {
            parcel.add(above + name + "/" + file.path(), new Blob(file.sha256(), file.size()));
        }
    }

    private String document(Model model, ModelVersion version) throws JsonProcessingException {
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(papers.of(model, version));
    }

    /** All of them, and the registry as MLflow's file store has it, pointing at them. */
    void writeAll(Model model, Parcel parcel) throws IOException {
        var registered = FileStoreExport.ROOT + "/models/" + model.called();
        parcel.add(
                registered + "/meta.yaml",
                new FileStoreText()
                        .put("creation_timestamp", model.createdAt().toEpochMilli())
                        .put("description", model.description())
                        .put("last_updated_timestamp", model.changedAt().toEpochMilli())
                        .put("name", model.called())
                        .bytes());
        for (var tag : papers.tags(model).entrySet()) {
            parcel.add(registered + "/tags/" + tag.getKey(), tag.getValue());
        }
        for (var alias : model.aliases().entrySet()) {
            parcel.add(registered + "/aliases/" + alias.getKey(), alias.getValue().toString());
        }
        for (int number : model.newest(Integer.MAX_VALUE)) {
            var version = versions.find(model, Integer.toString(number));
            var above = "models/" + model.name() + "/";
            write(model, version, above, parcel);
            var note = papers.note(version);
            var lineage = papers.lineage(version);
            var folder = registered + "/version-" + number;
            var place = above + version.model() + "-" + number;
            parcel.add(
                    folder + "/meta.yaml",
                    new FileStoreText()
                            .put("creation_timestamp", version.createdAt().toEpochMilli())
                            .put("current_stage", note.stage())
                            .put("description", note.description())
                            .put("last_updated_timestamp", note.changedAt().toEpochMilli())
                            .put("model_id", lineage.loggedModel())
                            .put("name", model.called())
                            .put("run_id", lineage.run())
                            .put("run_link", note.runLink() == null ? "" : note.runLink())
                            .put("source", place)
                            .put("status", version.ready() ? "READY" : "FAILED_REGISTRATION")
                            .put("status_message", version.reason())
                            .put("storage_location", place)
                            .put("user_id", version.createdBy())
                            .put("version", (long) number)
                            .bytes());
            for (var tag : note.tags().entrySet()) {
                parcel.add(folder + "/tags/" + tag.getKey(), tag.getValue());
            }
        }
    }
}
