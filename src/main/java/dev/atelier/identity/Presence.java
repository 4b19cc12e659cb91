package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** People without a request of theirs: for whoever shows or sends them something by itself. */
@ApplicationScoped
public class Presence {

    private final Sql sql;
    private final Accounts accounts;
    private final Subjects subjects;

    Presence(Sql sql, Accounts accounts, Subjects subjects) {
        this.sql = sql;
        this.accounts = accounts;
        this.subjects = subjects;
    }

    /** With the teams and roles of now; empty when they are shut out, gone, or a program. */
    public Optional<Subject> subject(String account) {
        return accounts.find(account)
                .filter(one -> one.person() && !one.disabled())
                .map(subjects::of);
    }

    /** The same of anybody who is not shut out, also of a program. */
    public Optional<Subject> anybody(String account) {
        return accounts.find(account).filter(one -> !one.disabled()).map(subjects::of);
    }

    /** Those of these browser sessions that have not ended. Does not count as using them. */
    public Set<Long> standing(Collection<Long> sessions) {
        if (sessions.isEmpty()) {
            return Set.of();
        }
        return new HashSet<>(
                sql.list(
                        """
                        select s.id from account_session s join account a on a.name = s.account
                        where s.id = any(?) and a.disabled_at is null
                          and s.expires_at > clock_timestamp()
                          and s.last_seen_at > clock_timestamp() - interval '12 hours'
                        """,
                        row -> row.getLong(1),
                        (Object) sessions.toArray(Long[]::new)));
    }
}
