package dev.atelier.identity;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the catalog knows and permissions need: who owns a thing, and who is in which team. The
 * catalog stands above this package, so it implements this.
 */
public interface Owners {

    /** Reference of the user or group that owns an entity; empty when it has none. */
    Optional<String> ownerOf(String ref);

    /** References of the groups that the catalog's files put a user in. */
    Set<String> teamsOf(String userRef);

    /** References of the users that the catalog's files put in these groups, by group. */
    Map<String, Set<String>> membersOf(Collection<String> groupRefs);
}
