package dev.atelier.experiments;

import java.util.List;

/**
 * One condition of a search filter in MLflow's grammar; a filter is some of them joined by AND.
 *
 * @param entity what the key belongs to, as written in lower case: {@code metrics}, {@code params},
 *     {@code attributes}; empty for a bare key
 * @param key without its quotes
 */
public record Clause(String entity, String key, Operator operator, Operand operand) {

    public enum Operator {
        EQUAL("="),
        UNEQUAL("!="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        LIKE("LIKE"),
        ILIKE("ILIKE"),
        IN("IN"),
        NOT_IN("NOT IN"),
        IS_NULL("IS NULL"),
        IS_NOT_NULL("IS NOT NULL");

        private final String text;

        Operator(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        boolean ordering() {
            return this == GREATER
                    || this == GREATER_OR_EQUAL
                    || this == LESS
                    || this == LESS_OR_EQUAL;
        }
    }

    /** What the key is compared with. */
    public sealed interface Operand {

        /** A text in quotes. */
        record Text(String value) implements Operand {}

        /** A number as it was written. */
        record Number(double value) implements Operand {}

        record Texts(List<String> values) implements Operand {}

        /** Of IS NULL and IS NOT NULL. */
        record None() implements Operand {}
    }
}
