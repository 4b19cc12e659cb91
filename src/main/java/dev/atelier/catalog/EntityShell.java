package dev.atelier.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything around the content of an entity's page: crumbs, title block, tabs. Drawn by {@code
 * templates/catalog/entity-layout.html}; made by {@link EntityShells}.
 *
 * @param kinds plural of the kind for the crumbs, say {@code Models}
 * @param icon a symbol of the sprite
 * @param current address of the open tab
 */
public record EntityShell(
        Entity entity,
        String kinds,
        String kindsAddress,
        String icon,
        List<EntityFact.Fact> facts,
        List<EntityAction.Action> actions,
        List<EntityTab.Tab> tabs,
        String current) {

    public String title() {
        return entity.displayName();
    }

    public String subtitle() {
        return entity.description().orElse("");
    }

    /** The title of the open tab, for the window. */
    public String tabTitle() {
        return tabs.stream()
                .filter(tab -> tab.address().equals(current))
                .map(EntityTab.Tab::title)
                .findFirst()
                .orElse("");
    }

    public @Nullable String faultSummary() {
        var faults = entity.faults();
        return faults.isEmpty()
                ? null
                : faults.getFirst().reason()
                        + (faults.size() > 1 ? " (and %d more)".formatted(faults.size() - 1) : "");
    }
}
