package dev.atelier.transfer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteLimits;

/**
 * A file of SQLite that may be hostile: it is opened for reading only, without extensions, and only
 * its plain tables are asked.
 */
final class SqliteFile implements AutoCloseable {

    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    /** No value of MLflow's is longer; a file may claim to hold gigabytes in one. */
    private static final int LONGEST_VALUE = 20 << 20;

    private static final int MOST_KEYS = 20_000;
    private static final int LONGEST_TEXTS = 32 << 20;

    private final Connection database;
    private final Map<String, Set<String>> columns = new HashMap<>();

    /**
     * @param file a copy that nobody else writes
     */
    SqliteFile(Path file) throws Source.Unusable {
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        config.enableLoadExtension(false);
        try {
            database = config.createConnection("jdbc:sqlite:" + file);
        } catch (SQLException e) {
            throw new Source.Unusable("The SQLite file cannot be opened: " + said(e));
        }
        try (var statement = database.createStatement()) {
            database.unwrap(SQLiteConnection.class)
                    .setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
            statement.execute("pragma trusted_schema = off");
            statement.execute("pragma cell_size_check = on");
            statement.execute("pragma mmap_size = 0");
            statement.execute("pragma query_only = on");
            readTables();
        } catch (SQLException e) {
            close();
            throw new Source.Unusable("The SQLite file cannot be read: " + said(e));
        }
    }

    static boolean is(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        }
    }

    private static String said(SQLException e) {
        return Texts.shown(String.valueOf(e.getMessage()), 200);
    }

    /** Views and virtual tables could compute for ever, so what they are called is not there. */
    private void readTables() throws SQLException {
        var names = new ArrayList<String>();
        try (var statement = database.createStatement();
                var rows =
                        statement.executeQuery(
                                "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' limit 1000")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        for (var name : names) {
            if (!name.matches("[a-z_]{1,60}")) {
                continue;
            }
            var of = new HashSet<String>();
            try (var statement = database.createStatement();
                    var rows = statement.executeQuery("pragma table_xinfo(" + name + ")")) {
                while (rows.next()) {
                    if (rows.getInt("hidden") == 0) { // no generated ones
                        of.add(rows.getString("name").toLowerCase(Locale.ROOT));
                    }
                }
            }
            columns.put(name, of);
        }
    }

    @FunctionalInterface
    interface Row {
        void see(ResultSet row) throws SQLException, IOException;
    }

    /** Asks a table for some of its columns; one that it does not have is null. */
    void each(
            String table, List<String> wanted, String rest, Row visitor, @Nullable Object... values)
            throws IOException {
        var there = columns.get(table);
        if (there == null) {
            return;
        }
        var names =
                wanted.stream()
                        .map(name -> there.contains(name) ? "\"" + name + "\"" : "null")
                        .toList();
        try (var statement =
                database.prepareStatement(
                        "select " + String.join(", ", names) + " from " + table + " " + rest)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    visitor.see(rows);
                }
            }
        } catch (SQLException e) {
            throw new IOException("The table %s cannot be read: %s".formatted(table, said(e)));
        }
    }

    Map<String, String> pairs(
            String table, String key, String value, String where, @Nullable Object... values)
            throws IOException {
        var pairs = new LinkedHashMap<String, String>();
        var length = new long[1];
        each(
                table,
                List.of(key, value),
                where + " order by 1",
                row -> {
                    pairs.put(text(row, 1), text(row, 2));
                    length[0] += text(row, 2).length();
                    if (pairs.size() > MOST_KEYS || length[0] > LONGEST_TEXTS) {
                        throw new IOException(
                                "The table %s has more for one thing than can be."
                                        .formatted(table));
                    }
                },
                values);
        return pairs;
    }

    static String text(ResultSet row, int column) throws SQLException {
        var text = row.getString(column);
        return text == null ? "" : text;
    }

    static @Nullable Long orNull(ResultSet row, int column) throws SQLException {
        var number = row.getLong(column);
        return row.wasNull() ? null : number;
    }

    static @Nullable String textOrNull(ResultSet row, int column) throws SQLException {
        var text = row.getString(column);
        return text == null || text.isEmpty() ? null : text;
    }

    boolean has(String table) {
        return columns.containsKey(table);
    }

    @Override
    public void close() {
        try {
            database.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
