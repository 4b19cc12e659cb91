package dev.atelier.serving;

import org.jspecify.annotations.Nullable;

/**
 * What an administrator sees of a version here.
 *
 * @param state {@code loaded}, {@code unloaded} or {@code on hold}
 * @param pid of its process, null where it has none
 * @param underWay calls that run or wait
 * @param reason why it is on hold
 */
public record RunnerStatus(
        String name,
        String version,
        String state,
        @Nullable Long pid,
        int underWay,
        @Nullable String reason) {}
