package dev.atelier.experiments;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of runs. The registry stands above this package and knows it, so it implements this.
 */
public interface MadeVersions {

    /**
     * A version of a registered model.
     *
     * @param mark shape of its state, with the word for it
     * @param aliases that name it
     * @param promotion where the caller lets an alias name it; null when they may not, or it cannot
     */
    record Made(
            String title,
            String address,
            String mark,
            String state,
            List<String> aliases,
            String lineage,
            @Nullable String promotion) {}

    /**
     * Versions that were made of what a run left, the newest first, as far as the caller may know.
     */
    List<Made> of(Run run);

    /** Where a person makes one of the files at an address such as {@code runs:/…/model}. */
    String registration(String source);
}
