package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.Optional;

/**
 * Slows guessing down. Counts failures of the last quarter of an hour in the database, so that more
 * replicas are no more guesses: 5 for one name from one address, 50 for one name or one address.
 */
@ApplicationScoped
class Throttle {

    static final int NAME_AND_ORIGIN = 5;
    static final int EITHER = 50;
    private static final Duration WINDOW = Duration.ofMinutes(15);

    private final Sql sql;

    Throttle(Sql sql) {
        this.sql = sql;
    }

    /** How long to wait before the next try; empty when one may try now. */
    Optional<Duration> wait(String name, String origin) {
        return sql.first(
                """
                select ceil(extract(epoch from min(oldest) + ?::interval - clock_timestamp()))
                from (
                  select min(at) as oldest, count(*) as n, ? as most from (
                    select at from sign_in_attempt
                    where name = ? and origin = ? and at > clock_timestamp() - ?::interval) both_of
                  union all
                  select min(at), count(*), ? from sign_in_attempt
                  where name = ? and at > clock_timestamp() - ?::interval
                  union all
                  select min(at), count(*), ? from sign_in_attempt
                  where origin = ? and at > clock_timestamp() - ?::interval
                ) counted
                where n >= most
                having count(*) > 0
                """,
                row -> Duration.ofSeconds(Math.max(1, row.getLong(1))),
                WINDOW.toString(),
                NAME_AND_ORIGIN,
                name,
                origin,
                WINDOW.toString(),
                EITHER,
                name,
                WINDOW.toString(),
                EITHER,
                origin,
                WINDOW.toString());
    }

    @Transactional
    void failed(String name, String origin) {
        sql.update("insert into sign_in_attempt (name, origin) values (?, ?)", name, origin);
        sql.update("delete from sign_in_attempt where at < clock_timestamp() - interval '1 hour'");
    }

    @Transactional
    void succeeded(String name, String origin) {
        sql.update("delete from sign_in_attempt where name = ? and origin = ?", name, origin);
    }
}
