package dev.atelier.experiments;

import dev.atelier.platform.problems.TooLarge;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/** Reads bodies as {@link MlflowFields}, whatever type a client says they have. */
@Provider
public class MlflowFieldsReader implements MessageBodyReader<MlflowFields> {

    /** The largest field there is, the profile of a data set, with room for the others. */
    private static final int MOST = 24 << 20;

    @Override
    public boolean isReadable(
            Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return type == MlflowFields.class;
    }

    @Override
    public MlflowFields readFrom(
            Class<MlflowFields> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, String> headers,
            InputStream body)
            throws IOException {
        var bytes = body.readNBytes(MOST + 1);
        if (bytes.length > MOST) {
            throw new TooLarge("A request has at most %d bytes of JSON.".formatted(MOST));
        }
        return MlflowFields.of(bytes);
    }
}
