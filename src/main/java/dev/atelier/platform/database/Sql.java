package dev.atelier.platform.database;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Plain statements on the portal's database. Inside a transaction they are part of it; outside each
 * commits by itself.
 */
@ApplicationScoped
public class Sql {

    /** Reads one row. */
    @FunctionalInterface
    public interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** A failed statement, with the cause that tells a database that is away from a wrong one. */
    public static final class Failed extends RuntimeException {
        Failed(SQLException cause) {
            super(cause.getMessage(), cause);
        }

        /** The five letters of SQLSTATE, say {@code 23505} for a key that exists. */
        public String state() {
            return getCause() instanceof SQLException e && e.getSQLState() != null
                    ? e.getSQLState()
                    : "";
        }
    }

    private final DataSource database;

    Sql(DataSource database) {
        this.database = database;
    }

    public <T> List<T> list(String sql, Row<T> reader, @Nullable Object... values) {
        try (var connection = database.getConnection();
                var statement = prepare(connection, sql, values);
                var rows = statement.executeQuery()) {
            var all = new ArrayList<T>();
            while (rows.next()) {
                all.add(reader.read(rows));
            }
            return all;
        } catch (SQLException e) {
            throw new Failed(e);
        }
    }

    public <T> Optional<T> first(String sql, Row<T> reader, @Nullable Object... values) {
        return list(sql, reader, values).stream().findFirst();
    }

    /** Rows changed. */
    public int update(String sql, @Nullable Object... values) {
        try (var connection = database.getConnection();
                var statement = prepare(connection, sql, values)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new Failed(e);
        }
    }

    private static PreparedStatement prepare(
            Connection connection, String sql, @Nullable Object... values) throws SQLException {
        var statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < values.length; i++) {
                var value = values[i];
                switch (value) {
                    case Instant at -> statement.setObject(i + 1, at.atOffset(ZoneOffset.UTC));
                    case String[] texts ->
                            statement.setArray(i + 1, connection.createArrayOf("text", texts));
                    case null, default -> statement.setObject(i + 1, value);
                }
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
