package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the owner of a thing decides about it: who finds it, and what single holders may. */
@ApplicationScoped
public class Policies {

    private static final int LONGEST_REASON = 500;

    /**
     * What a holder was allowed on a thing.
     *
     * @param until null when it does not end
     */
    public record Share(
            String holder,
            Set<Permission> permissions,
            String reason,
            @Nullable Instant until,
            Instant grantedAt,
            String grantedBy) {}

    private record Row(Share share, String permission) {}

    private final Sql sql;
    private final Audit audit;
    private final Caller caller;
    private final Access access;

    Policies(Sql sql, Audit audit, Caller caller, Access access) {
        this.sql = sql;
        this.audit = audit;
        this.caller = caller;
        this.access = access;
    }

    /** Those that have not ended, by holder. */
    public List<Share> shares(String resource) {
        var byHolder = new TreeMap<String, Share>();
        sql.list(
                        """
                        select holder, permission, reason, until, granted_at, granted_by
                        from resource_grant
                        where resource = ? and (until is null or until > clock_timestamp())
                        order by id
                        """,
                        row ->
                                new Row(
                                        new Share(
                                                row.getString(1),
                                                EnumSet.noneOf(Permission.class),
                                                row.getString(3),
                                                Sql.instant(row, 4),
                                                row.getObject(5, java.time.OffsetDateTime.class)
                                                        .toInstant(),
                                                row.getString(6)),
                                        row.getString(2)),
                        resource)
                .forEach(
                        row ->
                                Permission.of(row.permission)
                                        .ifPresent(
                                                byHolder.computeIfAbsent(
                                                                        row.share.holder,
                                                                        h -> row.share)
                                                                .permissions
                                                        ::add));
        return List.copyOf(byHolder.values());
    }

    /** Decides who finds and uses it by their role alone. */
    @Transactional
    public void show(String resource, Resource.Visibility visibility) {
        caller.require(Permission.toShare(resource), resource);
        sql.update(
                """
                insert into resource_policy (resource, visibility, changed_by) values (?, ?, ?)
                on conflict (resource) do update
                set visibility = excluded.visibility, changed_by = excluded.changed_by,
                    changed_at = clock_timestamp()
                """,
                resource,
                visibility.id(),
                caller.entityRef());
        audit.record("resource.show", resource, Map.of("visibility", visibility.id()));
        access.forget(resource);
    }

    /**
     * Allows a holder these things; what they were allowed before stays.
     *
     * @param holder reference of a user, group or service account, or {@link Subject#EVERYONE}
     * @throws Denied when the caller does not hold one of them there: nobody hands on more than
     *     they have
     */
    @Transactional
    public void grant(
            String resource,
            String holder,
            Collection<Permission> permissions,
            String reason,
            @Nullable Instant until) {
        caller.require(Permission.toShare(resource), resource);
        if (permissions.isEmpty()) {
            throw new Invalid("Say what they may do.");
        }
        if (reason.length() > LONGEST_REASON) {
            throw new Invalid(
                    "A reason has at most %d characters.".formatted(LONGEST_REASON),
                    List.of(new Invalid.Field("reason", "is too long")));
        }
        if (until != null && !until.isAfter(Instant.now())) {
            throw new Invalid(
                    "The end lies in the past.",
                    List.of(new Invalid.Field("until", "lies in the past")));
        }
        for (var permission : permissions) {
            if (!permission.onResource()) {
                throw new Invalid("%s is not given on a single thing.".formatted(permission.id()));
            }
            if (!caller.decide(permission, resource).allowed()) {
                throw new Denied(
                        "You may not let others %s here, because you may not yourself. %s"
                                .formatted(
                                        permission.words(),
                                        access.whoCanGrant(permission, access.resource(resource))));
            }
            sql.update(
                    """
                    insert into resource_grant
                        (resource, holder, permission, reason, until, granted_by)
                    values (?, ?, ?, ?, ?, ?)
                    on conflict (resource, holder, permission) do update
                    set reason = excluded.reason, until = excluded.until,
                        granted_at = clock_timestamp(), granted_by = excluded.granted_by
                    """,
                    resource,
                    holder,
                    permission.id(),
                    reason,
                    until == null ? null : until.atOffset(ZoneOffset.UTC),
                    caller.entityRef());
        }
        audit.record(
                "resource.grant",
                resource,
                Map.of(
                        "holder",
                        holder,
                        "permissions",
                        permissions.stream()
                                .map(Permission::id)
                                .sorted()
                                .collect(Collectors.joining(" ")),
                        "reason",
                        reason,
                        "until",
                        Optional.ofNullable(until).map(Instant::toString).orElse("open end")));
        access.forget(resource);
    }

    /**
     * Takes back all that a holder was allowed on a thing.
     *
     * @throws Conflict when they were allowed nothing
     */
    @Transactional
    public void revoke(String resource, String holder) {
        caller.require(Permission.toShare(resource), resource);
        if (sql.update(
                        "delete from resource_grant where resource = ? and holder = ?",
                        resource,
                        holder)
                == 0) {
            throw new Conflict("Nothing was granted to %s here any more.".formatted(holder));
        }
        audit.record("resource.revoke", resource, Map.of("holder", holder));
        access.forget(resource);
    }

    /** Grants go with the thing: the next one of its name begins without them. */
    void follow(@Observes Moved moved) {
        if (!moved.gone() && moved.fromRef().equals(moved.toRef())) {
            return; // only its case changed
        }
        for (var table : List.of("resource_policy", "resource_grant")) {
            // What was decided on something else of that name, once, does not count for this.
            sql.update(
                    "delete from %s where resource = ?".formatted(table),
                    moved.gone() ? moved.fromRef() : moved.toRef());
            if (!moved.gone()) {
                sql.update(
                        "update %s set resource = ? where resource = ?".formatted(table),
                        moved.toRef(),
                        moved.fromRef());
            }
        }
        access.forget(moved.fromRef());
        access.forget(moved.toRef());
    }
}
