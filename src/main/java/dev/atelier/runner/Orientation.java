package dev.atelier.runner;

import com.twelvemonkeys.imageio.metadata.jpeg.JPEG;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegmentUtil;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageIO;

/**
 * How the camera was held, as Exif says it (CIPA DC-008, tag 0x0112): 1 is upright; 2 to 8 are
 * mirrored or turned. Telephones write the sensor's rows and this tag, so a model that ignores it
 * sees a picture lying on its side.
 */
record Orientation(int code) {

    static final Orientation UPRIGHT = new Orientation(1);

    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

    /** Of JPEG and WebP; a tag that cannot be read is taken as upright, as viewers do. */
    static Orientation of(byte[] raw, int offset, String format) {
        try {
            return switch (format) {
                case "jpeg" -> jpeg(raw, offset);
                case "webp" -> webp(raw, offset);
                default -> UPRIGHT;
            };
        } catch (IOException | RuntimeException _) {
            return UPRIGHT;
        }
    }

    private static Orientation jpeg(byte[] raw, int offset) throws IOException {
        try (var in =
                ImageIO.createImageInputStream(
                        new ByteArrayInputStream(raw, offset, raw.length - offset))) {
            for (var segment : JPEGSegmentUtil.readSegments(in, JPEG.APP1, "Exif")) {
                var data = segment.data();
                // One byte pads the name "Exif\0".
                data.skipNBytes(1);
                return tiff(data);
            }
        }
        return UPRIGHT;
    }

    /** Walks the chunks of the RIFF container to the one named EXIF. */
    private static Orientation webp(byte[] raw, int offset) throws IOException {
        var riff = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        long at = offset + 12L;
        while (at + 8 <= raw.length) {
            int start = (int) at;
            long size = riff.getInt(start + 4) & 0xFFFFFFFFL;
            if (new String(raw, start, 4, StandardCharsets.US_ASCII).equals("EXIF")) {
                int length = (int) Math.min(size, raw.length - start - 8L);
                int skip = startsWith(raw, start + 8, EXIF) ? EXIF.length : 0;
                return tiff(new ByteArrayInputStream(raw, start + 8 + skip, length - skip));
            }
            at += 8 + size + (size & 1);
        }
        return UPRIGHT;
    }

    private static Orientation tiff(InputStream exif) throws IOException {
        try (var in = ImageIO.createImageInputStream(exif)) {
            var entry = new TIFFReader().read(in).getEntryById(TIFF.TAG_ORIENTATION);
            return entry != null
                            && entry.getValue() instanceof Number number
                            && number.intValue() >= 1
                            && number.intValue() <= 8
                    ? new Orientation(number.intValue())
                    : UPRIGHT;
        }
    }

    private static boolean startsWith(byte[] raw, int at, byte[] with) {
        return at + with.length <= raw.length
                && java.util.Arrays.equals(raw, at, at + with.length, with, 0, with.length);
    }

    /** Whether width and height change places. */
    boolean turned() {
        return code >= 5;
    }

    /** Where the pixel at (x, y) of a picture of that size lies when it is upright: its column. */
    int column(int x, int y, int width, int height) {
        return switch (code) {
            case 2, 3 -> width - 1 - x;
            case 5, 8 -> y;
            case 6, 7 -> height - 1 - y;
            default -> x;
        };
    }

    int row(int x, int y, int width, int height) {
        return switch (code) {
            case 3, 4 -> height - 1 - y;
            case 5, 6 -> x;
            case 7, 8 -> width - 1 - x;
            default -> y;
        };
    }
}
