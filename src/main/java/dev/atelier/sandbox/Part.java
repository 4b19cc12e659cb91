package dev.atelier.sandbox;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One thing an answer says, in the form that people want it. */
sealed interface Part permits Chances, Value, Label, Similarity, Timeline, Reading, Boxes {
    /** One line for lists of calls. */
    String summary();

    /** What a template switches on. */
    default String kind() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    // Templates know no casts: each kind of part is asked for by name.

    default @Nullable Chances chances() {
        return this instanceof Chances it ? it : null;
    }

    default @Nullable Value value() {
        return this instanceof Value it ? it : null;
    }

    default @Nullable Label label() {
        return this instanceof Label it ? it : null;
    }

    default @Nullable Similarity similarity() {
        return this instanceof Similarity it ? it : null;
    }

    default @Nullable Timeline timeline() {
        return this instanceof Timeline it ? it : null;
    }

    default @Nullable Reading reading() {
        return this instanceof Reading it ? it : null;
    }

    default @Nullable Boxes boxes() {
        return this instanceof Boxes it ? it : null;
    }
}
