package dev.atelier.models;

/**
 * A version is gone for good. Fired inside the transaction that purges it: whoever keeps something
 * of it removes that in the same transaction.
 */
public record VersionPurged(String model, int number) {}
