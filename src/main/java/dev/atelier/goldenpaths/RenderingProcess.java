package dev.atelier.goldenpaths;

import dev.atelier.platform.confinement.Child;
import dev.atelier.platform.confinement.Complaints;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One rendering process, seen from the portal: asked by one at a time, killed when it is late. */
final class RenderingProcess {

    /** It ended, or was ended. */
    static final class Ended extends Exception {
        private static final long serialVersionUID = 1;

        /** Whether its time was over. */
        final boolean late;

        Ended(String reason, boolean late) {
            super(reason, null, false, false);
            this.late = late;
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    private final Process process;
    private final Path slot;
    private final int most;
    private final DataOutputStream out;
    private final DataInputStream in;
    private final Complaints complaints = new Complaints();

    /** Pipes block the thread that uses them, so each process has a real one of its own. */
    private final ExecutorService thread;

    private RenderingProcess(Process process, Path slot, int most) {
        this.process = process;
        this.slot = slot;
        this.most = most;
        this.out = new DataOutputStream(process.getOutputStream());
        this.in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 64 << 10));
        this.thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("renderer-" + process.pid()).factory());
        Thread.ofPlatform()
                .daemon()
                .name("renderer-" + process.pid() + "-errors")
                .start(() -> complaints.read(process.getErrorStream()));
    }

    /**
     * @param environment the whole of it: nothing of the portal's own is given on
     * @param most bytes of an answer
     */
    static RenderingProcess start(
            List<String> command, Map<String, String> environment, Path slot, int most)
            throws IOException {
        return new RenderingProcess(Child.start(command, environment, slot), slot, most);
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Waits until it can be asked. */
    void awaitReady(Duration limit) throws Ended {
        exchange(null, limit);
    }

    /** JSON for JSON, both in UTF-8. */
    byte[] ask(byte[] request, Duration limit) throws Ended {
        return exchange(request, limit);
    }

    private byte[] exchange(byte @Nullable [] request, Duration limit) throws Ended {
        var answer = CompletableFuture.supplyAsync(() -> read(request), thread);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            end();
            throw new Ended("it was not done within %d ms".formatted(limit.toMillis()), true);
        } catch (ExecutionException e) {
            end();
            throw new Ended(ending(e.getCause()), false);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            end();
            throw new Ended("the portal stopped waiting for it", false);
        }
    }

    private byte[] read(byte @Nullable [] request) {
        try {
            if (request != null) {
                out.writeInt(request.length);
                out.write(request);
                out.flush();
            }
            int length = in.readInt();
            // The process's bytes are hostile: no memory is taken on its word.
            if (length < 0 || length > most) {
                throw new IOException("an answer of " + length + " bytes");
            }
            var answer = in.readNBytes(length);
            if (answer.length < length) {
                throw new IOException("its answer broke off");
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String ending(@Nullable Throwable cause) {
        try {
            if (process.waitFor(2, TimeUnit.SECONDS)) {
                return Child.meaning(process.exitValue()) + complaints.lastLine();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return cause == null ? "it ended" : String.valueOf(cause.getMessage());
    }

    void end() {
        Child.end(process);
        thread.shutdownNow();
        Child.delete(slot);
    }
}
