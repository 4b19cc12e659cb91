package dev.atelier.runner;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Records the start-up cache of runners, started with {@code -XX:AOTCacheOutput}: a runner, but for
 * the walls and the portal. No model but its own is near it.
 */
final class Rehearsal {

    private Rehearsal() {}

    /**
     * @param args a folder that it may write to
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Runner.rehearse(Path.of(args[0]));
        // The cache is written on the way out.
        System.exit(0);
    }
}
