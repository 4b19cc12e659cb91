package dev.atelier.experiments;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Texts as they stand behind the question mark of an address. */
final class Queries {

    private Queries() {}

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** A path keeps its slashes. */
    static String encodedPath(String path) {
        return encoded(path).replace("%2F", "/").replace("+", "%20");
    }
}
