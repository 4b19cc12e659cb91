package dev.atelier.platform.web;

import io.quarkus.qute.TemplateExtension;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers and times as people read them, for the templates. */
@TemplateExtension(namespace = "figure")
public class Figures {

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM yyyy", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());

    private Figures() {}

    /** Say {@code 3.1 MB}; a thousand bytes are a kB. */
    public static String bytes(long bytes) {
        if (bytes < 1_000) {
            return bytes == 1 ? "1 byte" : bytes + " bytes";
        }
        double size = bytes;
        var unit = "";
        for (var next : new String[] {"kB", "MB", "GB", "TB"}) {
            size /= 1_000;
            unit = next;
            if (size < 999.5) {
                break;
            }
        }
        return String.format(Locale.ROOT, size < 9.95 ? "%.1f %s" : "%.0f %s", size, unit);
    }

    public static String count(Number n) {
        return String.format(Locale.ENGLISH, "%,d", n.longValue());
    }

    /** A measured number: five digits that count, and the power of ten where it is far from one. */
    public static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "−∞";
        }
        var size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e15) {
            return sign(String.format(Locale.ENGLISH, "%d", (long) value));
        }
        if (size >= 1e7 || size < 1e-4) {
            var text = String.format(Locale.ROOT, "%.3e", value);
            var e = text.indexOf('e');
            return sign(
                    plain(text.substring(0, e)) + "e" + Integer.parseInt(text.substring(e + 1)));
        }
        var digits = Math.max(0, 4 - (int) Math.floor(Math.log10(size)));
        return sign(plain(String.format(Locale.ROOT, "%." + digits + "f", value)));
    }

    private static String plain(String text) {
        return text.indexOf('.') < 0 ? text : text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }

    private static String sign(String text) {
        return text.replace('-', '−').replace("e−", "e-");
    }

    /**
     * Say {@code 14 min} or {@code 2 h 5 min}.
     *
     * @param milliseconds not negative
     */
    public static String duration(long milliseconds) {
        if (milliseconds < 1_000) {
            return milliseconds + " ms";
        }
        var seconds = milliseconds / 1_000;
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", milliseconds / 1_000.0);
        }
        var minutes = seconds / 60;
        if (minutes < 60) {
            return minutes < 10 && seconds % 60 > 0
                    ? minutes + " min " + seconds % 60 + " s"
                    : minutes + " min";
        }
        var hours = minutes / 60;
        if (hours < 48) {
            return minutes % 60 == 0 ? hours + " h" : hours + " h " + minutes % 60 + " min";
        }
        return hours / 24 + " days";
    }

    public static String day(Instant at) {
        return DAY.format(at);
    }

    public static String minute(Instant at) {
        return MINUTE.format(at);
    }

    /** The beginning of a digest, as people compare it. */
    public static String digest(String digest) {
        return digest.substring(0, 12) + "…";
    }

    /** Who acted: the last part of an entity reference. */
    public static String actor(String ref) {
        return ref.equals("system:atelier") ? "the catalog" : ref.substring(ref.indexOf('/') + 1);
    }
}
