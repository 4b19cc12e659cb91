package dev.atelier.platform.web;

import jakarta.ws.rs.core.HttpHeaders;

/** Who asks: a browser for a whole page, htmx for a part of one, or a program. */
public enum Browser {
    PAGE,
    HTMX,
    NONE;

    public static Browser of(HttpHeaders headers) {
        if (headers.getHeaderString("HX-Request") != null
                && headers.getHeaderString("HX-Boosted") == null) {
            return HTMX;
        }
        var accept = headers.getHeaderString(HttpHeaders.ACCEPT);
        return accept != null && accept.contains("text/html") ? PAGE : NONE;
    }
}
