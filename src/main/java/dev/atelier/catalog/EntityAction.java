package dev.atelier.catalog;

import java.util.Optional;

/** Contributes a button to the title block of entities; see {@link EntityTab}. */
public interface EntityAction {

    Optional<Action> action(Entity entity);

    /**
     * @param icon a symbol of the icon sprite without its prefix
     * @param primary drawn as the main action; at most one should be
     */
    record Action(String title, String address, String icon, boolean primary) {}
}
