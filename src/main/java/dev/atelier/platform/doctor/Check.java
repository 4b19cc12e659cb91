package dev.atelier.platform.doctor;

import java.util.List;

/**
 * Looks at one part of an installation. Found through {@code
 * META-INF/services/dev.atelier.platform.doctor.Check}, because the doctor must work when the
 * portal does not start: a check has a constructor without parameters and uses no bean.
 */
public interface Check {

    /** What it looks at, as a heading. */
    String subject();

    /** The order of headings, low first. */
    int order();

    /** Whether it starts processes or reads for long, so that a page leaves it out. */
    default boolean isCostly() {
        return false;
    }

    /**
     * @throws Exception when it cannot look; becomes a finding of its own
     */
    List<Finding> examine(Installation installation) throws Exception;
}
