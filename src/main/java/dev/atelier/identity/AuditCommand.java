package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Visit;
import java.sql.SQLException;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./atelier audit [--head N:HASH]}: verifies the audit log from outside, also while the
 * portal runs. Ends with 0 when all is as it was sealed, 1 when not, 2 when it was asked wrongly.
 */
public final class AuditCommand {

    private AuditCommand() {}

    public static void main(String... args) throws SQLException {
        @Nullable String head = null;
        if (args.length == 2 && args[0].equals("--head")) {
            head = args[1];
        } else if (args.length != 0) {
            System.err.println("atelier: audit knows only --head N:HASH.");
            System.exit(2);
        }
        LogManager.getLogManager().reset();
        try (var visit = Visit.begin()) {
            if (visit.database() == null) {
                throw new CannotStart("There is no database to look at, or it does not answer.");
            }
            var found =
                    AuditChain.verify(
                            visit.database(), SealKeys.ofInstallation(DataFolder.path()), head);
            if (found.fault() != null) {
                System.out.println("The audit log was changed: " + found.fault());
                System.exit(1);
            }
            System.out.printf(
                    "%,d events in %,d seals (%,d signed) are as they were sealed; %,d were taken away"
                            + " by retention, %,d wait for a seal.%n",
                    found.events(),
                    found.seals(),
                    found.signed(),
                    found.retired(),
                    found.waiting());
            if (found.seals() > 0 && found.signed() == 0) {
                System.out.println(
                        "No signature was checked: there is no ATELIER_SEAL_KEY here and no seal.key"
                                + " in the data folder.");
            }
            if (found.head() != null) {
                System.out.printf(
                        "Head %s%nKeep it elsewhere: with --head it proves that the end was not cut"
                                + " off.%n",
                        found.head());
            }
        } catch (CannotStart e) {
            System.err.println("atelier: " + e.getMessage());
            System.exit(1);
        }
    }
}
