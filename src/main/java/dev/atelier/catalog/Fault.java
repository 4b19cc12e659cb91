package dev.atelier.catalog;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong with a document, told so that its author can mend it.
 *
 * @param field dotted path in the document, or {@code line 14, column 3}
 * @param reason what is wrong, as a heading: no full stop
 * @param remedy what to do about it
 * @param line in the file, counted from 1; null when unknown
 */
record Fault(Level level, String field, String reason, String remedy, @Nullable Integer line) {

    enum Level {
        ERROR,
        WARNING
    }

    static Fault error(String field, String reason, String remedy) {
        return new Fault(Level.ERROR, field, reason, remedy, null);
    }

    static Fault warning(String field, String reason, String remedy) {
        return new Fault(Level.WARNING, field, reason, remedy, null);
    }

    boolean isError() {
        return level == Level.ERROR;
    }

    Fault atLine(@Nullable Integer line) {
        return new Fault(level, field, reason, remedy, line);
    }

    /** Somebody's text as a fault may quote it. */
    static String shown(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "…";
    }
}
