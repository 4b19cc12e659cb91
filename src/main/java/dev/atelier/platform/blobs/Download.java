package dev.atelier.platform.blobs;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file as a download: always an attachment, never something a browser would run under the
 * portal's name; with ranges (RFC 9110) and a strong tag, since content is addressed by its digest.
 */
public final class Download {

    private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

    private record Range(long from, long length) {}

    private Download() {}

    /**
     * @param path whose last part names the download
     */
    public static Response of(String path, Blob blob, Blobs blobs, HttpHeaders headers) {
        var tag = '"' + blob.digest() + '"';
        var ifNoneMatch = headers.getHeaderString(HttpHeaders.IF_NONE_MATCH);
        if (ifNoneMatch != null && (ifNoneMatch.equals("*") || ifNoneMatch.contains(tag))) {
            return Response.notModified().header(HttpHeaders.ETAG, tag).build();
        }
        var asked = headers.getHeaderString("Range");
        var condition = headers.getHeaderString("If-Range");
        var range =
                asked == null || (condition != null && !condition.equals(tag))
                        ? null
                        : range(asked, blob.size());
        if (range != null && range.length < 0) {
            return Response.status(416).header("Content-Range", "bytes */" + blob.size()).build();
        }
        var answer =
                range == null
                        ? Response.ok(blobs.open(blob.digest()))
                                .header(HttpHeaders.CONTENT_LENGTH, blob.size())
                        : Response.status(206)
                                .entity(blobs.open(blob.digest(), range.from, range.length))
                                .header(HttpHeaders.CONTENT_LENGTH, range.length)
                                .header(
                                        "Content-Range",
                                        "bytes %d-%d/%d"
                                                .formatted(
                                                        range.from,
                                                        range.from + range.length - 1,
                                                        blob.size()));
        return answer.type("application/octet-stream")
                .header(HttpHeaders.ETAG, tag)
                .header("Accept-Ranges", "bytes")
                .header("X-Content-SHA256", blob.digest())
                .header(HttpHeaders.CONTENT_DISPOSITION, disposition(path))
                .header(HttpHeaders.CACHE_CONTROL, "private, max-age=31536000, immutable")
                // Never compressed on the way: the length above is that of the file.
                .header(HttpHeaders.CONTENT_ENCODING, "identity")
                .build();
    }

    /** The range asked for; length −1 when it cannot be met; null when the header is not for us. */
    private static @Nullable Range range(String header, long size) {
        var match = RANGE.matcher(header.strip());
        if (!match.matches() || (match.group(1).isEmpty() && match.group(2).isEmpty())) {
            return null; // several ranges, or another unit: the whole is a correct answer
        }
        if (match.group(1).isEmpty()) {
            long last = Math.min(Long.parseLong(match.group(2)), size);
            return last == 0 ? new Range(0, -1) : new Range(size - last, last);
        }
        long from = Long.parseLong(match.group(1));
        long to =
                match.group(2).isEmpty()
                        ? size - 1
                        : Math.min(Long.parseLong(match.group(2)), size - 1);
        if (!match.group(2).isEmpty() && Long.parseLong(match.group(2)) < from) {
            return null;
        }
        return from >= size ? new Range(0, -1) : new Range(from, to - from + 1);
    }

    /** RFC 6266: an ASCII name for old clients, the true one in UTF-8 (RFC 8187). */
    public static String disposition(String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        var plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
        var encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 128 && (Character.isLetterOrDigit(c) || "!#$&+-.^_`|~".indexOf(c) >= 0)) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HexFormat.of().toHexDigits(b).toUpperCase(Locale.ROOT));
            }
        }
        return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
    }
}
