package dev.atelier.repositories;

import dev.atelier.platform.DataFolder;
import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Repositories whose folder is not there, and pushes that a crash left open. */
public final class RepositoriesCheck implements Check {

    @Override
    public String subject() {
        return "Repositories";
    }

    @Override
    public int order() {
        return 46;
    }

    @Override
    public List<Finding> examine(Installation installation) throws SQLException {
        var folder =
                Optional.ofNullable(System.getenv("ATELIER_REPOSITORIES"))
                        .filter(set -> !set.isBlank())
                        .map(Path::of)
                        .orElseGet(() -> DataFolder.path().resolve("repositories"));
        var findings = new ArrayList<Finding>();
        var all = 0;
        var missing = new ArrayList<String>();
        try (var connection = installation.needDatabase().getConnection();
                var statement = connection.createStatement()) {
            try (var rows =
                    statement.executeQuery(
                            """
                            select id, team || '/' || name from repository
                            where deleted_at is null order by id
                            """)) {
                while (rows.next()) {
                    all++;
                    if (!Files.isRegularFile(folder.resolve(rows.getLong(1) + ".git/HEAD"))) {
                        missing.add(rows.getString(2));
                    }
                }
            }
            findings.add(Finding.ok("%,d repositories in %s".formatted(all, folder)));
            if (!missing.isEmpty()) {
                findings.add(
                        Finding.problem(
                                "%d repositories have no folder there: %s"
                                        .formatted(
                                                missing.size(),
                                                String.join(
                                                        ", ",
                                                        missing.subList(
                                                                0, Math.min(5, missing.size())))),
                                "Restore it from the backup, or set ATELIER_REPOSITORIES to where"
                                        + " they are."));
            }
            try (var rows =
                    statement.executeQuery(
                            "select count(*) from repository_move where state = 'begun'")) {
                rows.next();
                if (rows.getLong(1) > 0 && !installation.inUse()) {
                    findings.add(
                            Finding.warning(
                                    rows.getLong(1) + " moves of branches were not closed.",
                                    "Start the portal: it looks what came of them."));
                }
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
