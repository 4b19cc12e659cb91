package dev.atelier.models;

import dev.atelier.catalog.EntityRef;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A promotion that waits, or waited, for somebody's word.
 *
 * @param registrant who registered the version
 * @param answer what the one who decided wrote
 */
public record PromotionRequest(
        long id,
        String model,
        int version,
        String alias,
        String asker,
        String registrant,
        @Nullable String note,
        State state,
        Instant askedAt,
        @Nullable Instant decidedAt,
        @Nullable String decidedBy,
        @Nullable String answer) {

    /** Where a request stands. */
    public enum State {
        OPEN("wait", "Waits"),
        APPROVED("ok", "Approved"),
        DECLINED("fail", "Declined"),
        WITHDRAWN("off", "Withdrawn"),
        /** The alias came to name the version in another way. */
        SETTLED("ok", "Done");

        private final String mark;
        private final String label;

        State(String mark, String label) {
            this.mark = mark;
            this.label = label;
        }

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String mark() {
            return mark;
        }

        public String label() {
            return label;
        }
    }

    public boolean open() {
        return state == State.OPEN;
    }

    public String address() {
        return Promotions.address(model, version, alias);
    }

    String ref() {
        return EntityRef.of("model", model).toString();
    }
}
