package dev.atelier.platform.net;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, a part at a time: the next is asked for when the last is nearly read, so
 * that a sender who is faster than the reader waits, and a long body takes no memory. A sender who
 * keeps the reader waiting with a byte now and then is left.
 */
final class ComingBody extends InputStream {

    private sealed interface Event {
        record Part(byte[] bytes) implements Event {}

        record End() implements Event {}

        record Broken(@Nullable String reason) implements Event {}
    }

    private static final int AHEAD = 4;

    /** Bytes that come at least in a second of waiting for them. */
    private static final int SLOWEST = 1 << 10;

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final HttpClientResponse response;
    private final Context loop;
    private final Duration patience;
    private byte[] part = new byte[0];
    private int place;
    private boolean ended;

    /** Waited for what came since the last time that enough had come. */
    private long waited;

    private long came;

    /** On the event loop of the answer, before any of its body was handed out. */
    ComingBody(HttpClientResponse response, Duration patience) {
        this.response = response;
        this.patience = patience;
        loop = Objects.requireNonNull(Vertx.currentContext());
        response.pause();
        response.exceptionHandler(e -> events.add(new Event.Broken(e.getMessage())));
        response.endHandler(_ -> events.add(new Event.End()));
        response.handler(some -> events.add(new Event.Part(some.getBytes())));
        response.fetch(AHEAD);
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        while (place == part.length) {
            if (ended) {
                return -1;
            }
            next();
        }
        int some = Math.min(length, part.length - place);
        System.arraycopy(part, place, into, offset, some);
        place += some;
        return some;
    }

    private void next() throws IOException {
        var since = System.nanoTime();
        try {
            var event = events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
            waited += System.nanoTime() - since;
            switch (event) {
                case Event.Part(var bytes) -> {
                    part = bytes;
                    place = 0;
                    came += bytes.length;
                    enough();
                    loop.runOnContext(_ -> response.fetch(1));
                }
                case Event.End() -> ended = true;
                case Event.Broken(var reason) -> {
                    ended = true;
                    throw new IOException("The connection broke: " + reason);
                }
                case null ->
                        throw new IOException(
                                "Nothing came for %d seconds.".formatted(patience.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted.", e);
        }
    }

    /** Time that the reader takes is not the sender's. */
    private void enough() throws IOException {
        if (came * 1_000 >= SLOWEST * patience.toMillis()) {
            came = 0;
            waited = 0;
        } else if (waited > patience.toNanos()) {
            close();
            throw new IOException(
                    "Only %d bytes came in %d seconds."
                            .formatted(came, TimeUnit.NANOSECONDS.toSeconds(waited)));
        }
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            part = new byte[0];
            place = 0;
            loop.runOnContext(_ -> response.request().reset());
        }
    }
}
