package dev.atelier.identity;

import java.util.Collection;
import java.util.Map;
import java.util.Set;

/**
 * What the catalog knows and permissions need: who is in which team. The catalog stands above this
 * package, so it implements this.
 */
public interface Memberships {

    /** References of the groups that the catalog's files put each of these users in. */
    Map<String, Set<String>> teamsOf(Collection<String> userRefs);

    /** References of the users that the catalog's files put in these groups, by group. */
    Map<String, Set<String>> membersOf(Collection<String> groupRefs);
}
