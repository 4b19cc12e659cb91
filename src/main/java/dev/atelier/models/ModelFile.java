package dev.atelier.models;

/**
 * A file of a version.
 *
 * @param path relative, with {@code /}; never leaves the bundle
 * @param sha256 64 hexadecimal digits, the address of its blob
 * @param size bytes
 */
public record ModelFile(String path, String sha256, long size) {}
