package dev.atelier.monitoring.statistics;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes counts as bytes; {@link ByteSource} reads them. The first byte is the format's number. */
final class ByteSink {

    private static final int PAYLOAD = 0x7f;
    private static final int MORE = 0x80;
    private static final int BITS = 7;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ByteSink(int format) {
        out.write(format);
    }

    /** An unsigned number in groups of seven bits, the lowest first (LEB128). */
    ByteSink count(long value) {
        long rest = value;
        while ((rest & ~PAYLOAD) != 0) {
            out.write((int) (rest & PAYLOAD) | MORE);
            rest >>>= BITS;
        }
        out.write((int) rest);
        return this;
    }

    /** Their number and each of them; a zero is followed by how many more zeros there are. */
    ByteSink counts(long[] values) {
        count(values.length);
        for (int i = 0; i < values.length; i++) {
            count(values[i]);
            if (values[i] == 0) {
                int end = i + 1;
                while (end < values.length && values[end] == 0) {
                    end++;
                }
                count(end - i - 1);
                i = end - 1;
            }
        }
        return this;
    }

    /** Eight bytes, the highest first (IEEE 754). */
    ByteSink number(double value) {
        long bits = Double.doubleToLongBits(value);
        for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            out.write((int) (bits >>> shift));
        }
        return this;
    }

    ByteSink moments(Moments moments) {
        count(moments.n());
        return moments.n() == 0
                ? this
                : number(moments.mean())
                        .number(moments.m2())
                        .number(moments.min())
                        .number(moments.max());
    }

    /** A hash of hexadecimal digits, as 32 bytes. */
    ByteSink hash(String digits) {
        out.writeBytes(HexFormat.of().parseHex(digits));
        return this;
    }

    ByteSink text(String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        count(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
