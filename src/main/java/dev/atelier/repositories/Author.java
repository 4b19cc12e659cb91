package dev.atelier.repositories;

import dev.atelier.identity.Subject;

/**
 * Who a commit says that it is from.
 *
 * @param email need not be one that mail reaches
 */
public record Author(String name, String email) {

    /** What the portal does by itself. */
    public static final Author PORTAL = new Author("Atelier", "atelier@localhost");

    public static Author of(Subject subject) {
        return new Author(subject.displayName(), subject.name() + "@users.noreply.localhost");
    }

    /** Git ends a name at these. */
    public Author {
        name = name.replaceAll("[<>\\p{Cntrl}]", " ").strip();
        email = email.replaceAll("[<>\\s\\p{Cntrl}]", "");
        if (name.isEmpty()) {
            name = "unknown";
        }
    }
}
