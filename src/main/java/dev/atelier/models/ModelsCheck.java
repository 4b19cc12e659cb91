package dev.atelier.models;

import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Versions that wait for a verdict for too long, and aliases that name what cannot be served. */
public final class ModelsCheck implements Check {

    @Override
    public String subject() {
        return "Models";
    }

    @Override
    public int order() {
        return 45;
    }

    @Override
    public List<Finding> examine(Installation installation) throws SQLException {
        var findings = new ArrayList<Finding>();
        try (var connection = installation.needDatabase().getConnection();
                var statement = connection.createStatement();
                var row =
                        statement.executeQuery(
                                """
                                select count(*), count(distinct model),
                                       count(*) filter (where state = 'REFUSED'),
                                       count(*) filter (where state = 'SCANNING'
                                           and created_at < clock_timestamp() - interval '10 minutes'),
                                       (select count(*) from model_alias a
                                          join model_version v using (model, number)
                                         where v.state <> 'READY')
                                from model_version
                                """)) {
            row.next();
            findings.add(
                    Finding.ok(
                            "%,d versions of %,d models, %,d refused by the scan"
                                    .formatted(row.getLong(1), row.getLong(2), row.getLong(3))));
            if (row.getLong(4) > 0) {
                findings.add(
                        Finding.warning(
                                row.getLong(4) + " versions wait for their scan since ten minutes.",
                                installation.inUse()
                                        ? "Look for \"scan\" in the log of the portal."
                                        : "Start the portal: it goes on where it stopped."));
            }
            if (row.getLong(5) > 0) {
                findings.add(
                        Finding.problem(
                                row.getLong(5) + " aliases name versions that are not ready.",
                                "Move them on the page of the model."));
            }
            return findings;
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState())) {
                return List.of(Finding.note("There are no tables yet."));
            }
            throw e;
        }
    }
}
