package dev.atelier.notifications;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Subject;
import dev.atelier.platform.database.Signals;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Named;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What each person follows. Kept by reference: a star outlives the entity's next reading, and waits
 * for one that is gone to come back.
 */
@Named("stars")
@ApplicationScoped
public class Stars {

    private static final String CHANNEL = "atelier_stars";
    private static final Duration KEPT = Duration.ofSeconds(10);
    private static final Pattern REF =
            Pattern.compile("[a-z]{1,63}:[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63}");

    /** More would be a list of everything. */
    static final int MOST = 500;

    private final Sql sql;
    private final Signals signals;
    private final Caller caller;
    private final Cache<String, Set<String>> kept =
            Caffeine.newBuilder().expireAfterWrite(KEPT).maximumSize(10_000).build();

    Stars(Sql sql, Signals signals, Caller caller) {
        this.sql = sql;
        this.signals = signals;
        this.caller = caller;
    }

    void listen(@Observes StartupEvent event) {
        signals.on(
                CHANNEL,
                account -> {
                    if (account.equals("*")) {
                        kept.invalidateAll();
                    } else {
                        kept.invalidate(account);
                    }
                });
    }

    /** References of what somebody follows, the latest first. */
    public Set<String> of(Subject subject) {
        return kept.get(subject.name(), this::read);
    }

    private Set<String> read(String account) {
        return Collections.unmodifiableSet(
                new LinkedHashSet<>(
                        sql.list(
                                "select ref from star where account = ? order by at desc, ref",
                                row -> row.getString(1),
                                account)));
    }

    /**
     * For templates: whether the caller follows it.
     *
     * @param ref prints as an entity reference
     */
    public boolean has(Object ref) {
        var someone = caller.someone();
        return someone != null && of(someone).contains(ref.toString());
    }

    /** For templates: whether the caller is somebody who can follow things. */
    public boolean open() {
        var someone = caller.someone();
        return someone != null && someone.person();
    }

    /**
     * Follows something; following it already is fine.
     *
     * @throws Conflict when there are too many
     */
    @Transactional
    public void give(Subject subject, String ref) {
        requireSomebody(subject);
        var name = check(ref);
        if (of(subject).size() >= MOST && !of(subject).contains(name)) {
            throw new Conflict(
                    "You follow %d things already. Take a star away first.".formatted(MOST));
        }
        sql.update(
                "insert into star (account, ref) values (?, ?) on conflict do nothing",
                subject.name(),
                name);
        changed(subject);
    }

    /** Follows it no longer. */
    @Transactional
    public void take(Subject subject, String ref) {
        requireSomebody(subject);
        sql.update("delete from star where account = ? and ref = ?", subject.name(), check(ref));
        changed(subject);
    }

    private static void requireSomebody(Subject subject) {
        if (!subject.person()) {
            throw new Conflict("A service account follows nothing. Stars are for people.");
        }
    }

    private static String check(String ref) {
        if (!REF.matcher(ref).matches()) {
            throw new Invalid(
                    "A star needs an entity reference such as model:default/churn.",
                    List.of(new Invalid.Field("star", "is no entity reference")));
        }
        return ref;
    }

    void follow(@Observes Moved moved) {
        var stars =
                moved.gone()
                        ? sql.update("delete from star where ref = ?", moved.fromRef())
                        : sql.update(
                                """
                                update star s set ref = ? where ref = ? and not exists (
                                    select from star o where o.account = s.account and o.ref = ?)
                                """,
                                moved.toRef(),
                                moved.fromRef(),
                                moved.toRef());
        if (stars > 0) {
            sql.list("select pg_notify(?, '*')", row -> 1, CHANNEL);
            kept.invalidateAll();
        }
    }

    private void changed(Subject subject) {
        sql.list("select pg_notify(?, ?)", row -> 1, CHANNEL, subject.name());
        kept.invalidate(subject.name());
    }
}
