package dev.atelier.platform.database;

import dev.atelier.platform.CannotStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which database the portal uses: the one that is named, else its own. */
public final class Database {

    private static final String URL = "quarkus.datasource.jdbc.url";
    private static final String USER = "quarkus.datasource.username";
    private static final String PASSWORD = "quarkus.datasource.password";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Database() {}

    /** Whether {@code ATELIER_JDBC_URL} or the data source's own property names a database. */
    public static boolean isExternal() {
        // Our own, once started, has set the data source's property itself.
        return !EmbeddedDatabase.isRunning() && externalUrl().isPresent();
    }

    private static Optional<String> externalUrl() {
        return setting("atelier.jdbc.url", "ATELIER_JDBC_URL")
                .or(() -> setting(URL, "QUARKUS_DATASOURCE_JDBC_URL"));
    }

    /**
     * Points the data source at the named database, or starts our own.
     *
     * @param words told when the named one is awaited
     * @throws CannotStart when it does not answer, or does not let us in
     */
    public static void prepare(Consumer<String> words) {
        if (externalUrl().isEmpty()) {
            EmbeddedDatabase.start();
            return;
        }
        pointAtExternal();
        await(words);
    }

    /** Sets the data source's properties from ours. */
    static void pointAtExternal() {
        externalUrl().ifPresent(url -> System.setProperty(URL, url));
        setting("atelier.jdbc.user", "ATELIER_JDBC_USER")
                .ifPresent(user -> System.setProperty(USER, user));
        setting("atelier.jdbc.password", "ATELIER_JDBC_PASSWORD")
                .or(
                        () ->
                                setting("atelier.jdbc.password.file", "ATELIER_JDBC_PASSWORD_FILE")
                                        .map(Database::read))
                .ifPresent(password -> System.setProperty(PASSWORD, password));
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new CannotStart("The file of the database's password cannot be read: " + file, e);
        }
    }

    private static void await(Consumer<String> words) {
        var until = System.nanoTime() + PATIENCE.toNanos();
        for (boolean first = true; ; first = false) {
            try (var _ = connect()) {
                return;
            } catch (SQLException e) {
                var state = String.valueOf(e.getSQLState());
                if (!state.startsWith("08") && !state.startsWith("57P")) {
                    throw new CannotStart(
                            "The database " + address() + " refuses the portal: " + e.getMessage(),
                            e);
                }
                if (System.nanoTime() > until) {
                    throw new CannotStart(
                            "The database %s does not answer: %s\nStart it, or correct ATELIER_JDBC_URL."
                                    .formatted(address(), e.getMessage()),
                            e);
                }
                if (first) {
                    words.accept(
                            "Waiting up to %d seconds for the database %s ..."
                                    .formatted(PATIENCE.toSeconds(), address()));
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CannotStart("Interrupted while waiting for the database.", e);
            }
        }
    }

    /** A connection beside the pool, to what the data source's properties name. */
    static java.sql.Connection connect() throws SQLException {
        var properties = new java.util.Properties();
        put(properties, "user", System.getProperty(USER));
        put(properties, "password", System.getProperty(PASSWORD));
        properties.put("connectTimeout", "3");
        properties.put("loginTimeout", "5");
        properties.put("ApplicationName", "atelier");
        return DriverManager.getConnection(System.getProperty(URL), properties);
    }

    private static void put(java.util.Properties properties, String name, @Nullable String value) {
        if (value != null) {
            properties.put(name, value);
        }
    }

    /** The address without parameters, which may hold a password. */
    static String address() {
        return String.valueOf(System.getProperty(URL)).replaceFirst("\\?.*", "");
    }

    private static Optional<String> setting(String property, String variable) {
        return Optional.ofNullable(System.getProperty(property))
                .or(() -> Optional.ofNullable(System.getenv(variable)))
                .filter(value -> !value.isBlank());
    }
}
