package dev.atelier.runner;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import dev.atelier.inference.DataType;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Tensor;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.spi.IIORegistry;

/**
 * Pictures into tensors, in the order that {@code docs/model-interface.md} says. The numbers are
 * those of {@code catalog/models/images.py}, which trains and checks with Pillow.
 */
final class Images {

    private static final int MAX_PIXELS = 25_000_000;
    private static final int MAX_SIDE = 8192;
    private static final Set<String> FORMATS = Set.of("png", "jpeg", "gif", "bmp", "webp");

    static {
        ImageIO.setUseCache(false);
        // The runner's jar holds classes only, so nothing is found by itself.
        IIORegistry.getDefaultInstance().registerServiceProvider(new WebPImageReaderSpi());
    }

    private static final String SEND = "send PNG, JPEG, WebP, GIF or BMP";

    private record Decoded(BufferedImage image, Orientation orientation) {}

    /** Values 0 to 255 as {@code [height][width][channels]}, one after another. */
    private record Pixels(int width, int height, int channels, float[] values) {

        float at(int x, int y, int channel) {
            return values[(y * width + x) * channels + channel];
        }

        /** Mean of the outermost pixels of a channel. */
        double border(int channel) {
            double sum = 0;
            int count = 0;
            for (int y = 0; y < height; y++) {
                boolean edge = y == 0 || y == height - 1;
                int step = edge || width == 1 ? 1 : width - 1;
                for (int x = 0; x < width; x += step) {
                    sum += at(x, y, channel);
                    count++;
                }
            }
            return sum / count;
        }
    }

    private Images() {}

    static Prepared prepare(Field field, DataType datatype, byte[] raw, int offset)
            throws IOException {
        var decoded = decode(raw, offset);
        boolean grey = field.channels().equals("L");
        var whole = pixels(decoded.image, decoded.orientation, grey);
        int height = field.height() > 0 ? field.height() : whole.height;
        int width = field.width();
        if (width <= 0) {
            width = Math.max(1, (int) Math.rint((double) whole.width * height / whole.height));
            width = field.maxWidth() > 0 ? Math.min(field.maxWidth(), width) : width;
        }
        if (width > MAX_SIDE || height > MAX_SIDE) {
            throw new InvalidRequest("the field asks for more than " + MAX_SIDE + " pixels a side");
        }
        int left = 0;
        int top = 0;
        Pixels inner;
        Pixels sized;
        switch (field.resize().toLowerCase(Locale.ROOT)) {
            case "fit" -> {
                double factor =
                        Math.min((double) width / whole.width, (double) height / whole.height);
                inner =
                        scaled(
                                whole,
                                side(whole.width * factor, width),
                                side(whole.height * factor, height));
                left = field.left() ? 0 : (width - inner.width) / 2;
                top = (height - inner.height) / 2;
                sized = padded(inner, width, height, left, top, field);
            }
            case "crop" -> {
                double factor =
                        Math.max((double) width / whole.width, (double) height / whole.height);
                inner =
                        scaled(
                                whole,
                                Math.max(width, (int) Math.rint(whole.width * factor)),
                                Math.max(height, (int) Math.rint(whole.height * factor)));
                left = -((inner.width - width) / 2);
                top = -((inner.height - height) / 2);
                sized = cropped(inner, width, height, -left, -top);
            }
            default -> {
                inner = scaled(whole, width, height);
                sized = inner;
            }
        }
        var values = values(sized, field);
        int channels = sized.channels;
        var shape =
                field.layout().equals("NHWC")
                        ? new long[] {1, height, width, channels}
                        : new long[] {1, channels, height, width};
        var info =
                """
                {"width":%d,"height":%d,"left":%d,"top":%d,"innerWidth":%d,"innerHeight":%d}"""
                        .formatted(whole.width, whole.height, left, top, inner.width, inner.height);
        return new Prepared(List.of(Tensor.numbers(field.input(), datatype, shape, values)), info);
    }

    private static int side(double wanted, int most) {
        return Math.clamp((int) Math.rint(wanted), 1, most);
    }

    private static Decoded decode(byte[] raw, int offset) throws IOException {
        try (var in =
                ImageIO.createImageInputStream(
                        new ByteArrayInputStream(raw, offset, raw.length - offset))) {
            var readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new InvalidRequest("this is no picture; " + SEND);
            }
            var reader = readers.next();
            try {
                var format = reader.getFormatName().toLowerCase(Locale.ROOT);
                if (!FORMATS.contains(format)) {
                    throw new InvalidRequest(
                            "pictures of the format " + format + " are not read; " + SEND);
                }
                reader.setInput(in, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MAX_PIXELS) {
                    throw new InvalidRequest(
                            "the picture has %d × %d pixels; at most 25 million are read, make it smaller"
                                    .formatted(reader.getWidth(0), reader.getHeight(0)));
                }
                return new Decoded(reader.read(0), Orientation.of(raw, offset, format));
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof InvalidRequest refused) {
                throw refused;
            }
            throw new InvalidRequest(
                    "the picture is damaged and cannot be read (%s); %s"
                            .formatted(e.getMessage(), SEND));
        }
    }

    /** Transparent becomes white; grey is weighted as in ITU-R 601. */
    private static Pixels pixels(BufferedImage image, Orientation held, boolean grey) {
        int width = image.getWidth();
        int height = image.getHeight();
        int channels = grey ? 1 : 3;
        if ((long) width * height * channels > MAX_PIXELS) {
            // Three floats for each of 25 million pixels would not fit; every second one will do.
            image = halved(image);
            width = image.getWidth();
            height = image.getHeight();
        }
        var values = new float[width * height * channels];
        var model = image.getColorModel();
        // Java takes one-band pictures for linear light and would brighten them.
        boolean plainGrey = model.getNumComponents() <= 2 && !(model instanceof IndexColorModel);
        int bits = model.getComponentSize(0);
        var row = new int[width];
        var samples = new int[width];
        int upright = held.turned() ? height : width;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            if (plainGrey) {
                image.getRaster().getSamples(0, y, width, 1, 0, samples);
            }
            for (int x = 0; x < width; x++) {
                int alpha = row[x] >>> 24;
                int r = row[x] >> 16 & 0xFF;
                int g = row[x] >> 8 & 0xFF;
                int b = row[x] & 0xFF;
                if (plainGrey) {
                    int value =
                            bits > 8
                                    ? samples[x] >> bits - 8
                                    : samples[x] * 255 / ((1 << bits) - 1);
                    r = value;
                    g = value;
                    b = value;
                }
                if (alpha < 255) {
                    r = over(r, alpha);
                    g = over(g, alpha);
                    b = over(b, alpha);
                }
                int at =
                        (held.row(x, y, width, height) * upright + held.column(x, y, width, height))
                                * channels;
                if (grey) {
                    values[at] = r * 19595 + g * 38470 + b * 7471 + 0x8000 >> 16;
                } else {
                    values[at] = r;
                    values[at + 1] = g;
                    values[at + 2] = b;
                }
            }
        }
        return new Pixels(upright, held.turned() ? width : height, channels, values);
    }

    private static int over(int value, int alpha) {
        return Math.round((value * alpha + 255 * (255 - alpha)) / 255f);
    }

    private static BufferedImage halved(BufferedImage image) {
        var half =
                new BufferedImage(
                        Math.max(1, image.getWidth() / 2),
                        Math.max(1, image.getHeight() / 2),
                        BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < half.getHeight(); y++) {
            for (int x = 0; x < half.getWidth(); x++) {
                half.setRGB(x, y, image.getRGB(x * 2, y * 2));
            }
        }
        return half;
    }

    /** Mean over the covered area when shrinking, bilinear when growing, as Pillow does it. */
    private static Pixels scaled(Pixels from, int width, int height) {
        boolean box = width < from.width || height < from.height;
        var narrow = new float[width * from.height * from.channels];
        var weights = new Weights(from.width, width, box);
        for (int x = 0; x < width; x++) {
            int first = weights.first[x];
            var shares = weights.shares[x];
            for (int y = 0; y < from.height; y++) {
                for (int c = 0; c < from.channels; c++) {
                    double sum = 0;
                    for (int i = 0; i < shares.length; i++) {
                        sum += shares[i] * from.at(first + i, y, c);
                    }
                    narrow[(y * width + x) * from.channels + c] = rounded(sum);
                }
            }
        }
        var between = new Pixels(width, from.height, from.channels, narrow);
        var values = new float[width * height * from.channels];
        weights = new Weights(from.height, height, box);
        for (int y = 0; y < height; y++) {
            int first = weights.first[y];
            var shares = weights.shares[y];
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < from.channels; c++) {
                    double sum = 0;
                    for (int i = 0; i < shares.length; i++) {
                        sum += shares[i] * between.at(x, first + i, c);
                    }
                    values[(y * width + x) * from.channels + c] = rounded(sum);
                }
            }
        }
        return new Pixels(width, height, from.channels, values);
    }

    private static float rounded(double value) {
        return (float) Math.clamp(Math.floor(value + 0.5), 0, 255);
    }

    /** For each pixel of the result: the first pixel it is made of, and the shares of those. */
    private static final class Weights {
        final int[] first;
        final double[][] shares;

        Weights(int from, int to, boolean box) {
            first = new int[to];
            shares = new double[to][];
            double scale = (double) from / to;
            double filter = Math.max(scale, 1);
            double support = (box ? 0.5 : 1) * filter;
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int low = Math.max(0, (int) (centre - support + 0.5));
                int high = Math.min(from, (int) (centre + support + 0.5));
                var some = new double[Math.max(1, high - low)];
                double sum = 0;
                for (int j = 0; j < some.length; j++) {
                    double distance = (j + low - centre + 0.5) / filter;
                    some[j] =
                            box
                                    ? distance > -0.5 && distance <= 0.5 ? 1 : 0
                                    : Math.max(0, 1 - Math.abs(distance));
                    sum += some[j];
                }
                for (int j = 0; j < some.length; j++) {
                    some[j] = sum == 0 ? 1.0 / some.length : some[j] / sum;
                }
                first[i] = Math.min(low, from - some.length);
                shares[i] = some;
            }
        }
    }

    private static Pixels padded(
            Pixels inner, int width, int height, int left, int top, Field field) {
        int channels = inner.channels;
        var values = new float[width * height * channels];
        for (int c = 0; c < channels; c++) {
            var padding = field.padding();
            float fill = (float) (padding == null ? inner.border(c) : (double) padding);
            for (int i = c; i < values.length; i += channels) {
                values[i] = fill;
            }
        }
        for (int y = 0; y < inner.height; y++) {
            System.arraycopy(
                    inner.values,
                    y * inner.width * channels,
                    values,
                    ((top + y) * width + left) * channels,
                    inner.width * channels);
        }
        return new Pixels(width, height, channels, values);
    }

    private static Pixels cropped(Pixels inner, int width, int height, int left, int top) {
        int channels = inner.channels;
        var values = new float[width * height * channels];
        for (int y = 0; y < height; y++) {
            System.arraycopy(
                    inner.values,
                    ((top + y) * inner.width + left) * channels,
                    values,
                    y * width * channels,
                    width * channels);
        }
        return new Pixels(width, height, channels, values);
    }

    private static double[] values(Pixels pixels, Field field) {
        double border = 0;
        for (int c = 0; c < pixels.channels; c++) {
            border += pixels.border(c) / pixels.channels;
        }
        boolean invert = field.invert() && border > 127;
        boolean reversed = field.channels().equals("BGR");
        boolean last = field.layout().equals("NHWC");
        int plane = pixels.width * pixels.height;
        var values = new double[pixels.values.length];
        for (int i = 0; i < plane; i++) {
            for (int c = 0; c < pixels.channels; c++) {
                int source = reversed ? pixels.channels - 1 - c : c;
                float value = pixels.values[i * pixels.channels + source];
                float scaled = (invert ? 255 - value : value) * (float) field.scale();
                double normal =
                        (scaled - (float) Field.of(field.mean(), c, 0))
                                / (float) Field.of(field.std(), c, 1);
                values[last ? i * pixels.channels + c : c * plane + i] = normal;
            }
        }
        return values;
    }
}
