package dev.atelier.githosts;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A token for a host.
 *
 * @param token empty for none
 * @param origin whose it is, for sentences: "the portal's token (atelier.git-hosts.x.token)"
 */
record Credential(String token, String origin) {

    boolean given() {
        return !token.isEmpty();
    }

    /** {@code Authorization} of Git's protocol, where a token is the password of Basic. */
    String basic(String user) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((user + ":" + token).getBytes(StandardCharsets.UTF_8));
    }

    /** What a host says back does not carry it on. */
    String hide(String text) {
        return given() ? text.replace(token, "***") : text;
    }

    @Override
    public String toString() {
        return origin;
    }
}
