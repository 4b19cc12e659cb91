package dev.atelier.models;

import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Access;
import dev.atelier.identity.Directory;
import dev.atelier.identity.Memberships;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Presence;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Role;
import dev.atelier.identity.Roles;
import dev.atelier.notifications.News;
import dev.atelier.notifications.Notifications;
import dev.atelier.notifications.To;
import dev.atelier.notifications.Topic;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Tells whoever may decide a promotion that it waits, and whoever asked what became of it. */
@ApplicationScoped
class PromotionNews {

    private static final int MOST_TOLD = 200;

    private final Notifications notifications;
    private final Access access;
    private final Roles roles;
    private final Memberships memberships;
    private final Directory directory;
    private final Presence presence;

    PromotionNews(
            Notifications notifications,
            Access access,
            Roles roles,
            Memberships memberships,
            Directory directory,
            Presence presence) {
        this.notifications = notifications;
        this.access = access;
        this.roles = roles;
        this.memberships = memberships;
        this.directory = directory;
        this.presence = presence;
    }

    /** Neither whoever asks nor whoever registered it may approve. */
    void asked(String actor, ModelVersion version, String alias, String sentence) {
        tell(
                actor,
                version.model(),
                sentence,
                Promotions.address(version.model(), version.number(), alias),
                // Often both are one.
                deciders(version.model(), Set.copyOf(List.of(actor, version.createdBy()))));
    }

    /** A registration asked in the name of somebody. */
    void wished(String asker, String model, int number, String alias) {
        tell(
                asker,
                model,
                "Version %d of %s waits for its promotion to %s".formatted(number, model, alias),
                Promotions.address(model, number, alias),
                deciders(model, Set.of(asker)));
    }

    void answered(String by, PromotionRequest request, String what) {
        tell(
                by,
                request.model(),
                "Your promotion of version %d of %s to %s %s"
                        .formatted(request.version(), request.model(), request.alias(), what),
                request.address(),
                List.of(To.asker(request.asker())));
    }

    private void tell(String actor, String model, String sentence, String address, List<To> whom) {
        notifications.postBy(
                actor,
                new News(
                        Topic.PROMOTION,
                        sentence,
                        EntityRef.of("model", model).toString(),
                        address),
                whom.toArray(To[]::new));
    }

    /**
     * People of the owner who may approve; whoever runs the portal where there are none.
     *
     * @param not references of those who may not approve this one
     */
    private List<To> deciders(String model, Set<String> not) {
        var resource = access.resource(Resource.model(model));
        var owner = resource.owner();
        var people = new LinkedHashSet<String>();
        if (owner != null && owner.startsWith("user:")) {
            people.add(owner);
        } else if (owner != null) {
            directory.members(owner).forEach(name -> people.add("user:default/" + name));
            people.addAll(memberships.membersOf(List.of(owner)).getOrDefault(owner, Set.of()));
        }
        var may =
                people.stream()
                        .filter(ref -> !not.contains(ref))
                        .limit(MOST_TOLD)
                        .filter(
                                ref ->
                                        presence.subject(ref.substring(ref.indexOf('/') + 1))
                                                .filter(
                                                        one ->
                                                                access.decide(
                                                                                one,
                                                                                Permission
                                                                                        .MODEL_ALIAS,
                                                                                resource)
                                                                        .allowed())
                                                .isPresent())
                        .map(ref -> new To(ref, "you may approve it"))
                        .toList();
        return may.isEmpty()
                ? roles.all().stream()
                        .filter(held -> held.role() == Role.PLATFORM_ADMIN && held.team() == null)
                        .map(held -> new To(held.holder(), "nobody of its team may approve it"))
                        .toList()
                : may;
    }
}
