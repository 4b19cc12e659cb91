package dev.atelier.identity;

import io.quarkus.arc.Arc;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Goes on with what somebody asked for after their request has ended: as them, with what they may
 * do at the time, and in the audit log under their name.
 */
@ApplicationScoped
public class Acting {

    private final Instance<Caller> caller;
    private final Presence presence;

    Acting(Instance<Caller> caller, Presence presence) {
        this.caller = caller;
        this.presence = presence;
    }

    /** The scopes that the present request is limited to, for {@link #as}; null for none. */
    public @Nullable List<String> scopes() {
        var scopes = caller.get().signedIn().scopes();
        return scopes == null ? null : scopes.stream().map(Permission::id).sorted().toList();
    }

    /**
     * Does the work as that account. Who is shut out meanwhile may nothing any more.
     *
     * @param scopes what the token that asked was limited to; null for no token, or one for all
     */
    public void as(String account, @Nullable List<String> scopes, Runnable work) {
        var context = Arc.container().requestContext();
        if (context.isActive()) {
            throw new IllegalStateException("A request is made by whoever sent it");
        }
        context.activate();
        try {
            caller.get().actFor(() -> presence.anybody(account).map(who -> limited(who, scopes)));
            work.run();
        } finally {
            context.terminate();
        }
    }

    private static Subject limited(Subject who, @Nullable List<String> scopes) {
        if (scopes == null) {
            return who;
        }
        Set<Permission> permissions =
                scopes.stream()
                        .map(Permission::of)
                        .flatMap(Optional::stream)
                        .collect(Collectors.toSet());
        return who.with(permissions, null);
    }
}
