package dev.atelier.inference;

/**
 * A body of the protocol.
 *
 * @param headerLength bytes of JSON before the binary tensors, or −1 when all of it is JSON
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copying bodies would cost
public record Message(byte[] body, int headerLength) {}
