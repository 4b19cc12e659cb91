package dev.atelier.sandbox;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One thing an answer says, in the form that people want it. Kept with a call as JSON. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "part")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Chances.class, name = "chances"),
    @JsonSubTypes.Type(value = Value.class, name = "value"),
    @JsonSubTypes.Type(value = Label.class, name = "label"),
    @JsonSubTypes.Type(value = Similarity.class, name = "similarity"),
    @JsonSubTypes.Type(value = Timeline.class, name = "timeline"),
    @JsonSubTypes.Type(value = Reading.class, name = "reading"),
    @JsonSubTypes.Type(value = Boxes.class, name = "boxes")
})
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
