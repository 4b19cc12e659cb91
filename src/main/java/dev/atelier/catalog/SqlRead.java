package dev.atelier.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads rows by plain SQL: the catalog's tables are written in batches and read by projections. */
final class SqlRead {

    interface Mapper<T extends @Nullable Object> {
        T map(ResultSet row) throws SQLException;
    }

    /** The cause says whether the database is away; see the problem mappers. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(SQLException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private SqlRead() {}

    static <T> List<T> list(
            DataSource database, String sql, Mapper<T> mapper, @Nullable Object... values) {
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement(sql)) {
            bind(connection, statement, values);
            try (var rows = statement.executeQuery()) {
                var list = new ArrayList<T>();
                while (rows.next()) {
                    list.add(mapper.map(rows));
                }
                return list;
            }
        } catch (SQLException e) {
            throw new Failed(e);
        }
    }

    static <T> T one(
            DataSource database, String sql, Mapper<T> mapper, @Nullable Object... values) {
        return list(database, sql, mapper, values).getFirst();
    }

    /** One statement in a transaction of its own, or in the caller's if there is one. */
    static int update(DataSource database, String sql, @Nullable Object... values) {
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement(sql)) {
            bind(connection, statement, values);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new Failed(e);
        }
    }

    /** The database holds no NUL, so a question with one must match nothing instead of failing. */
    private static String storable(String text) {
        return text.indexOf(0) < 0 ? text : text.replace('\0', '\ufffd');
    }

    static void bind(Connection connection, PreparedStatement statement, @Nullable Object... values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            switch (values[i]) {
                case String text -> statement.setString(i + 1, storable(text));
                case String[] texts ->
                        statement.setArray(
                                i + 1,
                                connection.createArrayOf(
                                        "text",
                                        Arrays.stream(texts).map(SqlRead::storable).toArray()));
                case Instant instant ->
                        statement.setObject(i + 1, instant.atOffset(ZoneOffset.UTC));
                case null -> statement.setObject(i + 1, null);
                case Object value -> statement.setObject(i + 1, value);
            }
        }
    }
}
