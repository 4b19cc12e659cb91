package dev.atelier.catalog;

import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.LinkedHashSet;

/** Draws the lineage of entities from the relations; see {@link EntityTab} for its template. */
@ApplicationScoped
public class Lineages {

    private final Sql sql;
    private final Sight sight;

    Lineages(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    public LineageDrawing of(EntityRef centre) {
        var types = new LinkedHashSet<>(LineageDrawing.UP);
        types.addAll(LineageDrawing.DOWN);
        var arrows =
                sql
                        .list(
                                """
                        with near as (
                            select distinct source_ref, type, target_ref from catalog_relation
                            where source_ref = ? and type = any(?) limit 100)
                        select source_ref, type, target_ref from near
                        union
                        (select r.source_ref, r.type, r.target_ref from catalog_relation r
                        where r.source_ref in (select target_ref from near) and r.type = any(?)
                        limit 400)
                        order by 2, 3
                        """,
                                row ->
                                        new LineageDrawing.Arrow(
                                                row.getString(1),
                                                row.getString(2),
                                                row.getString(3)),
                                centre.toString(),
                                types.toArray(String[]::new),
                                types.toArray(String[]::new))
                        .stream()
                        .filter(
                                arrow ->
                                        !sight.hides(arrow.source())
                                                && !sight.hides(arrow.target()))
                        .toList();
        var refs = new LinkedHashSet<String>();
        refs.add(centre.toString());
        arrows.forEach(
                arrow -> {
                    refs.add(arrow.source());
                    refs.add(arrow.target());
                });
        var faces = new HashMap<String, LineageDrawing.Face>();
        sql.list(
                        "select ref, coalesce(title, name), kind from catalog_entity where ref = any(?)",
                        row ->
                                java.util.Map.entry(
                                        row.getString(1),
                                        new LineageDrawing.Face(
                                                row.getString(2),
                                                row.getString(3),
                                                EntityRef.parse(row.getString(1)).address())),
                        (Object) refs.toArray(String[]::new))
                .forEach(entry -> faces.put(entry.getKey(), entry.getValue()));
        return LineageDrawing.draw(centre, arrows, faces);
    }
}
