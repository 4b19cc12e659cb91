package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Source;
import dev.atelier.catalog.Sources.Target;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a source gave.
 *
 * @param digest null when it could not be read
 * @param documents good and bad, in their order
 * @param files for a folder: the files in it
 * @param fault of the source itself, when it could not be read
 */
record Reading(
        Source source,
        @Nullable String digest,
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

    static Reading failed(Source source, Fault fault) {
        return new Reading(source, null, List.of(), null, fault);
    }

    Map<String, Integer> counts() {
        int good = (int) documents.stream().filter(Checked::isGood).count();
        return Map.of("good", good, "bad", documents.size() - good);
    }
}
