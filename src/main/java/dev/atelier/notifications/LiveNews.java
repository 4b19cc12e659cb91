package dev.atelier.notifications;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Subject;
import dev.atelier.platform.Loop;
import dev.atelier.platform.database.Signals;
import dev.atelier.platform.problems.Unavailable;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the bells of open windows true. However many windows are open, one thread asks the database
 * for all of them: when a signal says that somebody's news changed, and now and then in case a
 * signal was lost. A stream holds nothing but the last thing it has not sent yet.
 */
@ApplicationScoped
class LiveNews {

    private static final Logger LOG = Logger.getLogger(LiveNews.class);

    /** How soon a stream ends after its session does. */
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** A token is looked at when a stream begins; a revoked one listens no longer than this. */
    private static final Duration TOKEN_STREAM = Duration.ofSeconds(55);

    private static final int MOST_STREAMS = 5_000;
    private static final int MOST_OF_ONE = 20;
    private static final int MOST_NEWS = 20;

    /** What a window learns: how much is unread, and what of it is new. */
    private record Update(int unread, List<Notifications.Note> news, long horizon) {
        Update after(@Nullable Update unsent) {
            if (unsent == null) {
                return this;
            }
            var all = new ArrayList<>(news);
            all.addAll(unsent.news);
            return new Update(unread, all.subList(0, Math.min(MOST_NEWS, all.size())), horizon);
        }
    }

    private record Item(long id, int times) {
        static Item of(Notifications.Note note) {
            return new Item(note.id(), note.times());
        }
    }

    /** One window. */
    private final class Stream implements Flow.Subscription {
        final String account;
        final @Nullable Long session;
        final Sse sse;
        final long begun = System.nanoTime();
        private final Flow.Subscriber<? super OutboundSseEvent> window;
        private long horizon;
        private int unread = -1;
        private Set<Item> told = Set.of();
        private @Nullable Update unsent;
        private boolean beat;
        private boolean ready;
        private boolean over;

        Stream(
                Subject subject,
                long horizon,
                Sse sse,
                Flow.Subscriber<? super OutboundSseEvent> window) {
            this.account = subject.name();
            this.session = subject.session();
            this.horizon = horizon;
            this.sse = sse;
            this.window = window;
        }

        @Override
        public void request(long n) {
            OutboundSseEvent next;
            synchronized (this) {
                ready = true;
                next = next();
            }
            send(next);
        }

        @Override
        public void cancel() {
            synchronized (this) {
                over = true;
            }
            remove(this);
        }

        synchronized long horizon() {
            return horizon;
        }

        /** Takes what is unread now; sends what the window does not know. */
        void offer(int count, List<Notifications.Written> found, long now) {
            OutboundSseEvent next;
            synchronized (this) {
                long from = horizon;
                var fresh =
                        found.stream()
                                .filter(written -> written.change() >= from)
                                .map(Notifications.Written::note)
                                .filter(note -> !told.contains(Item.of(note)))
                                .toList();
                told =
                        found.stream()
                                .map(written -> Item.of(written.note()))
                                .collect(Collectors.toSet());
                horizon = now;
                if (!fresh.isEmpty() || count != unread) {
                    unread = count;
                    unsent = new Update(count, fresh, now).after(unsent);
                }
                next = next();
            }
            send(next);
        }

        void beat() {
            OutboundSseEvent next;
            synchronized (this) {
                beat = true;
                next = next();
            }
            send(next);
        }

        /** What to send now, with the turn to send it; null when there is nothing or no turn. */
        private @Nullable OutboundSseEvent next() {
            if (over || !ready) {
                return null;
            }
            if (unsent != null) {
                var event = event(unsent);
                unsent = null;
                beat = false;
                ready = false;
                return event;
            }
            if (beat) {
                beat = false;
                ready = false;
                return sse.newEventBuilder().name("beat").data("").build();
            }
            return null;
        }

        private OutboundSseEvent event(Update update) {
            try {
                return sse.newEventBuilder()
                        .id(Long.toString(update.horizon))
                        .name("news")
                        .data(
                                json.writeValueAsString(
                                        Map.of("unread", update.unread, "news", update.news)))
                        .build();
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }

        private void send(@Nullable OutboundSseEvent event) {
            if (event != null) {
                window.onNext(event);
            }
        }

        void end() {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
            }
            remove(this);
            window.onComplete();
        }
    }

    private final Notifications notifications;
    private final Presence presence;
    private final Signals signals;
    private final ObjectMapper json;
    private final Duration beat;
    private final Map<String, List<Stream>> streams = new ConcurrentHashMap<>();
    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final Loop loop = new Loop("live-news", LOOK, new Rounds());

    /** A portal that ends waits for its requests, and a stream is one that never ends by itself. */
    private final Thread ending = new Thread(this::endAll, "live-news-end");

    /**
     * @param beat shorter than any proxy's patience, and than the portal's own for idle connections
     */
    LiveNews(
            Notifications notifications,
            Presence presence,
            Signals signals,
            ObjectMapper json,
            @ConfigProperty(name = "atelier.notifications.beat", defaultValue = "15s")
                    Duration beat) {
        this.beat = beat;
        this.notifications = notifications;
        this.presence = presence;
        this.signals = signals;
        this.json = json;
    }

    void start(@Observes StartupEvent event) {
        loop.start();
        signals.on(Notifications.CHANNEL, this::hear);
        Runtime.getRuntime().addShutdownHook(ending);
    }

    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        endAll();
        loop.join();
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // It runs already.
        }
    }

    private void endAll() {
        loop.end();
        all().forEach(Stream::end);
    }

    private void hear(String accounts) {
        if (accounts.equals("*")) {
            notifications.forget("*");
            changed.addAll(streams.keySet());
        } else {
            Arrays.stream(accounts.split(" "))
                    .forEach(
                            account -> {
                                notifications.forget(account);
                                if (streams.containsKey(account)) {
                                    changed.add(account);
                                }
                            });
        }
        loop.wake();
    }

    /**
     * A stream for this person: how much is unread, then whatever changes.
     *
     * @param known the id of the last event that an earlier stream sent; null to begin with now
     */
    Flow.Publisher<OutboundSseEvent> open(Subject subject, @Nullable Long known, Sse sse) {
        if (all().size() >= MOST_STREAMS) {
            throw new Unavailable("Too many windows are open. The bell is right when you reload.");
        }
        long horizon = known == null ? notifications.horizon() : known;
        return window -> {
            var stream = new Stream(subject, horizon, sse, window);
            window.onSubscribe(stream);
            if (!loop.running()) {
                stream.end();
                return;
            }
            add(stream);
            changed.add(subject.name());
            loop.wake();
        };
    }

    private void add(Stream stream) {
        var own =
                streams.compute(
                        stream.account,
                        (_, open) -> {
                            var list = open == null ? new CopyOnWriteArrayList<Stream>() : open;
                            list.add(stream);
                            return list;
                        });
        if (own.size() > MOST_OF_ONE) {
            own.getFirst().end();
        }
    }

    private void remove(Stream stream) {
        streams.computeIfPresent(
                stream.account,
                (_, own) -> {
                    own.remove(stream);
                    return own.isEmpty() ? null : own;
                });
    }

    private List<Stream> all() {
        return streams.values().stream().flatMap(List::stream).toList();
    }

    /** How many streams are open; for tests. */
    int size() {
        return all().size();
    }

    /** What the loop remembers from one round to the next. */
    private final class Rounds implements Runnable {

        private long looked = System.nanoTime();
        private long beaten = looked;
        private long horizon = Long.MAX_VALUE;

        @Override
        public void run() {
            long now = System.nanoTime();
            if (now - looked > LOOK.toNanos()) {
                looked = now;
                endThoseThatMust(now);
            }
            if (now - beaten > beat.toNanos()) {
                beaten = now;
                all().forEach(Stream::beat);
                long next = notifications.horizon();
                changed.addAll(
                        notifications.changedSince(Math.min(horizon, next), streams.keySet()));
                horizon = next;
            }
            for (var account : Set.copyOf(changed)) {
                changed.remove(account);
                update(account);
            }
        }
    }

    private void endThoseThatMust(long now) {
        var open = all();
        var sessions = new HashSet<Long>();
        for (var stream : open) {
            if (stream.session != null) {
                sessions.add(stream.session);
            }
        }
        var standing = presence.standing(sessions);
        for (var stream : open) {
            if (stream.session != null
                    ? !standing.contains(stream.session)
                    : now - stream.begun > TOKEN_STREAM.toNanos()) {
                stream.end();
            }
        }
    }

    private void update(String account) {
        var own = streams.getOrDefault(account, List.of());
        if (own.isEmpty()) {
            return;
        }
        // As they are now: teams and roles decide what they may see.
        var subject = presence.subject(account);
        if (subject.isEmpty()) {
            own.forEach(Stream::end);
            return;
        }
        // Before the look itself: what commits in between is found again, never missed.
        long horizon = notifications.horizon();
        long oldest = own.stream().mapToLong(Stream::horizon).min().orElse(horizon);
        var found = notifications.since(subject.get(), Math.min(oldest, horizon), MOST_NEWS);
        notifications.forget(account);
        int unread = notifications.unread(subject.get());
        for (var stream : own) {
            stream.offer(unread, found, horizon);
        }
    }
}
