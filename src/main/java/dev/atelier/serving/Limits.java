package dev.atelier.serving;

import java.time.Duration;

/**
 * What the pool holds every model to.
 *
 * @param loaded versions that are loaded at the same time
 * @param warm started runners that wait for a model
 * @param call wall clock of one call
 * @param load wall clock of loading a version
 * @param queue calls of one version under way or waiting
 * @param maxRequest bytes of one request
 * @param maxOutput bytes of one answer
 * @param batch rows merged into one run, 1 for none
 * @param threads calls of one version that run side by side
 * @param memory bytes a model may take beyond three times its files
 * @param untrustedUnconfined whether untrusted models run where no sandbox works
 */
record Limits(
        int loaded,
        int warm,
        Duration call,
        Duration load,
        int queue,
        int maxRequest,
        int maxOutput,
        int batch,
        int threads,
        long memory,
        boolean untrustedUnconfined) {

    /** Address space for a model beyond that of the empty runner. */
    long memoryFor(Servable servable) {
        return memory + 3 * servable.size();
    }
}
