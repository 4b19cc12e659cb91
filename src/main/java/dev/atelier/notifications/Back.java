package dev.atelier.notifications;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** The page that a form was sent from. */
final class Back {

    private Back() {}

    /**
     * Path and question of a Referer, never its host: it cannot lead out of the portal.
     *
     * @param otherwise when the browser does not say
     */
    static URI to(@Nullable String referer, String otherwise) {
        try {
            var from = new URI(referer == null ? "" : referer);
            var path = from.getRawPath();
            if (path != null && path.startsWith("/") && !path.startsWith("//")) {
                var query = from.getRawQuery();
                return new URI(query == null ? path : path + "?" + query);
            }
        } catch (URISyntaxException e) {
            // As if it said nothing.
        }
        return URI.create(otherwise);
    }
}
