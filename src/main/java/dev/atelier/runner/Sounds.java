package dev.atelier.runner;

import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Tensor;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** WAV recordings into windows of samples: mono, −1 to 1, at the rate the model wants. */
final class Sounds {

    private static final int MAX_SAMPLES = 16_000_000;
    private static final int EXTENSIBLE = 0xFFFE;

    private Sounds() {}

    /** A tensor {@code [windows, samples]}, the last window filled up with silence. */
    static Prepared prepare(Field field, byte[] raw, int offset) {
        float[] sound;
        int rate;
        try {
            var in =
                    ByteBuffer.wrap(raw, offset, raw.length - offset)
                            .slice()
                            .order(ByteOrder.LITTLE_ENDIAN);
            var wave = wave(in);
            sound = wave.mono;
            rate = wave.rate;
        } catch (BufferUnderflowException | IndexOutOfBoundsException _) {
            throw new InvalidRequest("the recording ends too early; send a WAV file");
        }
        int wanted = field.rate() > 0 ? field.rate() : rate;
        var resampled = resampled(sound, rate, wanted);
        int window = field.samples() > 0 ? field.samples() : Math.max(1, resampled.length);
        int windows = Math.max(1, Math.ceilDiv(resampled.length, window));
        var values = Arrays.copyOf(resampled, Math.multiplyExact(windows, window));
        return new Prepared(
                List.of(Tensor.floats(field.input(), new long[] {windows, window}, values)),
                "{\"seconds\":%s,\"rate\":%d,\"windows\":%d,\"sourceRate\":%d}"
                        .formatted((double) sound.length / rate, wanted, windows, rate));
    }

    private record Wave(float[] mono, int rate) {}

    private static Wave wave(ByteBuffer in) {
        if (!tag(in).equals("RIFF") || in.getInt() == 0 || !tag(in).equals("WAVE")) {
            throw new InvalidRequest("this is no recording; send a WAV file");
        }
        int format = 0;
        int channels = 0;
        int rate = 0;
        int bits = 0;
        while (in.remaining() >= 8) {
            var tag = tag(in);
            long length = Integer.toUnsignedLong(in.getInt());
            int start = in.position();
            if (tag.equals("fmt ")) {
                format = Short.toUnsignedInt(in.getShort());
                channels = Short.toUnsignedInt(in.getShort());
                rate = in.getInt();
                in.getInt();
                in.getShort();
                bits = Short.toUnsignedInt(in.getShort());
                if (format == EXTENSIBLE) {
                    in.position(start + 24);
                    format = Short.toUnsignedInt(in.getShort());
                }
            } else if (tag.equals("data")) {
                int available = (int) Math.min(length, in.remaining());
                return new Wave(mono(in, available, format, channels, rate, bits), rate);
            }
            in.position((int) Math.min(in.limit(), start + length + (length & 1)));
        }
        throw new InvalidRequest("the WAV file has no sound in it");
    }

    private static float[] mono(
            ByteBuffer in, int length, int format, int channels, int rate, int bits) {
        boolean real = format == 3 && bits == 32;
        if (!real && (format != 1 || (bits != 8 && bits != 16 && bits != 24 && bits != 32))) {
            throw new InvalidRequest(
                    "WAV format %d with %d bits is not read; send 8 to 32 bit PCM"
                            .formatted(format, bits));
        }
        if (channels < 1 || channels > 16 || rate < 1000 || rate > 384_000) {
            throw new InvalidRequest(
                    "the WAV file says %d channels at %d Hz".formatted(channels, rate));
        }
        int count = length / (channels * bits / 8);
        if (count > MAX_SAMPLES) {
            throw new InvalidRequest("the recording has more than 16 million samples");
        }
        var mono = new float[count];
        for (int i = 0; i < count; i++) {
            float sum = 0;
            for (int c = 0; c < channels; c++) {
                sum +=
                        switch (bits) {
                            case 8 -> (Byte.toUnsignedInt(in.get()) - 128) / 128f;
                            case 16 -> in.getShort() / 32768f;
                            case 24 ->
                                    (Byte.toUnsignedInt(in.get())
                                                    | Byte.toUnsignedInt(in.get()) << 8
                                                    | in.get() << 16)
                                            / 8388608f;
                            default -> real ? in.getFloat() : in.getInt() / 2147483648f;
                        };
            }
            mono[i] = sum / channels;
        }
        return mono;
    }

    private static String tag(ByteBuffer in) {
        var bytes = new byte[4];
        in.get(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /**
     * Windowed sinc with a Hann window, 16 zero crossings to each side: no aliasing worth hearing.
     */
    private static float[] resampled(float[] sound, int from, int to) {
        if (from == to || sound.length == 0) {
            return sound;
        }
        double ratio = (double) to / from;
        int length = (int) Math.min(MAX_SAMPLES, Math.ceil(sound.length * ratio));
        double cutoff = Math.min(1, ratio);
        double reach = 16 / cutoff;
        var out = new float[length];
        for (int i = 0; i < length; i++) {
            double centre = i / ratio;
            int low = Math.max(0, (int) Math.ceil(centre - reach));
            int high = Math.min(sound.length - 1, (int) Math.floor(centre + reach));
            double sum = 0;
            double weights = 0;
            for (int j = low; j <= high; j++) {
                double t = j - centre;
                double x = Math.PI * t * cutoff;
                double weight =
                        (Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x)
                                * (0.5 + 0.5 * Math.cos(Math.PI * t / reach));
                sum += weight * sound[j];
                weights += weight;
            }
            out[i] = weights == 0 ? 0 : (float) (sum / weights);
        }
        return out;
    }
}
