package dev.atelier.webhooks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Moved;
import dev.atelier.platform.Errands;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.net.SignedPost;
import dev.atelier.platform.problems.Conflict;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What is called out: handed from events to webhooks, sent one at a time to each, tried again, and
 * written down.
 */
@ApplicationScoped
class Deliveries {

    private static final Logger LOG = Logger.getLogger(Deliveries.class);
    private static final int PLACES = 8;
    private static final int BATCH = 100;
    private static final int SHOWN = 100;

    /** Between one try and the next; after the last it is given up, a good half day later. */
    private static final List<Duration> WAITS =
            List.of(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(30),
                    Duration.ofHours(2),
                    Duration.ofHours(10));

    private static final SignedPost.Names NAMES =
            new SignedPost.Names(
                    "x-mlflow-delivery-id", "x-mlflow-timestamp", "x-mlflow-signature");

    private record Event(long id, String event, String model, String data, Instant at) {}

    /** One that was taken; {@code tries} tells this taking from a later one. */
    private record Task(UUID id, UUID webhook, String model, String body, int tries) {}

    /**
     * A line of the log.
     *
     * @param outcome what became of the last try; null before the first
     */
    public record Line(
            UUID id,
            String event,
            String model,
            String state,
            int tries,
            Instant madeAt,
            @Nullable Instant dueAt,
            @Nullable String outcome) {

        public String mark() {
            return switch (state) {
                case "done" -> "ok";
                case "failed" -> "fail";
                default -> "wait";
            };
        }

        public String label() {
            return switch (state) {
                case "done" -> "Arrived";
                case "failed" -> "Given up";
                default -> tries == 0 ? "Waits" : "Tried again";
            };
        }
    }

    /** What came of trying a webhook out. */
    record Trial(
            boolean success,
            @Nullable Integer status,
            @Nullable String body,
            @Nullable String fault) {}

    private final Sql sql;
    private final Webhooks webhooks;
    private final SignedPost post;
    private final ObjectMapper json;
    private final Errands<Task> errands;
    private volatile Instant trimmed = Instant.EPOCH;

    Deliveries(
            Sql sql,
            Webhooks webhooks,
            SignedPost post,
            ObjectMapper json,
            @ConfigProperty(name = "atelier.webhooks.look", defaultValue = "1s") Duration look) {
        this.sql = sql;
        this.webhooks = webhooks;
        this.post = post;
        this.json = json;
        errands = new Errands<>("webhooks", look, PLACES, this::due, this::send);
    }

    void start(@Observes StartupEvent event) {
        errands.start();
    }

    /** What is being sent is awaited: else it would be sent again. */
    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        if (!errands.stop()) {
            LOG.info("A webhook is being called; it is called again after the start");
        }
    }

    /** What waits is told of the model under its new name. */
    void follow(@Observes Moved moved) {
        if (!moved.kind().equals("model") || moved.gone()) {
            return;
        }
        for (var table : List.of("webhook_event", "webhook_delivery")) {
            sql.update(
                    "update %s set model = ? where model = ?".formatted(table),
                    moved.to(),
                    moved.from());
        }
    }

    private List<Task> due(int limit) {
        QuarkusTransaction.requiringNew().run(this::handOut);
        if (trimmed.isBefore(Instant.now().minus(Duration.ofHours(1)))) {
            trimmed = Instant.now();
            trim();
        }
        return take(limit);
    }

    /** From events to webhooks: both or neither, whoever dies in between. */
    private void handOut() {
        var events =
                sql.list(
                        """
                        delete from webhook_event where id in (
                            select id from webhook_event order by id limit ? for update skip locked)
                        returning id, event, model, data::text, at
                        """,
                        row ->
                                new Event(
                                        row.getLong(1),
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getObject(5, OffsetDateTime.class).toInstant()),
                        BATCH);
        if (events.isEmpty()) {
            return;
        }
        var active = webhooks.active();
        events.stream()
                .sorted((a, b) -> Long.compare(a.id, b.id))
                .forEach(
                        event ->
                                RegistryEvent.of(event.event)
                                        .ifPresent(kind -> handOut(event, kind, active)));
    }

    private void handOut(Event event, RegistryEvent kind, List<Webhook> active) {
        for (var hook : active) {
            if (hook.hears(kind) && webhooks.reaches(hook, event.model)) {
                sql.update(
                        """
                        insert into webhook_delivery (id, webhook, event, model, body)
                        values (?, ?, ?, ?, ?)
                        """,
                        UUID.randomUUID(),
                        hook.id(),
                        event.event,
                        event.model,
                        body(kind, event.at, parsed(event.data)));
            }
        }
    }

    private Object parsed(String data) {
        try {
            return json.readTree(data);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private String body(RegistryEvent kind, Instant at, Object data) {
        var body = new LinkedHashMap<String, Object>();
        var id = kind.id().split("\\.", 2);
        body.put("entity", id[0]);
        body.put("action", id[1]);
        // As Python writes a time in UTC.
        body.put("timestamp", at.atOffset(ZoneOffset.UTC).toString().replace("Z", "+00:00"));
        body.put("data", data);
        try {
            return json.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Takes what is due, for a minute, the oldest of each webhook and one at a time: a receiver
     * gets events in their order unless one fails, and a slow one waits for itself alone.
     */
    private List<Task> take(int limit) {
        return sql.list(
                """
                with due as (
                    select d.id from webhook_delivery d
                    join (
                        select webhook, min(seq) filter (where due_at <= clock_timestamp()) as first
                        from webhook_delivery where state = 'waiting' group by webhook
                        having not coalesce(bool_or(leased_until > clock_timestamp()), false)) f
                      on f.first = d.seq
                    where d.state = 'waiting'
                    order by d.seq limit ? for update of d skip locked)
                update webhook_delivery d
                set leased_until = clock_timestamp() + interval '1 minute', tries = d.tries + 1
                from due where d.id = due.id
                  and (d.leased_until is null or d.leased_until < clock_timestamp())
                returning d.id, d.webhook, d.model, d.body, d.tries
                """,
                row ->
                        new Task(
                                row.getObject(1, UUID.class),
                                row.getObject(2, UUID.class),
                                row.getString(3),
                                row.getString(4),
                                row.getInt(5)),
                limit);
    }

    private void send(Task task) {
        var hook = webhooks.find(task.webhook);
        if (hook.isEmpty()) {
            return;
        }
        // As it is now: what was allowed when it happened may not be any more.
        if (!hook.get().active() || !webhooks.reaches(hook.get(), task.model)) {
            end(
                    task,
                    "failed",
                    hook.get().active()
                            ? "Its maker may not hear of it any more."
                            : "The webhook was switched off.");
            return;
        }
        var secret = webhooks.secret(hook.get());
        if (secret.isEmpty() && webhooks.signed(hook.get())) {
            later(task, "Its secret cannot be opened here.", true);
            return;
        }
        try {
            var answer =
                    post.send(
                            hook.get().url(),
                            NAMES,
                            task.id.toString(),
                            secret.orElse(null),
                            task.body.getBytes(StandardCharsets.UTF_8));
            end(task, "done", "It answered %d.".formatted(answer.status()));
        } catch (SignedPost.NotTaken e) {
            later(task, String.valueOf(e.getMessage()), e.mayPass());
        }
    }

    private void later(Task task, String outcome, boolean mayPass) {
        if (!mayPass || task.tries > WAITS.size()) {
            end(task, "failed", outcome);
            return;
        }
        sql.update(
                """
                update webhook_delivery
                set due_at = clock_timestamp() + ?::interval, leased_until = null, outcome = ?
                where id = ? and tries = ? and state = 'waiting'
                """,
                WAITS.get(task.tries - 1).toString(),
                outcome,
                task.id,
                task.tries);
    }

    private void end(Task task, String state, String outcome) {
        sql.update(
                """
                update webhook_delivery
                set state = ?, outcome = ?, ended_at = clock_timestamp(), leased_until = null
                where id = ? and tries = ? and state = 'waiting'
                """,
                state,
                outcome,
                task.id,
                task.tries);
    }

    /** Sends the example of an event now, and says what came back. */
    Trial tryOut(Webhook hook, RegistryEvent event) {
        try {
            var answer =
                    post.send(
                            hook.url(),
                            NAMES,
                            UUID.randomUUID().toString(),
                            webhooks.secret(hook).orElse(null),
                            body(event, Instant.now(), event.example())
                                    .getBytes(StandardCharsets.UTF_8));
            var text = new String(answer.body(), StandardCharsets.UTF_8);
            return new Trial(
                    true,
                    answer.status(),
                    text.length() > 2_000 ? text.substring(0, 2_000) : text,
                    null);
        } catch (SignedPost.NotTaken e) {
            return new Trial(
                    false,
                    e.status() == 0 ? null : e.status(),
                    null,
                    String.valueOf(e.getMessage()));
        }
    }

    /** The newest first. */
    List<Line> log(Webhook hook) {
        return sql.list(
                """
                select id, event, model, state, tries, made_at, due_at, outcome
                from webhook_delivery where webhook = ? order by seq desc limit ?
                """,
                Deliveries::line,
                hook.id(),
                SHOWN);
    }

    private static Line line(ResultSet row) throws SQLException {
        return new Line(
                row.getObject(1, UUID.class),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getInt(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                Sql.instant(row, 7),
                row.getString(8));
    }

    /** How many wait and how many were given up, by webhook. */
    Map<UUID, String> standing() {
        var all = new LinkedHashMap<UUID, String>();
        sql.list(
                """
                select webhook, count(*) filter (where state = 'waiting'),
                       count(*) filter (where state = 'failed')
                from webhook_delivery group by webhook
                """,
                row ->
                        all.put(
                                row.getObject(1, UUID.class),
                                "%d wait, %d given up".formatted(row.getInt(2), row.getInt(3))));
        return all;
    }

    /**
     * Sends one again that was given up.
     *
     * @throws Conflict when it arrived, or waits anyway
     */
    @Transactional
    void again(Webhook hook, String id) {
        if (sql.update(
                        """
                        update webhook_delivery
                        set state = 'waiting', tries = 0, due_at = clock_timestamp(), ended_at = null
                        where id::text = ? and webhook = ? and state = 'failed'
                        """,
                        id,
                        hook.id())
                == 0) {
            throw new Conflict("Only what was given up is sent again.");
        }
    }

    private void trim() {
        sql.update(
                """
                delete from webhook_delivery
                where state <> 'waiting' and ended_at < clock_timestamp() - interval '30 days'
                """);
    }
}
