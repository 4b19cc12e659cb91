package dev.atelier.goldenpaths;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A small file within an answer, as the forms of Backstage write it for {@code format: data-url}
 * (RFC 2397): {@code data:text/csv;name=rows.csv;base64,…}.
 */
record DataUrl(String name, String type, byte[] bytes) {

    /** An answer is kept with the draft, and rendered with the others. */
    static final int LARGEST = 1 << 20;

    private static final Pattern FORM =
            Pattern.compile("data:(?<type>[^;,]*)(?:;name=(?<name>[^;,]*))?;base64,(?<bytes>.*)");
    private static final Pattern TYPE = Pattern.compile("[\\w.+-]+/[\\w.+-]+");

    static Optional<DataUrl> parse(String text) {
        var match = FORM.matcher(text);
        if (!match.matches()) {
            return Optional.empty();
        }
        try {
            var name = match.group("name");
            return Optional.of(
                    new DataUrl(
                            name == null ? "file" : URLDecoder.decode(name, StandardCharsets.UTF_8),
                            match.group("type"),
                            Base64.getDecoder().decode(match.group("bytes"))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return "data:%s;name=%s;base64,%s"
                .formatted(
                        TYPE.matcher(type).matches() ? type : "application/octet-stream",
                        URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"),
                        Base64.getEncoder().encodeToString(bytes));
    }
}
