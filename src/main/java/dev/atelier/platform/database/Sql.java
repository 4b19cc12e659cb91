package dev.atelier.platform.database;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
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

    /** Sees rows one after the other. */
    @FunctionalInterface
    public interface Visitor<E extends Exception> {
        void see(ResultSet row) throws SQLException, E;
    }

    /** Several statements on one connection. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        T on(Connection connection) throws SQLException;
    }

    /** As {@link Work}, without a result. */
    @FunctionalInterface
    public interface Act {
        void on(Connection connection) throws SQLException;
    }

    /** A failed statement, with the cause that tells a database that is away from a wrong one. */
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

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

    private static final int FETCHED = 500;

    private final AgroalDataSource database;

    public Sql(AgroalDataSource database) {
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
            throw failed(e);
        }
    }

    public <T> Optional<T> first(String sql, Row<T> reader, @Nullable Object... values) {
        return list(sql, reader, values).stream().findFirst();
    }

    /** The row of a statement that always has one. */
    public <T> T one(String sql, Row<T> reader, @Nullable Object... values) {
        return list(sql, reader, values).getFirst();
    }

    /** A timestamptz; null when there is none. */
    public static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        var at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    /** For more rows than memory should hold: they come in portions. Never inside a transaction. */
    public <E extends Exception> void each(
            String sql, Visitor<E> visitor, @Nullable Object... values) throws E {
        try (var connection = database.getConnection()) {
            connection.setAutoCommit(false); // else the driver would hold all rows
            try (var statement = prepare(connection, sql, values)) {
                statement.setFetchSize(FETCHED);
                try (var rows = statement.executeQuery()) {
                    while (rows.next()) {
                        visitor.see(rows);
                    }
                }
                connection.commit();
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Batches, and statements that need one connection; in the caller's transaction. */
    public <T extends @Nullable Object> T call(Work<T> work) {
        try (var connection = database.getConnection()) {
            return work.on(connection);
        } catch (SQLException e) {
            throw failed(e);
        } catch (AssertionError e) {
            throw broken(e);
        }
    }

    /** As {@link #call}, without a result. */
    public void run(Act act) {
        try (var connection = database.getConnection()) {
            act.on(connection);
        } catch (SQLException e) {
            throw failed(e);
        } catch (AssertionError e) {
            throw broken(e);
        }
    }

    /** Rows changed. */
    public int update(String sql, @Nullable Object... values) {
        try (var connection = database.getConnection();
                var statement = prepare(connection, sql, values)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** A lost connection is seldom lost alone: the others would each fail somebody's request. */
    private Failed failed(SQLException e) {
        var state = e.getSQLState();
        if (state != null && (state.startsWith("08") || state.startsWith("57P"))) {
            database.flush(AgroalDataSource.FlushMode.IDLE);
        }
        return new Failed(e);
    }

    private static PreparedStatement prepare(
            Connection connection, String sql, @Nullable Object... values) throws SQLException {
        var statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < values.length; i++) {
                switch (values[i]) {
                    case String text -> statement.setString(i + 1, storable(text));
                    case String[] texts -> statement.setArray(i + 1, array(connection, texts));
                    case Long[] numbers ->
                            statement.setArray(i + 1, connection.createArrayOf("bigint", numbers));
                    case UUID[] ids ->
                            statement.setArray(i + 1, connection.createArrayOf("uuid", ids));
                    case Double[] numbers ->
                            statement.setArray(i + 1, connection.createArrayOf("float8", numbers));
                    case Instant at -> statement.setObject(i + 1, at.atOffset(ZoneOffset.UTC));
                    case null -> statement.setObject(i + 1, null);
                    case Object value -> statement.setObject(i + 1, value);
                }
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    /**
     * With assertions on, the driver fails by one when the connection breaks in the middle of a
     * batch.
     */
    private Failed broken(AssertionError e) {
        if (e.getStackTrace().length > 0
                && e.getStackTrace()[0].getClassName().startsWith("org.postgresql.")) {
            return failed(new SQLException("The connection broke in a batch", "08006", e));
        }
        throw e;
    }

    private static Array array(Connection connection, String[] texts) throws SQLException {
        return connection.createArrayOf(
                "text",
                Arrays.stream(texts).map(text -> text == null ? null : storable(text)).toArray());
    }

    /** PostgreSQL holds no NUL, so a question with one must match nothing instead of failing. */
    private static String storable(String text) {
        return text.indexOf(0) < 0 ? text : text.replace('\0', '\ufffd');
    }
}
