package dev.atelier.platform.database;

import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.narayana.jta.QuarkusTransactionException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * A transaction whose end is known. A connection that breaks at COMMIT leaves open whether the
 * database did it; PostgreSQL remembers the end of each transaction, so it is asked by number as
 * soon as it answers again, and the caller is told what is true. Nothing is repeated blindly.
 */
@ApplicationScoped
public class Transaction {

    private static final Logger LOG = Logger.getLogger(Transaction.class);
    private static final long PATIENCE_NANOS = 4_000_000_000L;
    private static final long PAUSE_NANOS = 100_000_000L;

    private final Sql sql;

    Transaction(Sql sql) {
        this.sql = sql;
    }

    private record Done<T>(String number, T result) {}

    /**
     * Runs the work in a transaction of its own.
     *
     * @return what the work returned, once the transaction is known to be committed
     * @throws Unavailable when the database was lost; the message says whether something changed
     */
    public <T> T call(Callable<T> work) {
        // Filled when nothing is left to do but to commit.
        var done = new Object[1];
        try {
            return QuarkusTransaction.requiringNew()
                    .call(
                            () -> {
                                var number = number();
                                var result = work.call();
                                done[0] = new Done<>(number, result);
                                return result;
                            });
        } catch (RuntimeException e) {
            if (done[0] instanceof Done<?>(var number, var result)) {
                confirm(number, e);
                @SuppressWarnings("unchecked") // what the work returned
                var committed = (T) result;
                return committed;
            }
            throw lost(e);
        }
    }

    /** As {@link #call}, for work without a result. */
    public void run(Runnable work) {
        var unused =
                call(
                        () -> {
                            work.run();
                            return true;
                        });
    }

    private String number() {
        return sql.first("select pg_current_xact_id()::text", row -> row.getString(1))
                .orElseThrow();
    }

    /** Before COMMIT: the database takes everything back by itself. */
    private static RuntimeException lost(RuntimeException e) {
        if (!DatabaseAway.causes(e)) {
            return e;
        }
        LOG.warnf("The database was lost in the middle of a transaction: %s", e.getMessage());
        return new Unavailable(
                "The database does not answer. Nothing was changed. Send it again once the database"
                        + " is back.");
    }

    /** Returns when the transaction was committed in spite of the failure. */
    private void confirm(String number, RuntimeException failure) {
        LOG.warnf("COMMIT of transaction %s was not confirmed: %s", number, failure.getMessage());
        switch (end(number).orElse("")) {
            case "committed" -> LOG.infof("Transaction %s was committed", number);
            case "aborted" -> {
                if (!DatabaseAway.causes(failure)) {
                    throw failure;
                }
                throw new Unavailable(
                        "The connection to the database broke. Nothing was changed. Send it again.");
            }
            default ->
                    throw new Unavailable(
                            "The connection to the database broke while this was being saved."
                                    + " Whether it was saved is not known: look before you send it"
                                    + " again.");
        }
    }

    /** {@code committed}, {@code aborted}, or nothing while the database cannot be asked. */
    private Optional<String> end(String number) {
        var until = System.nanoTime() + PATIENCE_NANOS;
        do {
            try {
                // Beside whatever transaction the caller may be in.
                var end =
                        QuarkusTransaction.suspendingExisting()
                                .call(
                                        () ->
                                                sql.first(
                                                        "select pg_xact_status(?::text::xid8)",
                                                        row -> String.valueOf(row.getString(1)),
                                                        number));
                if (end.isPresent() && !end.get().equals("in progress")) {
                    return end;
                }
            } catch (Sql.Failed | QuarkusTransactionException e) {
                LOG.debugf(e, "The end of transaction %s cannot be asked for yet", number);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        } while (System.nanoTime() < until);
        return Optional.empty();
    }
}
