package dev.atelier.transfer;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.web.Multipart;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The form that uploads an archive (RFC 7578): its fields, and then the file as it comes, which is
 * handed on and never held. The file is the last part, as browsers send it.
 */
final class ArchiveForm {

    private static final int MOST_FIELDS = 20;

    @FunctionalInterface
    interface Taker<T> {
        T take(String name, InputStream body, Map<String, String> fields) throws IOException;
    }

    private ArchiveForm() {}

    static <T> T read(InputStream body, @Nullable String contentType, Taker<T> taker)
            throws IOException {
        var fields = new HashMap<String, String>();
        var taken = new ArrayList<T>(1);
        Multipart.readUntil(
                body,
                contentType,
                "Send the form as multipart/form-data.",
                part -> {
                    var file = part.filename();
                    if (part.name().equals("file") && file != null && !file.isEmpty()) {
                        taken.add(taker.take(file, part.body(), fields));
                        return true;
                    }
                    if (fields.size() >= MOST_FIELDS) {
                        throw new Invalid("The form has more fields than it should.");
                    }
                    fields.put(part.name(), part.text());
                    return false;
                });
        if (taken.isEmpty()) {
            throw new Invalid(
                    "Choose an archive.", List.of(new Invalid.Field("file", "is missing")));
        }
        return taken.getFirst();
    }
}
