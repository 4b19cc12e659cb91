package dev.atelier.notifications;

import dev.atelier.identity.Caller;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Named;

/** For templates: the bell in the top bar. */
@Named("bell")
@ApplicationScoped
public class Bell {

    private final Notifications notifications;
    private final Caller caller;

    Bell(Notifications notifications, Caller caller) {
        this.notifications = notifications;
        this.caller = caller;
    }

    /** How much the caller has not read. */
    public int unread() {
        var someone = caller.someone();
        if (someone == null) {
            return 0;
        }
        try {
            return notifications.unread(someone);
        } catch (Sql.Failed e) {
            // The page that says that the database is away must be drawn without it.
            return 0;
        }
    }

    /** The count as the badge shows it; empty when all is read. */
    public String badge() {
        int unread = unread();
        return unread == 0 ? "" : unread > 99 ? "99+" : String.valueOf(unread);
    }
}
