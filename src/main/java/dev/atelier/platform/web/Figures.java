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
