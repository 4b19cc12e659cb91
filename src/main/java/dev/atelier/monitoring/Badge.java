package dev.atelier.monitoring;

import java.util.Locale;

/**
 * State of a model as a small picture, for a page elsewhere: SVG that stands by itself, with no
 * style sheet.
 *
 * @param word of the state
 * @param colour of its half, dark enough for white text
 */
record Badge(String word, String colour) {

    private static final int TITLE = 82;
    private static final double LETTER = 6.6;
    private static final int PADDING = 14;

    static Badge of(DriftView drift) {
        return switch (drift.state()) {
            case "warn" -> new Badge("inputs moved", "#a8321f");
            case "watch" -> new Badge("to be watched", "#7d5600");
            case "ok" -> new Badge("steady", "#1d6b3c");
            default -> new Badge("not known", "#5c5c5c");
        };
    }

    String svg() {
        int width = (int) Math.round(word.length() * LETTER) + PADDING;
        return String.format(
                Locale.ROOT,
                """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="20" role="img" aria-label="monitoring: %2$s"><title>monitoring: %2$s</title><rect width="%1$d" height="20" rx="3" fill="#3a3a3a"/><path d="M%3$d 0h%4$dv20h-%4$dz" fill="%5$s"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="%6$d" y="14">monitoring</text><text x="%7$d" y="14">%2$s</text></g></svg>
                """,
                TITLE + width,
                word,
                TITLE,
                width,
                colour,
                TITLE / 2,
                TITLE + width / 2);
    }
}
