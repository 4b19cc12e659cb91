package dev.atelier.models;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of a bundle whose address is a path. */
record OnDisk() implements Inspection.Content {
    @Override
    public InputStream open(ModelFile file) throws IOException {
        return Files.newInputStream(path(file));
    }

    @Override
    public Path path(ModelFile file) {
        return Path.of(file.sha256());
    }
}
