package dev.atelier.catalog;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Contributes the state that rows of entity lists show: whether a thing works right now. A CDI
 * bean, as in {@link EntityTab}; asked once for all rows of a page, so one query answers.
 */
public interface EntityState {

    /** States of those it knows something about; the others are left out. */
    Map<EntityRef, State> states(Collection<EntityRef> refs);

    /**
     * @param mark ok, dep, off, wait, run, watch, warn or fail; of several states of one row the
     *     worst is shown
     * @param words what the mark means, two or three of them
     * @param version shown behind the name, say {@code v14}
     */
    record State(String mark, String words, @Nullable String version) {

        private static final List<String> MARKS =
                List.of("ok", "dep", "off", "wait", "run", "watch", "warn", "fail");

        public State {
            if (!MARKS.contains(mark)) {
                throw new IllegalArgumentException("Not a mark: " + mark);
            }
        }

        /** The worse of two, with the version that either knows. */
        State and(State other) {
            var worse = MARKS.indexOf(other.mark) > MARKS.indexOf(mark) ? other : this;
            return new State(worse.mark, worse.words, version == null ? other.version : version);
        }
    }
}
