package dev.atelier.experiments;

import java.util.List;

/**
 * What became of runs. The registry stands above this package and knows it, so it implements this.
 */
public interface MadeVersions {

    /**
     * A version of a registered model.
     *
     * @param mark shape of its state, with the word for it
     */
    record Made(String title, String address, String mark, String state) {}

    /**
     * Versions that were made of what a run left, the newest first, as far as the caller may know.
     */
    List<Made> of(Run run);

    /** Where a person makes one of the files at an address such as {@code runs:/…/model}. */
    String registration(String source);
}
