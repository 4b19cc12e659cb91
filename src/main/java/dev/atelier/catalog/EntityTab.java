package dev.atelier.catalog;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How features draw on an entity's page and on its rows in lists. All are CDI beans; all but the
 * last are asked for every entity page.
 *
 * <ul>
 *   <li>{@link EntityTab}: a tab. A tab of order {@link Tab#HOME} replaces the catalog's own
 *       overview, and {@code /catalog/{namespace}/{kind}/{name}} redirects to it.
 *   <li>{@link EntityFact}: a cell of the title block.
 *   <li>{@link EntityAction}: a button of the title block.
 *   <li>{@link EntityState}: the state of a row in lists.
 * </ul>
 *
 * <p>A feature draws its tab inside the same shell: take {@code EntityShells.shell(entity,
 * address)} with the address of the tab that is open, and in the template
 *
 * <pre>{@code
 * {@dev.atelier.catalog.EntityShell shell}
 * {#include catalog/entity-layout shell=shell}
 *   ... content below the tabs ...
 * {/include}
 * }</pre>
 *
 * <p>{@code {#include catalog/lineage lineage=lineage /}} draws the graph that {@link Lineages#of}
 * makes. Entities are found with {@link Entities#find}, published with {@link Entities#upsert},
 * followed with {@link Entities#changesSince}.
 */
public interface EntityTab {

    /** The tab for this entity, if the feature has one. Must be cheap: it runs for every page. */
    Optional<Tab> tab(Entity entity);

    /**
     * @param address of the page, say {@code /models/fraud/try}
     * @param order ascending; the catalog's own tabs are overview {@value #HOME}, relations 800,
     *     source 900
     * @param count shown behind the title
     */
    record Tab(String title, String address, int order, @Nullable Integer count) {
        /** Order of the tab that is the entity's front page. */
        public static final int HOME = 0;

        public Tab(String title, String address, int order) {
            this(title, address, order, null);
        }
    }
}
