package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.JsonNode;

/** One value of a row. */
sealed interface Cell {

    /** It was not there, or null. */
    record Missing() implements Cell {}

    /** It may be no finite one. */
    record Number(double value) implements Cell {}

    record Text(String value) implements Cell {}

    /** A list or an object. */
    record Odd() implements Cell {}

    Missing MISSING = new Missing();
    Odd ODD = new Odd();

    /** The longest category; what is longer is cut there. */
    int LONGEST = 200;

    static Cell of(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> MISSING;
            case NUMBER -> new Number(value.doubleValue());
            case BOOLEAN -> new Text(value.asText());
            case STRING -> text(value.textValue());
            default -> ODD;
        };
    }

    /** Of a text file, where a number is a text too: as MLflow's and Python's writers spell it. */
    static Cell parse(String text) {
        var plain = text.strip();
        if (plain.isEmpty()) {
            return MISSING;
        }
        return switch (plain) {
            case "NaN", "nan" -> new Number(Double.NaN);
            case "inf", "Infinity" -> new Number(Double.POSITIVE_INFINITY);
            case "-inf", "-Infinity" -> new Number(Double.NEGATIVE_INFINITY);
            default -> number(plain);
        };
    }

    private static Cell number(String text) {
        char last = text.charAt(text.length() - 1);
        // Java takes 1d and 1f for numbers, nobody else does.
        if (last == 'd' || last == 'D' || last == 'f' || last == 'F') {
            return text(text);
        }
        try {
            return new Number(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return text(text);
        }
    }

    private static Cell text(String text) {
        return new Text(cut(text));
    }

    static String cut(String text) {
        return text.length() <= LONGEST || text.codePointCount(0, text.length()) <= LONGEST
                ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST));
    }
}
