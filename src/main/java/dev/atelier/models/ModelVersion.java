package dev.atelier.models;

import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.Signature;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An immutable version of a model: its files, and what the scan made of them.
 *
 * @param digest SHA-256 over the sorted list of (path, SHA-256, size), 64 hexadecimal digits
 * @param size bytes of all files
 * @param reason why it is refused; null otherwise
 * @param trusted came with the installation's own catalog, not by upload
 * @param mainFile path of the ONNX file that is served; null where there is none
 * @param unservable why nothing of it can be served; null when it can
 * @param signature what the main file's graph takes and gives; where nothing is served, what MLflow
 *     states; null where neither says it
 * @param stated what whoever made it states in an {@code MLmodel} file, unchecked; null without one
 * @param batch rows that one run may merge; null where the portal's own limit holds
 * @param modelInterface how people meet the signature; null where nobody said
 * @param files sorted by path
 * @param warnings what whoever registered it should mend
 */
public record ModelVersion(
        String model,
        int number,
        String digest,
        long size,
        State state,
        @Nullable String reason,
        boolean trusted,
        @Nullable String license,
        Lineage lineage,
        Instant createdAt,
        String createdBy,
        @Nullable String mainFile,
        @Nullable String unservable,
        @Nullable Signature signature,
        @Nullable StatedSignature stated,
        @Nullable ModelInterface modelInterface,
        @Nullable Integer batch,
        @Nullable OnnxGraph graph,
        List<FileReport> scan,
        List<String> warnings,
        List<ModelFile> files) {

    /** A version starts in the first and ends in one of the others for good. */
    public enum State {
        SCANNING,
        READY,
        REFUSED;

        /** One of the states of the style sheet. */
        public String status() {
            return switch (this) {
                case SCANNING -> "run";
                case READY -> "ok";
                case REFUSED -> "fail";
            };
        }

        public String label() {
            return switch (this) {
                case SCANNING -> "Being scanned";
                case READY -> "Ready";
                case REFUSED -> "Refused";
            };
        }
    }

    public boolean ready() {
        return state == State.READY;
    }

    public boolean servable() {
        return ready() && mainFile != null && unservable == null;
    }

    public Optional<ModelFile> file(String path) {
        return files.stream().filter(file -> file.path().equals(path)).findFirst();
    }

    /** The card as it came: {@code README.md} at the top of the bundle. */
    public Optional<ModelFile> card() {
        return files.stream().filter(file -> file.path().equalsIgnoreCase("README.md")).findFirst();
    }
}
