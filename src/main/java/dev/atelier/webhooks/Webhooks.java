package dev.atelier.webhooks;

import dev.atelier.identity.Access;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Resource;
import dev.atelier.models.Model;
import dev.atelier.models.Models;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All webhooks; each is its maker's, and administrators see all. */
@ApplicationScoped
class Webhooks {

    /** How many one account may have. */
    static final int MOST = 50;

    private static final Pattern NAME =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final int LONGEST_URL = 500;
    private static final int LONGEST_TEXT = 1_000;

    /**
     * What is wanted; null leaves a member as it is.
     *
     * @param secret empty takes it away
     */
    record Wish(
            @Nullable String name,
            @Nullable String url,
            @Nullable String description,
            @Nullable List<RegistryEvent> events,
            @Nullable Boolean active,
            @Nullable String secret) {}

    private static final String SELECT =
            """
            select id, name, url, description, events, active, all_models, created_by, created_at,
                   changed_at
            from webhook
            """;

    private final Sql sql;
    private final Caller caller;
    private final Access access;
    private final Presence presence;
    private final Models models;
    private final KeptSecrets secrets;
    private final OutboundHttp http;
    private final Audit audit;

    Webhooks(
            Sql sql,
            Caller caller,
            Access access,
            Presence presence,
            Models models,
            KeptSecrets secrets,
            OutboundHttp http,
            Audit audit) {
        this.sql = sql;
        this.caller = caller;
        this.access = access;
        this.presence = presence;
        this.models = models;
        this.secrets = secrets;
        this.http = http;
        this.audit = audit;
    }

    /** Whether the caller's would hear of all models. */
    boolean ofAll() {
        return caller.may(Permission.ACCESS_MANAGE);
    }

    /** Those that the caller sees, the oldest first. */
    List<Webhook> list(long offset, int limit) {
        return sql.list(
                SELECT
                        + """
                        where created_by = ? or ? order by created_at, id offset ? limit ?
                        """,
                Webhooks::read,
                caller.entityRef(),
                ofAll(),
                offset,
                limit);
    }

    /**
     * @throws NotFound when there is none, or it is another one's
     */
    Webhook get(String id) {
        return uuid(id).flatMap(this::find)
                .filter(hook -> ofAll() || hook.createdBy().equals(caller.entityRef()))
                .orElseThrow(() -> new NotFound("Webhook with ID %s not found.".formatted(id)));
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    Optional<Webhook> find(UUID id) {
        return sql.first(SELECT + "where id = ?", Webhooks::read, id);
    }

    List<Webhook> active() {
        return sql.list(SELECT + "where active", Webhooks::read);
    }

    private static Webhook read(ResultSet row) throws SQLException {
        return new Webhook(
                row.getObject(1, UUID.class),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                // An event of a newer release than this replica is left out.
                Arrays.stream((String[]) row.getArray(5).getArray())
                        .map(RegistryEvent::of)
                        .flatMap(Optional::stream)
                        .toList(),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getString(8),
                row.getObject(9, OffsetDateTime.class).toInstant(),
                row.getObject(10, OffsetDateTime.class).toInstant());
    }

    /** Resolves the address, so it is not in a transaction. */
    Webhook create(Wish wish) {
        var name = name(wish.name);
        var url = url(wish.url);
        var events = events(wish.events);
        var id = UUID.randomUUID();
        return QuarkusTransaction.requiringNew().call(() -> insert(id, name, url, events, wish));
    }

    private Webhook insert(
            UUID id, String name, String url, List<RegistryEvent> events, Wish wish) {
        var who = caller.entityRef();
        // One at a time for each account, so that the limit holds.
        sql.list("select pg_advisory_xact_lock(hashtext('webhook:' || ?))", row -> 1, who);
        var count =
                sql.one(
                        "select count(*) from webhook where created_by = ?",
                        row -> row.getInt(1),
                        who);
        if (count >= MOST) {
            throw new Conflict("You have %d webhooks. Delete one first.".formatted(count));
        }
        sql.update(
                """
                insert into webhook (id, name, url, description, events, active, all_models, created_by)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                id,
                name,
                url,
                description(wish.description),
                ids(events),
                wish.active == null || wish.active,
                ofAll(),
                who);
        keep(id, wish.secret);
        var made = find(id).orElseThrow();
        audit.record("webhook.create", made.ref(), detail(made));
        return made;
    }

    Webhook change(Webhook before, Wish wish) {
        var name = wish.name == null ? before.name() : name(wish.name);
        var url = wish.url == null ? before.url() : url(wish.url);
        var events = wish.events == null ? before.events() : events(wish.events);
        return QuarkusTransaction.requiringNew()
                .call(() -> update(before, name, url, events, wish));
    }

    private Webhook update(
            Webhook before, String name, String url, List<RegistryEvent> events, Wish wish) {
        if (sql.update(
                        """
                        update webhook set name = ?, url = ?, description = ?, events = ?, active = ?,
                            changed_at = clock_timestamp()
                        where id = ?
                        """,
                        name,
                        url,
                        wish.description == null
                                ? before.description()
                                : description(wish.description),
                        ids(events),
                        wish.active == null ? before.active() : wish.active,
                        before.id())
                == 0) {
            throw new NotFound("Webhook with ID %s not found.".formatted(before.id()));
        }
        // A secret is for one receiver: with a new address and no new secret none is sent there.
        if (wish.secret != null || !before.host().equals(URI.create(url).getHost())) {
            keep(before.id(), wish.secret == null ? "" : wish.secret);
        }
        var after = find(before.id()).orElseThrow();
        audit.record("webhook.change", after.ref(), detail(after));
        return after;
    }

    @Transactional
    void delete(Webhook hook) {
        sql.update("delete from webhook where id = ?", hook.id());
        secrets.drop(secretName(hook.id()));
        audit.record("webhook.delete", hook.ref(), detail(hook));
    }

    private void keep(UUID id, @Nullable String secret) {
        if (secret == null) {
            return;
        }
        if (secret.isEmpty()) {
            secrets.drop(secretName(id));
        } else if (secret.length() > LONGEST_TEXT) {
            throw invalid("secret", "A secret has at most 1,000 characters.");
        } else {
            secrets.put(secretName(id), secret.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Whether what is sent is signed. */
    boolean signed(Webhook hook) {
        return secrets.holds(secretName(hook.id()));
    }

    Optional<byte[]> secret(Webhook hook) {
        return secrets.get(secretName(hook.id()));
    }

    private static String secretName(UUID id) {
        return "mlflow-webhook/" + id;
    }

    private static Map<String, Object> detail(Webhook hook) {
        return Map.of(
                "name",
                hook.name(),
                "host",
                hook.host(),
                "events",
                hook.events().stream().map(RegistryEvent::id).toList(),
                "active",
                hook.active(),
                "all-models",
                hook.allModels());
    }

    /** Whether its maker may hear of a model now. */
    boolean reaches(Webhook hook, String model) {
        var who = presence.anybody(hook.createdBy().substring(hook.createdBy().indexOf('/') + 1));
        if (who.isEmpty()) {
            return false;
        }
        if (hook.allModels()) {
            return access.decide(who.get(), Permission.ACCESS_MANAGE, null).allowed();
        }
        var resource = access.resource(Resource.model(model));
        var owner = resource.owner() == null ? statedOwner(model) : resource.owner();
        return who.get().owns(owner)
                && access.decide(
                                who.get(),
                                Permission.MODEL_SHARE,
                                new Resource(
                                        resource.ref(),
                                        owner,
                                        resource.visibility(),
                                        resource.grants()))
                        .allowed();
    }

    /** Of a model that the catalog does not know yet: it was registered a moment ago. */
    private @Nullable String statedOwner(String model) {
        return models.find(model).map(Model::ownerRef).orElse(null);
    }

    private static String name(@Nullable String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw invalid(
                    "name",
                    "A webhook's name has 1 to 63 letters (a to z), digits, dots, underscores and"
                            + " hyphens, and starts and ends with a letter or digit.");
        }
        return name;
    }

    private String url(@Nullable String url) {
        if (url == null || url.isBlank() || url.length() > LONGEST_URL) {
            throw invalid("url", "A webhook needs an address of at most 500 characters.");
        }
        try {
            http.require(url);
        } catch (IOException e) {
            throw invalid("url", "This address cannot be called: " + e.getMessage());
        }
        return url.strip();
    }

    private static List<RegistryEvent> events(@Nullable List<RegistryEvent> events) {
        if (events == null || events.isEmpty()) {
            throw invalid("events", "A webhook hears of at least one kind of event.");
        }
        return List.copyOf(new LinkedHashSet<>(events));
    }

    private static @Nullable String description(@Nullable String text) {
        if (text != null && (text.length() > LONGEST_TEXT || text.indexOf('\0') >= 0)) {
            throw invalid("description", "A description has at most 1,000 characters.");
        }
        return text == null || text.isBlank() ? null : text.strip();
    }

    private static Invalid invalid(String field, String sentence) {
        return new Invalid(sentence, List.of(new Invalid.Field(field, "cannot be")));
    }

    private static String[] ids(List<RegistryEvent> events) {
        return events.stream().map(RegistryEvent::id).toArray(String[]::new);
    }
}
