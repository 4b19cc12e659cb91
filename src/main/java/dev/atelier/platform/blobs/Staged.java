package dev.atelier.platform.blobs;

import java.util.UUID;

/**
 * A file that has come in whole, hashed and durable, but is not a blob yet: {@link Blobs#adopt}
 * makes it one in the transaction of the row that refers to it.
 */
public record Staged(UUID id, String digest, long size, Chunks chunks) {}
