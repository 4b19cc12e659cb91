package dev.atelier.catalog;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;

/** Which Locations brought an entity, up to the root. */
@ApplicationScoped
class Ancestry {

    record Item(Entity entity, List<String> parents) {}

    private final Sql sql;
    private final Entities entities;

    Ancestry(Sql sql, Entities entities) {
        this.sql = sql;
        this.entities = entities;
    }

    List<Item> of(Entity entity) {
        var items = new LinkedHashMap<String, Item>();
        var open = new ArrayList<>(List.of(entity));
        while (!open.isEmpty() && items.size() < 50) {
            var next = open.removeFirst();
            if (items.containsKey(next.ref().toString())) {
                continue;
            }
            var parents = parents(next.ref().toString());
            items.put(next.ref().toString(), new Item(next, parents));
            for (var parent : parents) {
                entities.find(EntityRef.parse(parent)).ifPresent(open::add);
            }
        }
        return List.copyOf(items.values());
    }

    private List<String> parents(String ref) {
        var parents = new LinkedHashSet<String>();
        sql.list(
                        """
                        with recursive up (parent, depth) as (
                            select p.parent, 1 from catalog_entity e
                            join catalog_source_parent p on p.source_id = e.source_id
                            where e.ref = ?
                            union
                            select p.parent, up.depth + 1 from up
                            join catalog_source f on up.parent = 'source:' || f.id
                            join catalog_source_parent p on p.source_id = f.id where up.depth < 10)
                        select parent from up where parent not like 'source:%' order by parent
                        """,
                        row -> row.getString(1), ref)
                .forEach(parents::add);
        return List.copyOf(parents);
    }
}
