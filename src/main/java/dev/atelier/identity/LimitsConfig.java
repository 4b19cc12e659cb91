package dev.atelier.identity;

import io.smallrye.config.ConfigMapping;

/** How often one account may do what costs others something, over all its tokens and sessions. */
@ConfigMapping(prefix = "atelier.limits")
interface LimitsConfig {

    /** false: nothing is counted. */
    boolean enabled();

    Rate uploads();

    Rate trials();

    /** For each replica. */
    Rate calls();

    Rate locations();

    Rate refreshes();

    Rate requests();

    Rate tokens();

    default Rate of(Limit limit) {
        return switch (limit) {
            case UPLOADS -> uploads();
            case TRIALS -> trials();
            case CALLS -> calls();
            case LOCATIONS -> locations();
            case REFRESHES -> refreshes();
            case REQUESTS -> requests();
            case TOKENS -> tokens();
        };
    }
}
