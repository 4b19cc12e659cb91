package dev.atelier.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.atelier.platform.database.Changes;
import dev.atelier.platform.database.Sql;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may do what: the one place that pages and all APIs ask.
 *
 * <p>In this order: the scopes of a token; a grant on the thing itself; the roles, each with its
 * reach (things of one's own teams, or all); and for a thing that is not for the whole company, its
 * visibility. What it reads is kept for a second, and thrown away at once by a change on this
 * replica.
 */
@ApplicationScoped
public class Access {

    /** How long another replica may still act on what was true before a change. */
    static final Duration KEPT = Duration.ofSeconds(1);

    private final Roles roles;
    private final Sql sql;
    private final List<Owned> owned;
    private final Changes changes;
    private final Cache<String, Resource> resources =
            Caffeine.newBuilder().expireAfterWrite(KEPT).maximumSize(10_000).build();

    /** All things that are not for the whole company. */
    private final LoadingCache<Boolean, List<Resource>> reserved =
            Caffeine.newBuilder().expireAfterWrite(KEPT).build(key -> readReserved());

    /** By the subject itself, which is made anew when anything about it may have changed. */
    private final Cache<Subject, Blind> blind =
            Caffeine.newBuilder().weakKeys().expireAfterWrite(KEPT).build();

    Access(Roles roles, Sql sql, @All List<Owned> owned, Changes changes) {
        this.roles = roles;
        this.sql = sql;
        this.owned = owned;
        this.changes = changes;
    }

    /** A thing with its owner, visibility and grants. */
    public Resource resource(String ref) {
        return resources.get(ref, this::read);
    }

    /** Several things at once, in the order of their references. */
    public List<Resource> resources(Collection<String> refs) {
        var read =
                resources.getAll(
                        refs,
                        missing ->
                                read(List.copyOf(missing)).stream()
                                        .collect(Collectors.toMap(Resource::ref, one -> one)));
        return refs.stream().map(read::get).map(Objects::requireNonNull).toList();
    }

    /** Which roles may do this with a thing, and whether only with those of their own teams. */
    public Map<Role, Roles.Reach> rolesThatMay(Permission permission, Resource resource) {
        var matrix = roles.matrix();
        var may = new EnumMap<Role, Roles.Reach>(Role.class);
        for (var role : Role.values()) {
            var reach = matrix.reach(role, permission);
            if (reach != null) {
                may.put(
                        role,
                        role == Role.PLATFORM_ADMIN
                                        || resource.visibility() == Resource.Visibility.COMPANY
                                ? reach
                                : Roles.Reach.OWN);
            }
        }
        return may;
    }

    /**
     * Whatever was known of a thing is asked for anew: its owner, its policy or its grants changed.
     */
    public void forget(String ref) {
        changes.forget(
                () -> {
                    resources.invalidate(ref);
                    reserved.invalidate(true);
                    blind.invalidateAll();
                });
    }

    private Resource read(String ref) {
        return read(List.of(ref)).getFirst();
    }

    private List<Resource> readReserved() {
        return read(
                sql.list(
                        "select resource from resource_policy where visibility <> 'company'",
                        row -> row.getString(1)));
    }

    private List<Resource> read(Collection<String> refs) {
        if (refs.isEmpty()) {
            return List.of();
        }
        var wanted = refs.toArray(String[]::new);
        var visibilities =
                sql
                        .list(
                                "select resource, visibility from resource_policy where resource = any(?)",
                                row -> Map.entry(row.getString(1), row.getString(2)),
                                (Object) wanted)
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        var grants = new HashMap<String, List<Resource.Grant>>();
        sql.list(
                """
                select resource, holder, permission from resource_grant
                where resource = any(?) and (until is null or until > clock_timestamp())
                """,
                row -> {
                    var ref = row.getString(1);
                    var holder = row.getString(2);
                    // A permission of a newer release than this replica is left out.
                    Permission.of(row.getString(3))
                            .ifPresent(
                                    permission ->
                                            grants.computeIfAbsent(ref, r -> new ArrayList<>())
                                                    .add(new Resource.Grant(holder, permission)));
                    return true;
                },
                (Object) wanted);
        var owners = new HashMap<String, String>();
        owned.forEach(things -> owners.putAll(things.ownersOf(refs)));
        return refs.stream()
                .map(
                        ref ->
                                new Resource(
                                        ref,
                                        owners.get(ref),
                                        Resource.Visibility.of(visibilities.get(ref)),
                                        List.copyOf(grants.getOrDefault(ref, List.of()))))
                .toList();
    }

    /** What somebody, or (null) nobody in particular, is not shown. */
    Blind blind(@Nullable Subject subject) {
        if (subject == null) {
            return Blind.to(reserved());
        }
        return Objects.requireNonNull(
                blind.get(
                        subject,
                        one ->
                                Blind.to(
                                        reserved().stream()
                                                .filter(r -> !mayRead(one, r))
                                                .toList())));
    }

    private List<Resource> reserved() {
        return Objects.requireNonNull(reserved.get(true));
    }

    /**
     * Those of these things of which they may not see what they are, however many are asked about.
     */
    Set<String> unreadable(Subject subject, Collection<String> refs) {
        return resources(refs).stream()
                .filter(resource -> !mayRead(subject, resource))
                .map(Resource::ref)
                .collect(Collectors.toSet());
    }

    /** Whether they may see what it is. */
    boolean mayRead(Subject subject, Resource resource) {
        return decide(subject, Permission.toRead(resource.ref()), resource).allowed();
    }

    /**
     * Whether it was granted to them or a team of theirs on anything, and their token lets them. A
     * grant to everyone is none to anybody: it counts on its thing only, for those with the role.
     */
    boolean grantedSomewhere(Subject subject, Permission permission) {
        var scopes = subject.scopes();
        return (scopes == null || scopes.contains(permission))
                && sql.first(
                                """
                                select 1 from resource_grant
                                where permission = ? and holder = any(?)
                                  and (until is null or until > clock_timestamp())
                                limit 1
                                """,
                                row -> 1,
                                permission.id(),
                                subject.holders().stream()
                                        .filter(holder -> !holder.equals(Subject.EVERYONE))
                                        .toArray(String[]::new))
                        .isPresent();
    }

    /** May they do it, on this thing or (null) at all? */
    public Decision decide(Subject subject, Permission permission, @Nullable Resource resource) {
        var scopes = subject.scopes();
        if (scopes != null && !scopes.contains(permission)) {
            return Decision.no(
                    "The token in use is limited to other things than to "
                            + permission.words()
                            + ".");
        }
        if (resource != null) {
            for (var grant : resource.grants()) {
                if (grant.permission() == permission && holds(subject, grant.holder())) {
                    return Decision.yes(
                            "%s was granted this on %s itself."
                                    .formatted(grant.holder(), resource.ref()));
                }
            }
        }
        var matrix = roles.matrix();
        @Nullable String missing = null;
        for (var held : subject.roles()) {
            var reach = matrix.reach(held.role(), permission);
            if (reach == null) {
                continue;
            }
            var chain = chain(subject, held);
            if (resource == null && held.team() != null && !permission.onResource()) {
                // A role in one team is no role over what belongs to no team.
                missing =
                        "The role %s counts in %s only."
                                .formatted(held.role().label(), held.team());
                continue;
            }
            if (resource == null) {
                return Decision.yes(
                        chain,
                        "The role %s may %s.".formatted(held.role().label(), permission.words()));
            }
            var own =
                    subject.owns(resource.owner())
                            || (held.team() != null && held.team().equals(resource.owner()));
            if (held.team() != null && !held.team().equals(resource.owner())) {
                missing =
                        "The role %s counts in %s only."
                                .formatted(held.role().label(), held.team());
            } else if (own) {
                return Decision.yes(
                        chain,
                        "%s belongs to %s.".formatted(resource.ref(), resource.owner()),
                        "The role %s may %s with things of its own teams."
                                .formatted(held.role().label(), permission.words()));
            } else if (reach == Roles.Reach.OWN) {
                missing =
                        "The role %s may %s only with things of its own teams; this belongs to %s."
                                .formatted(
                                        held.role().label(),
                                        permission.words(),
                                        resource.owner() == null ? "nobody" : resource.owner());
            } else if (resource.visibility() == Resource.Visibility.COMPANY
                    || held.role() == Role.PLATFORM_ADMIN) {
                return Decision.yes(
                        chain,
                        "The role %s may %s.".formatted(held.role().label(), permission.words()));
            } else {
                missing =
                        "%s is not for the whole company: %s"
                                .formatted(resource.ref(), resource.visibility().sentence());
            }
        }
        return Decision.no(
                missing != null
                        ? missing
                        : subject.roles().isEmpty()
                                ? "%s holds no role.".formatted(subject.ref())
                                : "None of the roles of %s may %s."
                                        .formatted(subject.ref(), permission.words()));
    }

    /** Those of these things that are not for the whole company and not for this one either. */
    public Set<String> hidden(Subject subject, Collection<String> refs) {
        var closed = blind(subject).closed();
        return refs.stream().filter(closed::contains).collect(Collectors.toSet());
    }

    private static boolean holds(Subject subject, String holder) {
        return holder.equals(subject.ref())
                || holder.equals(Subject.EVERYONE)
                || subject.teams().contains(holder);
    }

    private static String chain(Subject subject, Subject.Held held) {
        var where = held.team() == null ? "" : " in " + held.team();
        if (held.through().equals(subject.ref())) {
            return "%s holds the role %s%s.".formatted(subject.ref(), held.role().label(), where);
        }
        return held.through().equals(Subject.EVERYONE)
                ? "Everyone here holds the role %s%s.".formatted(held.role().label(), where)
                : "%s is in %s, which holds the role %s%s."
                        .formatted(subject.ref(), held.through(), held.role().label(), where);
    }

    /** Who could allow it, as a sentence for the one who was refused. */
    public String whoCanGrant(Permission permission, @Nullable Resource resource) {
        var admins = "a platform admin (" + names(roles.admins()) + ")";
        return resource == null || resource.owner() == null
                ? "Ask " + admins + "."
                : "Ask its owner, " + resource.owner() + ", or " + admins + ".";
    }

    private static String names(List<String> admins) {
        return admins.isEmpty()
                ? "none is named yet"
                : String.join(", ", admins.subList(0, Math.min(3, admins.size())));
    }
}
