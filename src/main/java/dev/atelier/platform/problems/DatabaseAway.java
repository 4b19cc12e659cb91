package dev.atelier.platform.problems;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells a database that is unreachable, stopping or overloaded from a statement that is wrong. */
public final class DatabaseAway {

    /** What the pool and the transaction manager say without a SQLSTATE. */
    private static final Set<String> WORDS =
            Set.of(
                    "acquisition timeout",
                    "exception in association of connection",
                    "connection is closed",
                    "connection has been closed");

    private static final int MOST = 100;

    private DatabaseAway() {}

    /**
     * Whether the database was lost or took too long: SQLSTATE class 08 (connection), 57P (operator
     * intervention), 53 (no resources), 57014 and 55P03 (time limit of a statement or a lock), or
     * no free connection, anywhere among the causes. The transaction manager hides the statement's
     * own failure among the suppressed ones.
     */
    public static boolean causes(@Nullable Throwable failure) {
        var seen = Collections.newSetFromMap(new IdentityHashMap<Throwable, Boolean>());
        var left = new ArrayDeque<Throwable>();
        if (failure != null) {
            left.add(failure);
        }
        while (!left.isEmpty() && seen.size() < MOST) {
            var e = left.poll();
            if (!seen.add(e)) {
                continue;
            }
            if (e instanceof SQLException sql) {
                if (says(sql)) {
                    return true;
                }
                if (sql.getNextException() != null) {
                    left.add(sql.getNextException());
                }
            }
            if (e.getCause() != null) {
                left.add(e.getCause());
            }
            Collections.addAll(left, e.getSuppressed());
        }
        return false;
    }

    private static boolean says(SQLException e) {
        var state = e.getSQLState();
        if (state != null) {
            return state.startsWith("08")
                    || state.startsWith("57P")
                    || state.startsWith("53")
                    || state.equals("57014")
                    || state.equals("55P03");
        }
        var words = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return WORDS.stream().anyMatch(words::contains);
    }

    /**
     * What is told to whoever asked.
     *
     * @param changes whether the request was one that changes something: its transaction may have
     *     been committed, or an earlier one of the same request
     */
    public static String told(boolean changes) {
        return changes
                ? "The connection to the database broke while this was being done. Whether it was"
                        + " done is not known: look before you send it again."
                : "The database does not answer. Nothing was changed by this request; it will work"
                        + " again once the database is back.";
    }
}
