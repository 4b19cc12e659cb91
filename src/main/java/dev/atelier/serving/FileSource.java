package dev.atelier.serving;

import java.io.IOException;
import java.io.InputStream;

/** Where the files of a {@link Servable} come from. */
@FunctionalInterface
public interface FileSource {
    InputStream open(String sha256) throws IOException;
}
