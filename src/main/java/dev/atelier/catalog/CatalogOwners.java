package dev.atelier.catalog;

import dev.atelier.identity.Memberships;
import dev.atelier.identity.Owned;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells permissions what the entities say: who owns what, and who is in which group. */
@ApplicationScoped
class CatalogOwners implements Owned, Memberships {

    /**
     * The entities of accounts follow these a moment later, and permissions must not: what identity
     * knows of accounts it asks itself.
     */
    private static final String OF_A_FILE =
            """
             not exists (
                select from catalog_entity e join catalog_source s on s.id = e.source_id
                where e.ref = r.emitted_by and s.type = 'provider' and s.target = 'accounts')
            """;

    private final Sql sql;

    CatalogOwners(Sql sql) {
        this.sql = sql;
    }

    @Override
    public Map<String, String> ownersOf(Collection<String> refs) {
        return sql
                .list(
                        "select ref, owner from catalog_entity where ref = any(?) and owner is not null",
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        (Object) refs.toArray(String[]::new))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private record Member(String user, String group) {}

    @Override
    public Map<String, Set<String>> teamsOf(Collection<String> userRefs) {
        return sql
                .list(
                        """
                        select r.source_ref, r.target_ref from catalog_relation r
                        where r.source_ref = any(?) and type = 'memberOf' and
                        """
                                + OF_A_FILE,
                        row -> new Member(row.getString(1), row.getString(2)),
                        (Object) userRefs.toArray(String[]::new))
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Member::user,
                                Collectors.mapping(Member::group, Collectors.toSet())));
    }

    @Override
    public Map<String, Set<String>> membersOf(Collection<String> groupRefs) {
        return sql
                .list(
                        """
                        select r.source_ref, r.target_ref from catalog_relation r
                        where r.source_ref = any(?) and type = 'hasMember'
                          and r.target_ref like 'user:%' and
                        """
                                + OF_A_FILE,
                        row -> Map.entry(row.getString(1), row.getString(2)),
                        (Object) groupRefs.toArray(String[]::new))
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Map.Entry::getKey,
                                Collectors.mapping(Map.Entry::getValue, Collectors.toSet())));
    }
}
