package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Source;
import dev.atelier.catalog.Sources.Target;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a source gave.
 *
 * @param digest null when it could not be read
 * @param etag to ask the address with next time; null when it gave none
 * @param size characters read
 * @param documents good and bad, in their order
 * @param files for a folder: the files in it
 * @param fault of the source itself, when it could not be read
 */
record Reading(
        Source source,
        @Nullable String digest,
        @Nullable String etag,
        int size,
        List<Checked> documents,
        @Nullable List<Target> files,
        @Nullable Fault fault) {

    /**
     * One document with what is wrong with it.
     *
     * @param document null when it is not even YAML
     * @param ref null when the document does not say properly what it is
     * @param targets of a Location
     */
    record Checked(
            int index,
            @Nullable EntityDocument document,
            @Nullable EntityRef ref,
            List<Fault> faults,
            List<Target> targets) {
        boolean isGood() {
            return faults.stream().noneMatch(Fault::isError);
        }
    }

    static Reading of(Source source, String digest, List<Checked> documents) {
        return new Reading(source, digest, null, 0, documents, null, null);
    }

    /** The host says that nothing changed since the last read. */
    static Reading unchanged(Source source) {
        return new Reading(source, source.digest(), source.etag(), 0, List.of(), null, null);
    }

    static Reading failed(Source source, Fault fault) {
        return new Reading(source, null, null, 0, List.of(), null, fault);
    }

    /** Whether it says something else than the last read. */
    boolean isNews() {
        return digest == null || !digest.equals(source.digest());
    }
}
