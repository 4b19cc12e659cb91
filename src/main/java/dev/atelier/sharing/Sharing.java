package dev.atelier.sharing;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.AuditLog;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Policies;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Role;
import dev.atelier.identity.Roles;
import dev.atelier.identity.Subject;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says of a thing who may do what with it, and because of what. */
@ApplicationScoped
class Sharing {

    private static final int EVENTS = 8;

    /** How far a row of the table reaches in a column. */
    enum Mark {
        YES("y", "yes"),
        OWNERS("p", "in the owner's team"),
        NO("n", "no");

        private final String mark;
        private final String word;

        Mark(String mark, String word) {
            this.mark = mark;
            this.word = word;
        }

        public String mark() {
            return mark;
        }

        public String word() {
            return word;
        }
    }

    /**
     * Who, and what they may.
     *
     * @param holder reference to take the grant back by; null when a role gives it
     */
    record Row(
            String who,
            String note,
            List<Mark> marks,
            String because,
            @Nullable String holder,
            @Nullable Instant until) {}

    /** What somebody may do, by permission; for a program. */
    record Standing(
            String resource,
            @Nullable String owner,
            Resource.Visibility visibility,
            List<Permission> youMay,
            List<Policies.Share> shares) {}

    /** Everything on the tab. */
    record View(
            String address,
            Resource resource,
            String ownerName,
            List<Thing.Column> columns,
            List<Row> rows,
            boolean decides,
            List<AccessRequests.AccessRequest> waiting,
            List<Use> wanted,
            String may,
            List<AuditLog.Event> events) {

        /** What it means that it is shown to those. */
        public String sentence(Resource.Visibility visibility) {
            return Thing.of(resource.ref()).sentence(visibility);
        }
    }

    private final Access access;
    private final Policies policies;
    private final AccessRequests requests;
    private final Entities entities;
    private final AuditLog log;
    private final Caller caller;

    Sharing(
            Access access,
            Policies policies,
            AccessRequests requests,
            Entities entities,
            AuditLog log,
            Caller caller) {
        this.access = access;
        this.policies = policies;
        this.requests = requests;
        this.entities = entities;
        this.log = log;
        this.caller = caller;
    }

    /** The reference of a model, by its name. */
    String existing(String model) {
        return entities.find(EntityRef.of("model", model))
                .map(entity -> entity.ref().toString())
                .orElseThrow(() -> Resource.unknown(Resource.model(model)));
    }

    Standing standing(String ref) {
        var resource = access.resource(ref);
        return new Standing(
                ref,
                resource.owner(),
                resource.visibility(),
                mine(ref),
                caller.may(Permission.toShare(ref), ref) ? policies.shares(ref) : List.of());
    }

    private List<Permission> mine(String ref) {
        return Arrays.stream(Permission.values())
                .filter(permission -> Thing.of(ref).concerns(permission))
                .filter(permission -> caller.may(permission, ref))
                .toList();
    }

    View view(String ref) {
        var thing = Thing.of(ref);
        var resource = access.resource(ref);
        boolean decides = caller.may(Permission.toShare(ref), ref);
        var shares = policies.shares(ref);
        var refs = new HashSet<String>();
        shares.forEach(share -> refs.add(share.holder()));
        if (resource.owner() != null) {
            refs.add(resource.owner());
        }
        var titles = entities.titles(refs);
        var owner = resource.owner();
        var ownerName = owner == null ? "nobody" : titles.getOrDefault(owner, owner);
        var rows = new ArrayList<Row>();
        for (var share : shares) {
            rows.add(granted(thing, share, titles));
        }
        for (var role : Role.values()) {
            rows.add(byRole(thing, role, resource, ownerName));
        }
        var may = new HashSet<>(mine(ref));
        return new View(
                thing.address(ref) + "/access",
                resource,
                ownerName,
                thing.columns(),
                rows,
                decides,
                decides ? requests.waiting(ref) : List.of(),
                Use.of(thing).stream().filter(use -> !may.containsAll(use.permissions())).toList(),
                Use.words(Set.copyOf(may)),
                decides
                        ? log.page(
                                new AuditLog.Filter(null, null, ref, null, null, null, null),
                                EVENTS)
                        : List.of());
    }

    private static Row granted(Thing thing, Policies.Share share, Map<String, String> titles) {
        var holder = share.holder();
        return new Row(
                holder.equals(Subject.EVERYONE)
                        ? "Everyone here"
                        : titles.getOrDefault(holder, holder.substring(holder.indexOf('/') + 1)),
                holder.equals(Subject.EVERYONE) ? "whatever their role" : holder,
                thing.columns().stream()
                        .map(c -> share.permissions().contains(c.permission()) ? Mark.YES : Mark.NO)
                        .toList(),
                "Granted by %s%s"
                        .formatted(
                                share.grantedBy().substring(share.grantedBy().indexOf('/') + 1),
                                share.reason().isEmpty() ? "" : ": " + share.reason()),
                holder,
                share.until());
    }

    private Row byRole(Thing thing, Role role, Resource resource, String ownerName) {
        var marks =
                thing.columns().stream()
                        .map(column -> access.rolesThatMay(column.permission(), resource).get(role))
                        .map(
                                reach ->
                                        reach == null
                                                ? Mark.NO
                                                : reach == Roles.Reach.ALL ? Mark.YES : Mark.OWNERS)
                        .toList();
        var partly = marks.contains(Mark.OWNERS);
        return new Row(
                role.label(),
                "role",
                marks,
                partly
                        ? resource.owner() == null
                                ? "Half marks count for nobody: it has no owner"
                                : "Half marks count in %s only".formatted(ownerName)
                        : marks.contains(Mark.YES) ? "Platform rule" : "",
                null,
                null);
    }
}
