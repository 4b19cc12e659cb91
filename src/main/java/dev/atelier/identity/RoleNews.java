package dev.atelier.identity;

import org.jspecify.annotations.Nullable;

/**
 * Tells people what was done to their roles. Notifications stand above this package, so they
 * implement this. Called in the transaction of the change.
 */
public interface RoleNews {

    /**
     * @param holder user, group or service account
     * @param team group it is limited to; null means everywhere
     * @param by who gave it
     */
    void given(String holder, Role role, @Nullable String team, String by);

    /** As {@link #given}, for a role that was taken away. */
    void withdrawn(String holder, Role role, @Nullable String team, String by);
}
