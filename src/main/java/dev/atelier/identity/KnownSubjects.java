package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.platform.database.Changes;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whom cookies and tokens stood for within the last second, so that a burst of calls asks the
 * database once. Whatever changes accounts, sessions, tokens, teams or roles forgets all of it.
 */
@ApplicationScoped
class KnownSubjects {

    /**
     * Somebody who was found.
     *
     * @param due whether the sign-in provider is to be asked again first
     */
    record Known(Subject subject, boolean due) {}

    private final Changes changes;
    private final Cache<ByteBuffer, Optional<Known>> known =
            Caffeine.newBuilder().expireAfterWrite(Access.KEPT).maximumSize(20_000).build();

    KnownSubjects(Changes changes) {
        this.changes = changes;
    }

    Optional<Known> get(byte[] hash, Supplier<Optional<Known>> find) {
        return known.get(ByteBuffer.wrap(hash), key -> find.get());
    }

    @Nullable Optional<Known> ifPresent(byte[] hash) {
        return known.getIfPresent(ByteBuffer.wrap(hash));
    }

    void put(byte[] hash, Optional<Known> found) {
        known.put(ByteBuffer.wrap(hash), found);
    }

    void forget(byte[] hash) {
        known.invalidate(ByteBuffer.wrap(hash));
    }

    void forget() {
        changes.forget(known::invalidateAll);
    }
}
