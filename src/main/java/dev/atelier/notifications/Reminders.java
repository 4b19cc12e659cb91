package dev.atelier.notifications;

import dev.atelier.identity.AccessTokens;
import dev.atelier.platform.web.Figures;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What happens because time passes: tokens that end soon, and news that grew old. Every replica
 * looks each hour; who looks second finds it done.
 */
@ApplicationScoped
class Reminders {

    private static final Logger LOG = Logger.getLogger(Reminders.class);
    private static final Duration WEEK = Duration.ofDays(7);
    private static final Duration DAY = Duration.ofDays(1);

    private final Notifications notifications;
    private final AccessTokens tokens;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("reminders").factory());

    Reminders(Notifications notifications, AccessTokens tokens) {
        this.notifications = notifications;
        this.tokens = tokens;
    }

    void begin(@Observes StartupEvent event) {
        clock.scheduleWithFixedDelay(this::look, 1, 60, TimeUnit.MINUTES);
    }

    void end(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void look() {
        try {
            remind();
            notifications.trim();
        } catch (RuntimeException e) {
            // An exception would end the schedule; the database may only be away for a moment.
            LOG.warn("Reminders wait; the next try is in an hour.", e);
        }
    }

    /** Tells of tokens that end within a week, and once more of those that end within a day. */
    void remind() {
        tokens.ending(DAY).forEach(token -> tell(token, "day"));
        tokens.ending(WEEK).forEach(token -> tell(token, "week"));
    }

    private void tell(AccessTokens.Ending token, String when) {
        if (token.keeper().isEmpty()) {
            return;
        }
        var own = token.keeper().equals("user:default/" + token.account());
        QuarkusTransaction.requiringNew()
                .run(
                        () ->
                                notifications.postOnce(
                                        "token/%d/%s".formatted(token.id(), when),
                                        new News(
                                                Topic.TOKEN,
                                                "The access token %s%s ends on %s"
                                                        .formatted(
                                                                token.name(),
                                                                own ? "" : " of " + token.account(),
                                                                Figures.minute(token.expiresAt())),
                                                token.keeper(),
                                                own ? "/account#tokens" : "/admin/access#tokens"),
                                        new To(
                                                token.keeper(),
                                                own
                                                        ? "it is your token"
                                                        : "you answer for this service account")));
    }
}
