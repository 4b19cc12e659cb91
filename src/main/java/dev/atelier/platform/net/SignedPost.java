package dev.atelier.platform.net;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Sends JSON to a webhook, signed as Standard Webhooks says (HMAC-SHA256 over id, timestamp and
 * body; standardwebhooks.com), under the header names of whoever defined it.
 */
@ApplicationScoped
public class SignedPost {

    private static final int MOST_ANSWER = 16 << 10;

    /** What the headers are called. */
    public record Names(String id, String timestamp, String signature) {}

    /** It was not taken; the message says why, for people. */
    public static final class NotTaken extends Exception {
        private static final long serialVersionUID = 1;

        private final int status;

        NotTaken(String message, int status, @Nullable Throwable cause) {
            super(message, cause);
            this.status = status;
        }

        /** What was answered; 0 when nothing was. */
        public int status() {
            return status;
        }

        /** Whether it may be taken later: nothing is wrong with what was sent. */
        public boolean mayPass() {
            return status == 0 || status == 408 || status == 429 || status >= 500;
        }
    }

    private final OutboundHttp http;

    SignedPost(OutboundHttp http) {
        this.http = http;
    }

    /**
     * Blocks; call it on a virtual thread. A redirect is not followed.
     *
     * @param id the same for every try: the receiver may get it twice
     * @param secret null for a webhook without one, which is not signed
     * @return an answer of success
     */
    public OutboundHttp.Answer send(
            String target, Names names, String id, byte @Nullable [] secret, byte[] body)
            throws NotTaken {
        var timestamp = Long.toString(Instant.now().getEpochSecond());
        var headers = new HashMap<String, String>();
        headers.put("content-type", "application/json");
        headers.put(names.id, id);
        headers.put(names.timestamp, timestamp);
        if (secret != null) {
            headers.put(names.signature, "v1," + signature(secret, id, timestamp, body));
        }
        OutboundHttp.Answer answer;
        try {
            answer = http.post(target, headers, body, MOST_ANSWER);
        } catch (IOException e) {
            throw new NotTaken(reason(e), 0, e);
        }
        if (answer.status() / 100 == 3) {
            throw new NotTaken(
                    "It answered %d, a redirect. Name the address it leads to."
                            .formatted(answer.status()),
                    answer.status(),
                    null);
        }
        if (answer.status() / 100 != 2) {
            throw new NotTaken("It answered %d.".formatted(answer.status()), answer.status(), null);
        }
        return answer;
    }

    private static String reason(IOException failure) {
        var message = failure.getMessage();
        return message == null ? "no reason given" : message.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static String signature(byte[] secret, String id, String timestamp, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
