package dev.atelier.inference;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What portal and runner say to each other over the runner's standard streams: a header of 56 bytes
 * (big-endian) and a payload.
 *
 * <p>The runner's bytes are hostile: every length is held against a limit before memory is taken.
 *
 * @param status of an answer, as in HTTP; 0 in requests
 * @param id chosen by the portal, given back by the runner
 * @param headerLength of the payload as in {@link Message}
 * @param limitMillis time the runner may take, 0 for none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copying payloads would cost
public record Frame(
        Kind kind,
        int status,
        long id,
        int headerLength,
        int limitMillis,
        Timings timings,
        byte[] payload) {

    /** The payload of each is named beside it. */
    public enum Kind {
        /** runner → portal: ready for a model. JSON: what confines it. */
        READY,
        /** JSON: {@link LoadRequest}. Answer: {@link SignatureJson}. */
        LOAD,
        /** A request of the protocol. Answer: an answer of the protocol. */
        INFER,
        /** A field of interface.json, and its raw value. Answer: tensors as a request. */
        PREPARE,
        /** Nothing. Answer: JSON with counters. */
        STATS,
        /** runner → portal, to the request of the same id. */
        ANSWER
    }

    private static final Kind[] KINDS = Kind.values();
    private static final int HEADER = 56;
    private static final byte[] NOTHING = {};

    public static Frame request(Kind kind, long id, Message message, int limitMillis) {
        return new Frame(
                kind, 0, id, message.headerLength(), limitMillis, Timings.NONE, message.body());
    }

    public static Frame request(Kind kind, long id, int limitMillis) {
        return new Frame(kind, 0, id, -1, limitMillis, Timings.NONE, NOTHING);
    }

    public static Frame answer(long id, int status, Message message, Timings timings) {
        return new Frame(
                Kind.ANSWER, status, id, message.headerLength(), 0, timings, message.body());
    }

    public void write(OutputStream out) throws IOException {
        var header = ByteBuffer.allocate(HEADER);
        header.putInt(payload.length)
                .putShort((short) kind.ordinal())
                .putShort((short) status)
                .putLong(id)
                .putInt(headerLength)
                .putInt(limitMillis)
                .putLong(timings.queue())
                .putLong(timings.decode())
                .putLong(timings.run())
                .putLong(timings.encode());
        out.write(header.array());
        out.write(payload);
        out.flush();
    }

    /**
     * Waits for the next frame.
     *
     * @return null at the end of the stream
     * @throws IOException when the stream ends within a frame, or what came is not one
     */
    public static @Nullable Frame read(DataInputStream in, int maxPayload) throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        var bytes = new byte[HEADER];
        bytes[0] = (byte) first;
        in.readFully(bytes, 1, HEADER - 1);
        var header = ByteBuffer.wrap(bytes);
        int length = header.getInt();
        int kind = header.getShort();
        int status = header.getShort();
        long id = header.getLong();
        int headerLength = header.getInt();
        int limit = header.getInt();
        var timings =
                new Timings(header.getLong(), header.getLong(), header.getLong(), header.getLong());
        if (length < 0
                || length > maxPayload
                || kind < 0
                || kind >= KINDS.length
                || status < 0
                || status > 599
                || headerLength < -1
                || headerLength > length
                || limit < 0
                || timings.negative()) {
            throw new IOException("what came is not a frame");
        }
        var payload = length == 0 ? NOTHING : in.readNBytes(length);
        if (payload.length < length) {
            throw new EOFException("the stream ended within a frame");
        }
        return new Frame(KINDS[kind], status, id, headerLength, limit, timings, payload);
    }

    public Message message() {
        return new Message(payload, headerLength);
    }
}
