package dev.atelier.goldenpaths;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A word that a task waits for, or waited for.
 *
 * @param position of the step before which it waits; {@link #BEFORE_ALL} before the first one
 * @param approvers references of people and teams; empty for whoever runs the portal
 * @param shown what they read, as Markdown
 * @param until when nobody needs to decide any more: the task fails
 */
record Approval(
        UUID task,
        int position,
        List<String> approvers,
        String shown,
        Instant askedAt,
        Instant until,
        State state,
        @Nullable String decidedBy,
        @Nullable Instant decidedAt,
        @Nullable String answer) {

    static final int BEFORE_ALL = -1;

    enum State {
        OPEN,
        APPROVED,
        DECLINED,
        EXPIRED,
        WITHDRAWN;

        static State of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }
    }

    boolean open() {
        return state == State.OPEN;
    }
}
