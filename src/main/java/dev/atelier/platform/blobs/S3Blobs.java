package dev.atelier.platform.blobs;

import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

final class S3Blobs implements BlobStore {
    static S3Blobs create(BlobsConfig.S3 config) {
        throw new IllegalStateException("later");
    }

    @Override
    public Staged stage(UUID id, InputStream in, long limit) {
        throw new IllegalStateException();
    }

    @Override
    public void publish(Staged staged, boolean verify) {
        throw new IllegalStateException();
    }

    @Override
    public void discard(UUID id) {
        throw new IllegalStateException();
    }

    @Override
    public InputStream read(String digest, long offset) {
        throw new IllegalStateException();
    }

    @Override
    public OptionalLong size(String digest) {
        throw new IllegalStateException();
    }

    @Override
    public void delete(String digest) {
        throw new IllegalStateException();
    }

    @Override
    public @Nullable Path file(String digest) {
        return null;
    }

    @Override
    public long free() {
        return Long.MAX_VALUE;
    }

    @Override
    public int discardOlderThan(Duration age, Predicate<UUID> live) {
        return 0;
    }

    @Override
    public List<String> olderThan(Duration age) {
        return List.of();
    }

    @Override
    public boolean putAside(String digest, Duration age) {
        return false;
    }

    @Override
    public void emptyQuarantine(Duration age) {}
}
