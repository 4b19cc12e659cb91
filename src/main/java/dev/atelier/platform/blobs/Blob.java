package dev.atelier.platform.blobs;

/**
 * Bytes that are there, complete and durable.
 *
 * @param digest SHA-256 as 64 lowercase hexadecimal digits
 * @param size bytes
 */
public record Blob(String digest, long size) {}
