package dev.atelier.serving;

import dev.atelier.inference.InferResponse;
import dev.atelier.inference.Message;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Timings;
import java.nio.charset.StandardCharsets;

/**
 * What became of a call. A status of 400 or more has the body {@code {"error": …}}.
 *
 * @param timings inside the runner
 * @param totalNanos from the gateway's call to its return, waiting and transport included
 * @param retryAfter seconds after which trying again makes sense, 0 where it does not
 */
public record Answer(
        int status,
        Message message,
        Outcome outcome,
        Timings timings,
        long totalNanos,
        int retryAfter) {

    static Answer of(Outcome outcome, String reason, int retryAfter) {
        return new Answer(
                outcome.status(),
                new Message(ResponseCodec.error(reason), -1),
                outcome,
                Timings.NONE,
                0,
                retryAfter);
    }

    public boolean ok() {
        return status < 400;
    }

    /** The sentence that says what went wrong; empty when nothing did. */
    public String error() {
        return ok() ? "" : ResponseCodec.reason(message.body());
    }

    /** The decoded outputs of a good answer to an inference call. */
    public InferResponse response() {
        return ResponseCodec.decode(message);
    }

    public String text() {
        return new String(message.body(), StandardCharsets.UTF_8);
    }

    Answer took(long nanos) {
        return new Answer(status, message, outcome, timings, nanos, retryAfter);
    }
}
