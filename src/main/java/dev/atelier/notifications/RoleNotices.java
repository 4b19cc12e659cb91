package dev.atelier.notifications;

import dev.atelier.identity.Role;
import dev.atelier.identity.RoleNews;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** Tells people which roles they and their teams gained and lost. */
@ApplicationScoped
class RoleNotices implements RoleNews {

    private final Notifications notifications;

    RoleNotices(Notifications notifications) {
        this.notifications = notifications;
    }

    @Override
    public void given(String holder, Role role, @Nullable String team, String by) {
        tell(holder, by, "the role %s%s now".formatted(role.label(), in(team)), "have");
    }

    @Override
    public void withdrawn(String holder, Role role, @Nullable String team, String by) {
        tell(holder, by, "the role %s%s any more".formatted(role.label(), in(team)), "do not have");
    }

    private static String in(@Nullable String team) {
        return team == null ? "" : " in " + team;
    }

    private void tell(String holder, String by, String what, String verb) {
        if (holder.startsWith("user:")) {
            notifications.postBy(
                    by,
                    new News(Topic.ROLE, "You " + verb + " " + what, holder, "/account"),
                    new To(holder, "it is your account"));
        } else if (holder.startsWith("group:")) {
            notifications.postBy(
                    by,
                    new News(
                            Topic.ROLE,
                            "All in %s %s %s".formatted(holder, verb, what),
                            holder,
                            "/account"),
                    new To(holder, "you are in this team"));
        }
    }
}
