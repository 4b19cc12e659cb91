package dev.atelier.monitoring;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where counts of calls go. */
interface CountStore {

    /**
     * What is known of a version.
     *
     * @param reference the one in use; null while there is none
     */
    record Known(ServedTable table, @Nullable StoredReference reference) {}

    /** The reference in use, null while there is none. */
    record Now(@Nullable StoredReference reference) {}

    /** Empty when the version is gone. */
    Optional<Known> find(String model, int version);

    /**
     * Writes what was counted, all or nothing.
     *
     * @param known the reference that is thought to be in use
     * @return empty when the version is gone; nothing was written then
     */
    Optional<Now> write(
            String model, int version, ServedVersion.Taken taken, @Nullable StoredReference known);
}
