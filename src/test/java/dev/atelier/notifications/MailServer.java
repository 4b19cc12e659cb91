package dev.atelier.notifications;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * An SMTP server that the portal under test is connected to, and a network it may call webhooks in.
 */
public class MailServer implements QuarkusTestResourceLifecycleManager {

    static final GreenMail INBOXES = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtp"));

    @Override
    public Map<String, String> start() {
        INBOXES.start();
        return Map.of(
                "atelier.smtp.host", "127.0.0.1",
                "quarkus.mailer.host", "127.0.0.1",
                "quarkus.mailer.port", String.valueOf(INBOXES.getSmtp().getPort()),
                "quarkus.mailer.start-tls", "DISABLED",
                "atelier.outbound.allow", "127.0.0.1@127.0.0.0/8",
                "atelier.public-url", "https://atelier.example");
    }

    @Override
    public void stop() {
        INBOXES.stop();
    }
}
