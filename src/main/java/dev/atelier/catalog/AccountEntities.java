package dev.atelier.catalog;

import dev.atelier.identity.Directory;
import dev.atelier.platform.database.Signals;
import dev.atelier.platform.database.Sql;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * People who may sign in, and the teams that sign-in and administrators put them in, as entities: a
 * User for each account, a Group for each team that has a member. A file that describes the same
 * name goes before. They follow the accounts within a second or two; who may do what never asks
 * them, but the accounts themselves.
 */
@ApplicationScoped
class AccountEntities {

    /** Marks what these entities say, so that permissions do not take it for a file's word. */
    static final String PROVIDER = "accounts";

    private static final Logger LOG = Logger.getLogger(AccountEntities.class);
    private static final String CHANNEL = "atelier_people";

    /** In case a call was lost, and for names that files gave free. */
    private static final Duration LOOK = Duration.ofSeconds(30);

    /** A group that joins at once is brought in at once, not member by member. */
    private static final Duration GATHER = Duration.ofMillis(300);

    private final Directory directory;
    private final Entities entities;
    private final Signals signals;
    private final Sql sql;
    private final Semaphore wake = new Semaphore(0);
    private volatile boolean running;
    private @Nullable Thread loop;
    private @Nullable Map<EntityRef, EntityDocument> known;
    private List<Directory.Person> last = List.of();
    private long lastRevision = -1;

    AccountEntities(Directory directory, Entities entities, Signals signals, Sql sql) {
        this.directory = directory;
        this.entities = entities;
        this.signals = signals;
        this.sql = sql;
    }

    void start(@Observes StartupEvent event) {
        running = true;
        signals.on(CHANNEL, _ -> wake.release());
        loop = Thread.ofVirtual().name("account-entities").start(this::loop);
    }

    void stop(@Observes @Priority(10) ShutdownEvent event) throws InterruptedException {
        running = false;
        wake.release();
        if (loop != null) {
            loop.join(Duration.ofSeconds(5));
        }
    }

    private void loop() {
        while (running) {
            try {
                bringIn();
                if (wake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS) && running) {
                    Thread.sleep(GATHER);
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warnf(
                        "Accounts could not be brought into the catalog; it is tried again: %s", e);
                try {
                    Thread.sleep(GATHER);
                } catch (InterruptedException _) {
                    return;
                }
            }
        }
    }

    /** Makes the entities those of the accounts of now; writes only what is different. */
    synchronized void bringIn() {
        long revision = entities.revision();
        var people = directory.people();
        if (revision == lastRevision && people.equals(last)) {
            return;
        }
        var now = documents(people);
        var before = known;
        if (before == null || !inPlace(before.keySet())) {
            tell(entities.replaceAll(PROVIDER, now.values()));
        } else {
            var different =
                    now.entrySet().stream()
                            .filter(entry -> !entry.getValue().equals(before.get(entry.getKey())))
                            .map(Map.Entry::getValue)
                            .toList();
            if (!different.isEmpty()) {
                tell(entities.upsert(PROVIDER, different));
            }
            var gone = before.keySet().stream().filter(ref -> !now.containsKey(ref)).toList();
            if (!gone.isEmpty()) {
                entities.remove(PROVIDER, gone);
            }
        }
        known = now;
        last = people;
        // Of before the look: what was written since is looked at the next time.
        lastRevision = revision;
    }

    private static void tell(List<Entities.Refusal> refusals) {
        for (var refusal : refusals) {
            LOG.debugf("%s: %s", refusal.document().ref(), refusal.reason());
        }
    }

    /** Whether these are in the catalog, by whose word ever: a file may have given one free. */
    private boolean inPlace(Collection<EntityRef> refs) {
        return refs.size()
                == sql.<Integer>one(
                        """
                        select count(*) from catalog_entity
                        where ref = any(?) and orphaned_at is null
                        """,
                        row -> row.getInt(1),
                        (Object) refs.stream().map(EntityRef::toString).toArray(String[]::new));
    }

    private Map<EntityRef, EntityDocument> documents(List<Directory.Person> people) {
        var described = describedElsewhere(people.stream().map(Directory.Person::ref).toList());
        var documents = new LinkedHashMap<EntityRef, EntityDocument>();
        var members = new TreeMap<String, Set<String>>();
        for (var person : people) {
            documents.put(EntityRef.of("user", person.name()), user(person));
            for (var team : person.teams()) {
                var named = members.computeIfAbsent(team, _ -> new TreeSet<>());
                // Of others their own entity says it: one who joins does not rewrite a thousand.
                if (described.contains(person.ref())) {
                    named.add(person.ref());
                }
            }
        }
        members.forEach((team, named) -> documents.put(EntityRef.parse(team), group(team, named)));
        return documents;
    }

    /** Those that a file or address describes. */
    private Set<String> describedElsewhere(Collection<String> refs) {
        return new HashSet<>(
                sql.list(
                        """
                        select e.ref from catalog_entity e join catalog_source s on s.id = e.source_id
                        where e.ref = any(?) and s.type <> 'provider'
                        """,
                        row -> row.getString(1),
                        (Object) refs.toArray(String[]::new)));
    }

    private static EntityDocument user(Directory.Person person) {
        var document =
                EntityDocument.of(
                        "backstage.io/v1alpha1",
                        "User",
                        EntityRef.DEFAULT_NAMESPACE,
                        person.name());
        document.metadata()
                .withObjectProperty("annotations")
                .put("atelier.dev/account", person.issuer() == null ? "local" : person.issuer());
        var profile = document.spec().putObject("profile").put("displayName", person.displayName());
        if (person.email() != null) {
            profile.put("email", person.email());
        }
        var memberOf = document.spec().putArray("memberOf");
        person.teams().forEach(memberOf::add);
        return document;
    }

    private static EntityDocument group(String team, Set<String> named) {
        var ref = EntityRef.parse(team);
        var document =
                EntityDocument.of("backstage.io/v1alpha1", "Group", ref.namespace(), ref.name());
        document.metadata()
                .put("description", "A team of accounts, as sign-in and administrators name it.")
                .withObjectProperty("annotations")
                .put("atelier.dev/account", "teams");
        document.spec().put("type", "team");
        document.spec().putArray("children");
        if (!named.isEmpty()) {
            var members = document.spec().putArray("members");
            named.forEach(members::add);
        }
        return document;
    }
}
