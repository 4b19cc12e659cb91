package dev.atelier.catalog;

import dev.atelier.identity.Owners;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.Set;

/** Tells permissions what the entities say: who owns what, and who is in which group. */
@ApplicationScoped
class CatalogOwners implements Owners {

    private final Sql sql;

    CatalogOwners(Sql sql) {
        this.sql = sql;
    }

    @Override
    public Optional<String> ownerOf(String ref) {
        return sql.first(
                        "select coalesce(owner, '') from catalog_entity where ref = ?",
                        row -> row.getString(1),
                        ref)
                .filter(owner -> !owner.isEmpty());
    }

    @Override
    public Set<String> teamsOf(String userRef) {
        return Set.copyOf(
                sql.list(
                        "select target_ref from catalog_relation where source_ref = ? and type = 'memberOf'",
                        row -> row.getString(1),
                        userRef));
    }
}
