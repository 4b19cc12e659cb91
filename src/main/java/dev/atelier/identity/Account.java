package dev.atelier.identity;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A person or a program that may sign in.
 *
 * @param issuer the provider that vouches for the person; null for a local account
 * @param owner who answers for a service account, a user's or group's reference
 * @param hasPassword whether a local password is set
 */
public record Account(
        String name,
        Kind kind,
        String displayName,
        @Nullable String email,
        @Nullable String issuer,
        @Nullable String owner,
        boolean hasPassword,
        Instant createdAt,
        @Nullable Instant disabledAt,
        @Nullable Instant lastSeenAt) {

    /** Who signs in: somebody, or something. */
    public enum Kind {
        PERSON("person", "user"),
        SERVICE("service", "service");

        private final String id;
        private final String entityKind;

        Kind(String id, String entityKind) {
            this.id = id;
            this.entityKind = entityKind;
        }

        String id() {
            return id;
        }
    }

    /** {@code user:default/ines} or {@code service:default/ci}. */
    public String ref() {
        return kind.entityKind + ":default/" + name;
    }

    public boolean person() {
        return kind == Kind.PERSON;
    }

    public boolean disabled() {
        return disabledAt != null;
    }
}
