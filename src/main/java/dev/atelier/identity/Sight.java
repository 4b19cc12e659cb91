package dev.atelier.identity;

import io.quarkus.arc.Arc;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.util.Collection;
import java.util.Set;

/**
 * What whoever makes this request is not shown. All lists, counts and look-ups that people and
 * programs see ask it; outside a request the portal works for itself and sees everything.
 */
@ApplicationScoped
public class Sight {

    private final Instance<Caller> caller;

    Sight(Instance<Caller> caller) {
        this.caller = caller;
    }

    public Blind blind() {
        return Arc.container().requestContext().isActive()
                ? caller.get().blind()
                : Blind.TO_NOTHING;
    }

    /**
     * Those of these things that they may not read, whatever the reason: visibility, roles, or what
     * their token is for. Where one thing names others, these are named to nobody else.
     */
    public Set<String> unreadable(Collection<String> refs) {
        return Arc.container().requestContext().isActive()
                ? caller.get().unreadable(Set.copyOf(refs))
                : Set.of();
    }

    /** Whether this thing is not there for them. */
    public boolean hides(String ref) {
        return blind().hidden().contains(ref);
    }

    /** Whether they may at most know that it is there. */
    public boolean closes(String ref) {
        return blind().closed().contains(ref);
    }
}
