package dev.atelier.runner;

import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.Tensor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request on its way through the queue, with the times it took. */
final class Call {

    final Frame frame;
    final long arrived = System.nanoTime();
    long taken;
    long decoded;
    @Nullable InferRequest request;

    Call(Frame frame) {
        this.frame = frame;
    }

    /** When the caller's time is over, as {@link System#nanoTime}. */
    long deadline() {
        return arrived + TimeUnit.MILLISECONDS.toNanos(frame.limitMillis());
    }

    boolean late() {
        return frame.limitMillis() > 0 && deadline() - System.nanoTime() <= 0;
    }

    InferRequest decodedRequest() {
        if (request == null) {
            throw new IllegalStateException("not decoded");
        }
        return request;
    }

    /** Rows in the first dimension. */
    long rows() {
        return decodedRequest().inputs().getFirst().shape()[0];
    }

    /** Whether the two can be one run: same inputs in the same order, equal but for the rows. */
    boolean merges(Call other) {
        var mine = decodedRequest().inputs();
        var others = other.decodedRequest().inputs();
        if (mine.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < mine.size(); i++) {
            if (!alike(mine.get(i), others.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean alike(Tensor one, Tensor other) {
        if (!one.name().equals(other.name()) || one.shape().length != other.shape().length) {
            return false;
        }
        for (int i = 1; i < one.shape().length; i++) {
            if (one.shape()[i] != other.shape()[i]) {
                return false;
            }
        }
        return true;
    }

    /** A request whose inputs agree on the number of rows, at least one. */
    boolean regular() {
        long rows = rows();
        return rows > 0
                && decodedRequest().inputs().stream()
                        .allMatch(input -> input.shape().length > 0 && input.shape()[0] == rows);
    }
}
