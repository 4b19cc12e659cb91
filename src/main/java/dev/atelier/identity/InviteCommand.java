package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.database.Visit;
import dev.atelier.platform.web.Address;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.logging.LogManager;

/**
 * {@code ./atelier invite NAME}: a one-time link that sets the password of an account, for whoever
 * can read the data folder and so is in charge of it anyway. The way back in when no administrator
 * is left.
 */
public final class InviteCommand {

    private InviteCommand() {}

    public static void main(String... args) throws SQLException {
        if (args.length != 1) {
            System.err.println("atelier: invite needs the name of one account.");
            System.exit(2);
        }
        LogManager.getLogManager().reset();
        try (var visit = Visit.begin()) {
            if (visit.database() == null) {
                throw new CannotStart("There is no database to write to, or it does not answer.");
            }
            var code = Secrets.opaque();
            try (var connection = visit.database().getConnection()) {
                connection.setAutoCommit(false);
                invite(connection, args[0], code);
                connection.commit();
            }
            System.out.printf(
                    "Open this once within three days, on the portal's address:%n"
                            + "  http://localhost:%d/welcome#%s%n",
                    Address.port(), code);
        } catch (CannotStart e) {
            System.err.println("atelier: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void invite(Connection connection, String name, String code)
            throws SQLException {
        try (var insert =
                        connection.prepareStatement(
                                """
                                insert into invitation (hash, account, created_by, expires_at)
                                select ?, name, 'system:command-line', clock_timestamp() + interval '3 days'
                                from account
                                where name = ? and kind = 'person' and issuer is null
                                  and disabled_at is null
                                """);
                var event =
                        connection.prepareStatement(
                                """
                                insert into audit_event (actor, action, resource)
                                values ('system:command-line', 'account.invite', 'user:default/' || ?)
                                """)) {
            insert.setBytes(1, Secrets.hash(code));
            insert.setString(2, name);
            if (insert.executeUpdate() == 0) {
                throw new CannotStart(
                        "There is no account \""
                                + name
                                + "\" with a password of its own that may sign in.");
            }
            event.setString(1, name);
            event.executeUpdate();
        }
    }
}
