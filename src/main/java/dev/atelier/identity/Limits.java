package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.TooMany;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what accounts do and refuses what is too often. A limit is a vessel that drains evenly
 * (the generic cell rate algorithm of ATM networks), so one number an account is all that is kept
 * and nobody gains by waiting for a full hour to begin; what is refused is not counted.
 */
@ApplicationScoped
class Limits {

    /** One in so many uses sweeps up what has drained. */
    private static final int SWEEP = 256;

    private final Sql sql;
    private final LimitsConfig config;
    private final Map<Limit, Rate> rates = new EnumMap<>(Limit.class);
    private final Map<Limit, Counter> refused = new EnumMap<>(Limit.class);
    private final AtomicLong counted = new AtomicLong();

    /** By account, the time at which its vessel is empty again, of {@link System#nanoTime}. */
    private final Cache<String, AtomicLong> here =
            Caffeine.newBuilder()
                    .expireAfterAccess(Duration.ofHours(1))
                    .maximumSize(50_000)
                    .build();

    Limits(Sql sql, LimitsConfig config, MeterRegistry metrics) {
        this.sql = sql;
        this.config = config;
        for (var limit : Limit.values()) {
            rates.put(limit, config.of(limit));
            refused.put(limit, metrics.counter("atelier.limits.refused", "limit", limit.id()));
        }
    }

    /**
     * Counts one use.
     *
     * @throws TooMany when there were too many already
     */
    void use(Limit limit, Subject subject) {
        var rate = Objects.requireNonNull(rates.get(limit));
        if (!config.enabled() || rate.off()) {
            return;
        }
        var wait = limit.shared() ? useShared(limit, rate, subject.ref()) : useHere(rate, subject);
        if (wait.isZero()) {
            return;
        }
        Objects.requireNonNull(refused.get(limit)).increment();
        long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        throw new TooMany(
                "You %s %,d times within %s, the most for one account. Try again in %s, or ask a platform admin to raise atelier.limits.%s."
                        .formatted(
                                limit.words(),
                                rate.most(),
                                words(rate.window()),
                                words(Duration.ofSeconds(seconds)),
                                limit.id()),
                Duration.ofSeconds(seconds));
    }

    /** How long to wait; zero when it was counted. */
    private Duration useShared(Limit limit, Rate rate, String account) {
        var step = rate.step().toString();
        var window = rate.window().toString();
        int rows =
                sql.update(
                        """
                        insert into limit_use as u (account, what, full_at)
                        values (?, ?, clock_timestamp() + ?::interval)
                        on conflict (account, what) do update
                        set full_at = greatest(u.full_at, clock_timestamp()) + ?::interval
                        where greatest(u.full_at, clock_timestamp()) + ?::interval
                              <= clock_timestamp() + ?::interval
                        """,
                        account,
                        limit.id(),
                        step,
                        step,
                        step,
                        window);
        if (rows > 0) {
            if (counted.incrementAndGet() % SWEEP == 0) {
                sql.update("delete from limit_use where full_at < clock_timestamp()");
            }
            return Duration.ZERO;
        }
        return sql.first(
                        """
                        select extract(epoch from full_at + ?::interval - ?::interval - clock_timestamp())
                        from limit_use where account = ? and what = ?
                        """,
                        row -> Duration.ofMillis((long) (row.getDouble(1) * 1000)),
                        step,
                        window,
                        account,
                        limit.id())
                .filter(wait -> wait.isPositive())
                .orElse(Duration.ofMillis(1));
    }

    private Duration useHere(Rate rate, Subject subject) {
        long step = rate.step().toNanos();
        long window = rate.window().toNanos();
        var full =
                Objects.requireNonNull(
                        here.get(subject.ref(), _ -> new AtomicLong(System.nanoTime())));
        while (true) {
            long now = System.nanoTime();
            long before = full.get();
            long after = (before - now > 0 ? before : now) + step;
            long over = after - now - window;
            if (over > 0) {
                return Duration.ofNanos(over);
            }
            if (full.compareAndSet(before, after)) {
                return Duration.ZERO;
            }
        }
    }

    private static String words(Duration time) {
        if (time.toHours() > 0 && time.toSecondsPart() == 0 && time.toMinutesPart() == 0) {
            return count(time.toHours(), "hour");
        }
        return time.toMinutes() > 1
                ? count(time.toMinutes() + (time.toSecondsPart() > 0 ? 1 : 0), "minute")
                : count(time.toSeconds(), "second");
    }

    private static String count(long n, String unit) {
        return n == 1 ? (unit.equals("hour") ? "an " : "a ") + unit : n + " " + unit + "s";
    }
}
