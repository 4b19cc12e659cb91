package dev.atelier.platform.web;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.TooLarge;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/** Reads a multipart body (RFC 7578) part by part, as it comes from the network. */
public final class Multipart {

    private static final int LARGEST_TEXT = 4 << 20;

    /**
     * A part.
     *
     * @param name of its field
     * @param filename null when it has none and is a text; empty for a file field of a browser that
     *     was left empty
     */
    public record Part(String name, @Nullable String filename, InputStream body) {

        /**
         * All of it.
         *
         * @throws TooLarge above 4 MiB
         * @throws Invalid when it is not UTF-8
         */
        public String text() throws IOException {
            var bytes = body.readNBytes(LARGEST_TEXT + 1);
            if (bytes.length > LARGEST_TEXT) {
                throw new TooLarge("The part \"" + name + "\" has more than 4 MiB.");
            }
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new Invalid(
                        "A part is not UTF-8.", List.of(new Invalid.Field(name, "is not UTF-8")));
            }
        }
    }

    /** Takes the parts, in the order of the body. */
    public interface Receiver {
        void take(Part part) throws IOException;
    }

    /** As {@link Receiver}; says whether it has all that it wants, and what follows is left. */
    public interface Seeker {
        boolean take(Part part) throws IOException;
    }

    private Multipart() {}

    /**
     * @param wanted what to send, for the error when it is no multipart body
     * @throws Invalid when it is none, or ends in the middle
     */
    public static void read(
            InputStream body, @Nullable String contentType, String wanted, Receiver receiver)
            throws IOException {
        readUntil(
                body,
                contentType,
                wanted,
                part -> {
                    receiver.take(part);
                    return false;
                });
    }

    /** As {@link #read}, up to the part with which somebody has all that they want. */
    public static void readUntil(
            InputStream body, @Nullable String contentType, String wanted, Seeker seeker)
            throws IOException {
        var boundary = boundary(contentType);
        if (boundary == null) {
            throw new Invalid(wanted);
        }
        try {
            var input =
                    MultipartInput.builder()
                            .setInputStream(body)
                            .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                            .setBufferSize(64 * 1024)
                            .setPartHeaderSizeMax(8 * 1024)
                            .get();
            input.setHeaderCharset(StandardCharsets.UTF_8);
            for (var more = input.skipPreamble(); more; more = input.readBoundary()) {
                if (seeker.take(part(input.readHeaders(), input.newInputStream()))) {
                    return;
                }
            }
        } catch (FileUploadSizeException e) {
            throw new Invalid("A part of the upload has more than 8 KiB of headers.");
        } catch (MultipartInput.MalformedStreamException
                | MultipartInput.FileUploadBoundaryException e) {
            throw new Invalid("The upload ends in the middle. Nothing was kept. Send it again.");
        } catch (IllegalArgumentException e) {
            throw new Invalid("The multipart boundary cannot be used.");
        }
    }

    private static @Nullable String boundary(@Nullable String contentType) {
        if (contentType == null
                || !contentType.regionMatches(true, 0, "multipart/form-data", 0, 19)) {
            return null;
        }
        var parameters = new ParameterParser();
        parameters.setLowerCaseNames(true);
        return parameters.parse(contentType, new char[] {';', ','}).get("boundary");
    }

    private static Part part(String headers, InputStream body) {
        var disposition =
                headers.lines()
                        .filter(line -> line.regionMatches(true, 0, "content-disposition:", 0, 20))
                        .findFirst()
                        .map(line -> line.substring(20))
                        .orElse("");
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        var parameters = parser.parse(disposition, ';');
        var filename = parameters.get("filename");
        return new Part(
                parameters.getOrDefault("name", ""),
                filename == null && parameters.containsKey("filename") ? "" : filename,
                body);
    }
}
