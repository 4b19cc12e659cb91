package dev.atelier.identity;

import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * What the catalog knows and permissions need: who owns a thing, and who is in which team. The
 * catalog stands above this package, so it implements this.
 */
public interface Owners {

    /**
     * References of the users and groups that own these entities; those without one are left out.
     */
    Map<String, String> ownersOf(Collection<String> refs);

    /** References of the groups that the catalog's files put each of these users in. */
    Map<String, Set<String>> teamsOf(Collection<String> userRefs);

    /** References of the users that the catalog's files put in these groups, by group. */
    Map<String, Set<String>> membersOf(Collection<String> groupRefs);
}
