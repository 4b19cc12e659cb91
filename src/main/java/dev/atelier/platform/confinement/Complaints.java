package dev.atelier.platform.confinement;

import java.io.IOException;
import java.io.InputStream;

/** Standard error of a child: bounded, kept for the explanation of a crash. */
public final class Complaints {

    private static final int KEPT = 4096;
    private final StringBuilder tail = new StringBuilder();

    /** Reads until the child is gone. */
    public void read(InputStream errors) {
        var buffer = new byte[1024];
        try (errors) {
            int count;
            while ((count = errors.read(buffer)) >= 0) {
                synchronized (tail) {
                    for (int i = 0; i < count; i++) {
                        // Hostile text: nothing but printable ASCII gets near a log.
                        char c = (char) (buffer[i] & 0x7f);
                        tail.append(c == '\n' || (c >= ' ' && c < 127) ? c : ' ');
                    }
                    if (tail.length() > KEPT) {
                        tail.delete(0, tail.length() - KEPT);
                    }
                }
            }
        } catch (IOException _) {
            // The process is gone, and with it what it had to say.
        }
    }

    /** As the end of a sentence; empty when it said nothing. */
    public String lastLine() {
        synchronized (tail) {
            var lines = tail.toString().lines().filter(line -> !line.isBlank()).toList();
            return lines.isEmpty() ? "" : "; its last words: " + lines.getLast().strip();
        }
    }
}
