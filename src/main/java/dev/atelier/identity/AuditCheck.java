package dev.atelier.identity;

import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.sql.SQLException;
import java.util.List;

/** Whether the audit log is as it was sealed. */
public final class AuditCheck implements Check {

    @Override
    public String subject() {
        return "Audit log";
    }

    @Override
    public int order() {
        return 60;
    }

    @Override
    public boolean isCostly() {
        return true;
    }

    @Override
    public List<Finding> examine(Installation installation) throws SQLException {
        AuditChain.Verification found;
        try {
            found =
                    AuditChain.verify(
                            installation.needDatabase(),
                            SealKeys.ofInstallation(installation.data()),
                            null);
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState())) {
                return List.of(Finding.note("There is none yet."));
            }
            throw e;
        }
        if (found.fault() != null) {
            return List.of(
                    Finding.problem(
                            "The audit log was changed: " + found.fault(),
                            "Somebody wrote to the database beside the portal. Compare with a backup, and"
                                    + " change the database's password."));
        }
        return List.of(
                Finding.ok(
                        "%,d events in %,d seals (%,d signed) are as they were sealed; %,d wait for a seal%s"
                                .formatted(
                                        found.events(),
                                        found.seals(),
                                        found.signed(),
                                        found.waiting(),
                                        found.head() == null ? "" : ". Head: " + found.head())));
    }
}
