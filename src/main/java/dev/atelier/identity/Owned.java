package dev.atelier.identity;

import java.util.Collection;
import java.util.Map;

/**
 * Things that belong to somebody: entities of the catalog, experiments. Who keeps them stands above
 * this package, so it implements this.
 */
public interface Owned {

    /**
     * References of the users and groups that own these things; those of other kinds and those
     * without an owner are left out.
     */
    Map<String, String> ownersOf(Collection<String> refs);
}
