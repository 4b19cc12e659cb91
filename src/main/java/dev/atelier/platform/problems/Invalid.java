package dev.atelier.platform.problems;

import java.util.List;

/** Thrown when input is wrong; names each field with the reason. */
public final class Invalid extends Problem {

    /** One wrong field: a JSON pointer or form name, and a sentence that says how to mend it. */
    public record Field(String name, String reason) {}

    private final transient List<Field> fields;

    public Invalid(String message) {
        this(message, List.of());
    }

    public Invalid(String message, List<Field> fields) {
        super(400, "Invalid", message);
        this.fields = List.copyOf(fields);
    }

    public List<Field> fields() {
        return fields;
    }
}
