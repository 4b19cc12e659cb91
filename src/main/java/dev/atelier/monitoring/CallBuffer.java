package dev.atelier.monitoring;

import dev.atelier.inference.Message;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Calls on their way from the threads that served them to the one that counts them. Whoever puts
 * one in never waits, allocates nothing and is told when there is no room. A bounded ring in which
 * each place has a number that says whose turn it is (Vyukov's queue), and a bound of bytes, as
 * some bodies are large.
 */
final class CallBuffer {

    /** Takes calls out. */
    interface Taker {
        void take(ServedVersion version, Message request, Message answer, long atMillis);
    }

    private static final class Place {
        @Nullable ServedVersion version;
        @Nullable Message request;
        @Nullable Message answer;
        long atMillis;
    }

    private final Place[] places;
    private final AtomicLongArray turns;
    private final int mask;
    private final long mostBytes;
    private final AtomicLong last = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private volatile long first;

    /**
     * @param calls that have room, a power of two
     * @param mostBytes of all their bodies
     */
    CallBuffer(int calls, long mostBytes) {
        if (Integer.bitCount(calls) != 1) {
            throw new IllegalArgumentException(calls + " is no power of two");
        }
        this.mostBytes = mostBytes;
        mask = calls - 1;
        places = new Place[calls];
        turns = new AtomicLongArray(calls);
        for (int i = 0; i < calls; i++) {
            places[i] = new Place();
            turns.set(i, i);
        }
    }

    /** From any thread; false when there is no room. */
    boolean offer(ServedVersion version, Message request, Message answer, long atMillis) {
        long size = size(request, answer);
        if (bytes.addAndGet(size) > mostBytes) {
            bytes.addAndGet(-size);
            return false;
        }
        while (true) {
            long at = last.get();
            int i = (int) at & mask;
            long turn = turns.get(i);
            if (turn < at) {
                // Who looked a moment ago sees a full ring where there is one place by now.
                bytes.addAndGet(-size);
                return false;
            }
            if (turn == at && last.compareAndSet(at, at + 1)) {
                var place = places[i];
                place.version = version;
                place.request = request;
                place.answer = answer;
                place.atMillis = atMillis;
                turns.setRelease(i, at + 1);
                return true;
            }
        }
    }

    /** From one thread only; false when there is none. */
    boolean poll(Taker taker) {
        long at = first;
        int i = (int) at & mask;
        if (turns.getAcquire(i) != at + 1) {
            return false;
        }
        var place = places[i];
        var version = Objects.requireNonNull(place.version);
        var request = Objects.requireNonNull(place.request);
        var answer = Objects.requireNonNull(place.answer);
        long atMillis = place.atMillis;
        place.version = null;
        place.request = null;
        place.answer = null;
        first = at + 1;
        turns.setRelease(i, at + mask + 1);
        try {
            taker.take(version, request, answer, atMillis);
        } finally {
            // Held until it is counted: what is being read takes memory too.
            bytes.addAndGet(-size(request, answer));
        }
        return true;
    }

    boolean isHalfFull() {
        return last.get() - first > mask / 2 || bytes.get() > mostBytes / 2;
    }

    private static long size(Message request, Message answer) {
        return (long) request.body().length + answer.body().length;
    }
}
