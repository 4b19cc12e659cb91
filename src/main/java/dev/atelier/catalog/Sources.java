package dev.atelier.catalog;

import java.sql.Connection;
import java.sql.SQLException;

/** The places that yield entity documents. */
final class Sources {

    private Sources() {}

    static long provider(Connection connection, String name) throws SQLException {
        return ensure(connection, "provider", name, false);
    }

    /** The id of a source, made when it is missing. */
    static long ensure(Connection connection, String type, String target, boolean optional)
            throws SQLException {
        try (var insert =
                connection.prepareStatement(
                        """
                        insert into catalog_source (type, target, optional) values (?, ?, ?)
                        on conflict (type, target) do update set optional = excluded.optional
                        returning id
                        """)) {
            insert.setString(1, type);
            insert.setString(2, target);
            insert.setBoolean(3, optional);
            try (var rows = insert.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
