package dev.atelier.platform.database;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * What replicas call out to each other with PostgreSQL's NOTIFY, sent when a transaction commits.
 * One connection and one thread of the portal listen, whatever the number of those who want to
 * hear.
 *
 * <p>A call may be lost: while the database is away, and behind a pooler that shares connections
 * between statements. Whoever listens also looks by itself now and then.
 */
@ApplicationScoped
public class Signals {

    private static final Logger LOG = Logger.getLogger(Signals.class);
    private static final int WAIT_MS = 1_000;
    private static final Duration PAUSE = Duration.ofSeconds(2);

    /** A connection that died without a word is noticed after so many silent waits. */
    private static final int SILENT_WAITS = 20;

    private final AgroalDataSource database;
    private final Map<String, Consumer<String>> listeners = new ConcurrentHashMap<>();
    private volatile boolean running = true;
    private @Nullable Thread thread;

    Signals(AgroalDataSource database) {
        this.database = database;
    }

    /**
     * Hears what is called on a channel from now on.
     *
     * @param channel a lower-case word
     * @param hears takes what was called; quick, and without the database. It hears {@code *} when
     *     calls may have been lost
     */
    public synchronized void on(String channel, Consumer<String> hears) {
        if (!channel.matches("[a-z_]+") || listeners.putIfAbsent(channel, hears) != null) {
            throw new IllegalArgumentException("One listener for a channel: " + channel);
        }
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("signals").start(this::listen);
        }
    }

    /** Before the pool is closed under it. */
    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        running = false;
        Thread listening;
        synchronized (this) {
            listening = thread;
        }
        if (listening != null) {
            listening.join(Duration.ofSeconds(3));
        }
    }

    private void listen() {
        while (running) {
            try (var connection = database.getConnection()) {
                hear(connection);
            } catch (SQLException e) {
                LOG.debugf(e, "Nothing is heard for now");
            }
            if (running) {
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hear(Connection connection) throws SQLException {
        var calls = connection.unwrap(PGConnection.class);
        var open = new HashSet<String>();
        int silent = 0;
        while (running) {
            for (var channel : Set.copyOf(listeners.keySet())) {
                if (open.add(channel)) {
                    execute(connection, "listen " + channel);
                    tell(channel, "*");
                }
            }
            var heard = calls.getNotifications(WAIT_MS);
            if (heard == null || heard.length == 0) {
                if (++silent % SILENT_WAITS == 0) {
                    execute(connection, "select 1");
                }
                continue;
            }
            silent = 0;
            for (var call : heard) {
                tell(call.getName(), call.getParameter());
            }
        }
        // The connection goes back to the pool, where nobody listens.
        execute(connection, "unlisten *");
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void tell(String channel, String text) {
        var hears = listeners.get(channel);
        if (hears != null) {
            try {
                hears.accept(text);
            } catch (RuntimeException e) {
                LOG.warnf(e, "What was called on %s was not taken", channel);
            }
        }
    }
}
