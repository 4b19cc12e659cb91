package dev.atelier.platform.problems;

import java.sql.SQLException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells a database that is unreachable or stopping from a statement that is wrong. */
final class DatabaseAway {

    private DatabaseAway() {}

    /**
     * SQLSTATE class 08 (connection), 57P (operator intervention), 53 (no resources), or no free
     * connection.
     */
    static boolean causes(@Nullable Throwable e) {
        for (int depth = 0; e != null && depth < 20; depth++, e = e.getCause()) {
            if (e instanceof SQLException sql) {
                var state = sql.getSQLState();
                if (state == null
                        ? String.valueOf(sql.getMessage())
                                .toLowerCase(Locale.ROOT)
                                .contains("acquisition timeout")
                        : state.startsWith("08")
                                || state.startsWith("57P")
                                || state.startsWith("53")) {
                    return true;
                }
            }
        }
        return false;
    }
}
