package dev.atelier.identity;

import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Visit;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.logging.LogManager;

/**
 * {@code ./atelier rotate-key}: encrypts what the database keeps of other systems' secrets anew.
 * With the key in the data folder it makes a new one and forgets the old; with {@code
 * ATELIER_SECRET_KEY=new,old} it moves everything to the first. A portal may run meanwhile: a
 * session that it refreshes in that very moment signs in again.
 */
public final class RotateKeyCommand {

    private RotateKeyCommand() {}

    public static void main(String... args) throws SQLException {
        if (args.length != 0) {
            System.err.println("atelier: rotate-key takes nothing but the options of run.");
            System.exit(2);
        }
        LogManager.getLogManager().reset();
        var configured =
                Optional.ofNullable(System.getenv("ATELIER_SECRET_KEY"))
                        .filter(text -> !text.isBlank())
                        .map(text -> Arrays.stream(text.split(",")).map(String::strip).toList());
        try (var visit = Visit.begin()) {
            if (visit.database() == null) {
                throw new CannotStart("There is no database to write to, or it does not answer.");
            }
            System.out.println(
                    rotate(
                            new SecretBox(configured, DataFolder.path().resolve("secret.key")),
                            visit.database().getConnection()));
        } catch (CannotStart e) {
            System.err.println("atelier: " + e.getMessage());
            System.exit(1);
        }
    }

    /** What was done, in words. Closes the connection. */
    static String rotate(SecretBox box, Connection database) throws SQLException {
        if (box.inFile()) {
            box.addKey();
        }
        int moved = 0;
        int lost = 0;
        String kept;
        try (var connection = database) {
            connection.setAutoCommit(false);
            try (var rows =
                            connection.prepareStatement(
                                    """
                                    select session, issuer, subject, tokens from provider_session
                                    where key_id <> ? order by session for update
                                    """);
                    var write =
                            connection.prepareStatement(
                                    "update provider_session set key_id = ?, tokens = ? where session = ?");
                    var end =
                            connection.prepareStatement(
                                    "delete from account_session where id = ?");
                    var event =
                            connection.prepareStatement(
                                    """
                                    insert into audit_event (actor, action, resource)
                                    values ('system:command-line', 'secret-key.rotate', 'secret-key:' || ?)
                                    """)) {
                rows.setString(1, box.current());
                try (var row = rows.executeQuery()) {
                    while (row.next()) {
                        var purpose = ProviderSessions.purpose(row.getString(2), row.getString(3));
                        try {
                            var closed = box.close(box.open(row.getBytes(4), purpose), purpose);
                            write.setString(1, SecretBox.keyOf(closed));
                            write.setBytes(2, closed);
                            write.setLong(3, row.getLong(1));
                            moved += write.executeUpdate();
                        } catch (SecretBox.Closed e) {
                            // Nobody can read it any more; its owner signs in again.
                            end.setLong(1, row.getLong(1));
                            lost += end.executeUpdate();
                        }
                    }
                }
                event.setString(1, box.current());
                event.executeUpdate();
            }
            kept = rotateKept(box, connection);
            connection.commit();
        }
        if (box.inFile()) {
            box.dropOldKeys();
        }
        return "%d sessions are encrypted with the key %s now%s.%s%s"
                .formatted(
                        moved,
                        box.current(),
                        lost == 0 ? "" : "; %d that no key opened were ended".formatted(lost),
                        kept,
                        box.inFile()
                                ? " The old key is gone from secret.key."
                                : " Restart the portals with only the first key in ATELIER_SECRET_KEY.");
    }

    /** What features keep. What nobody can read any more goes; its owner makes another one. */
    private static String rotateKept(SecretBox box, Connection connection) throws SQLException {
        int moved = 0;
        int lost = 0;
        try (var rows =
                        connection.prepareStatement(
                                "select name, closed from kept_secret where key_id <> ? order by name for update");
                var write =
                        connection.prepareStatement(
                                "update kept_secret set key_id = ?, closed = ? where name = ?");
                var drop = connection.prepareStatement("delete from kept_secret where name = ?")) {
            rows.setString(1, box.current());
            try (var row = rows.executeQuery()) {
                while (row.next()) {
                    var name = row.getString(1);
                    try {
                        var closed = box.close(box.open(row.getBytes(2), name), name);
                        write.setString(1, SecretBox.keyOf(closed));
                        write.setBytes(2, closed);
                        write.setString(3, name);
                        moved += write.executeUpdate();
                    } catch (SecretBox.Closed e) {
                        drop.setString(1, name);
                        lost += drop.executeUpdate();
                    }
                }
            }
        }
        return (moved == 0 ? "" : " So are %d kept secrets.".formatted(moved))
                + (lost == 0 ? "" : " %d that no key opened were dropped.".formatted(lost));
    }
}
