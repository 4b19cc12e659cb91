package dev.atelier.catalog;

import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.sql.SQLException;
import java.util.List;

/** How many entities there are, and how many documents are wrong. */
public final class CatalogCheck implements Check {

    @Override
    public String subject() {
        return "Catalog";
    }

    @Override
    public int order() {
        return 50;
    }

    @Override
    public List<Finding> examine(Installation installation) throws SQLException {
        try (var connection = installation.needDatabase().getConnection();
                var statement = connection.createStatement();
                var row =
                        statement.executeQuery(
                                """
                                select (select count(*) from catalog_entity),
                                       (select count(*) from catalog_source),
                                       (select count(*) from catalog_problem where level = 'error'),
                                       (select count(*) from catalog_problem where level = 'warning'),
                                       (select min(target) from catalog_source s join catalog_problem p
                                          on p.source_id = s.id where level = 'error')
                                """)) {
            row.next();
            var there = "%,d entities from %,d sources".formatted(row.getLong(1), row.getLong(2));
            if (row.getLong(3) == 0) {
                return List.of(
                        row.getLong(4) == 0
                                ? Finding.ok(there + ", no problems")
                                : Finding.note(
                                        "%s, %d warnings (/catalog/problems)"
                                                .formatted(there, row.getLong(4))));
            }
            return List.of(
                    Finding.ok(there),
                    Finding.warning(
                            "%d documents or sources are wrong, among them %s."
                                    .formatted(row.getLong(3), row.getString(5)),
                            "The page /catalog/problems names file, document, field and reason."));
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState())) {
                return List.of(Finding.note("It has no tables yet."));
            }
            throw e;
        }
    }
}
