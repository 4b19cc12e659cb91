package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Profile;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A reference profile of a version, as it is kept.
 *
 * @param hash of the profile
 * @param outputs names of columns that the model gives; it takes the others
 * @param source what it was made from
 * @param rows how many
 * @param label column of what was true, which is no input; null where there was none
 * @param calibration learned from it; null where there was none
 */
record StoredReference(
        long id,
        String hash,
        Profile profile,
        Set<String> outputs,
        Source source,
        long rows,
        String madeBy,
        Instant madeAt,
        @Nullable String label,
        @Nullable Calibration calibration) {

    /** What a profile was made from. */
    enum Source {
        /** Rows that somebody gave for it. */
        ROWS,
        /** Somebody counted them where they are. */
        PROFILE,
        /** The first rows that were counted. */
        PRODUCTION
    }
}
