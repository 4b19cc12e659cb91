package dev.atelier.transfer;

import dev.atelier.platform.problems.Invalid;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/**
 * The form that uploads an archive (RFC 7578): its fields, and then the file as it comes, which is
 * handed on and never held. The file is the last part, as browsers send it.
 */
final class ArchiveForm {

    private static final int MOST_FIELDS = 20;
    private static final int LONGEST_FIELD = 64 << 10;

    @FunctionalInterface
    interface Taker<T> {
        T take(String name, InputStream body, Map<String, String> fields) throws IOException;
    }

    private ArchiveForm() {}

    static <T> T read(InputStream body, @Nullable String contentType, Taker<T> taker)
            throws IOException {
        var parameters = new ParameterParser();
        parameters.setLowerCaseNames(true);
        var boundary =
                contentType == null
                        ? null
                        : parameters.parse(contentType, new char[] {';', ','}).get("boundary");
        if (boundary == null) {
            throw new Invalid("Send the form as multipart/form-data.");
        }
        var fields = new HashMap<String, String>();
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
                var part = disposition(input.readHeaders());
                var name = part.getOrDefault("name", "");
                var file = part.get("filename");
                if (name.equals("file") && file != null && !file.isEmpty()) {
                    return taker.take(file, input.newInputStream(), fields);
                }
                if (fields.size() >= MOST_FIELDS) {
                    throw new Invalid("The form has more fields than it should.");
                }
                fields.put(name, text(input.newInputStream()));
            }
        } catch (FileUploadSizeException e) {
            throw new Invalid("A part of the upload has more than 8 KiB of headers.");
        } catch (MultipartInput.MalformedStreamException
                | MultipartInput.FileUploadBoundaryException e) {
            throw new Invalid("The upload ends in the middle. Nothing was kept. Send it again.");
        } catch (IllegalArgumentException e) {
            throw new Invalid("The multipart boundary cannot be used.");
        }
        throw new Invalid("Choose an archive.", List.of(new Invalid.Field("file", "is missing")));
    }

    private static String text(InputStream in) throws IOException {
        var bytes = in.readNBytes(LONGEST_FIELD + 1);
        if (bytes.length > LONGEST_FIELD) {
            throw new Invalid("A field of the form is too long.");
        }
        in.close();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, String> disposition(String headers) {
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return parser.parse(
                headers.lines()
                        .filter(line -> line.regionMatches(true, 0, "content-disposition:", 0, 20))
                        .findFirst()
                        .map(line -> line.substring(20))
                        .orElse(""),
                ';');
    }
}
