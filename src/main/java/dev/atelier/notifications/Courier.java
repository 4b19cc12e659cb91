package dev.atelier.notifications;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.net.SignedPost;
import dev.atelier.platform.web.Figures;
import io.quarkus.mailer.Mail;
import io.quarkus.mailer.Mailer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Carries a digest out of the portal: by e-mail, or to a webhook, which is signed as Standard
 * Webhooks says (webhook-id, webhook-timestamp, webhook-signature; standardwebhooks.com).
 */
@ApplicationScoped
class Courier {

    private static final int SHOWN = 100;
    private static final SignedPost.Names NAMES =
            new SignedPost.Names("webhook-id", "webhook-timestamp", "webhook-signature");
    private static final int MAIL_SECONDS = 30;

    /** It did not arrive; the message says why, for people. */
    static final class NotSent extends Exception {
        private static final long serialVersionUID = 1;

        NotSent(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private final Mailer mailer;
    private final SignedPost post;
    private final ObjectMapper json;
    private final Optional<String> mailServer;

    Courier(
            Mailer mailer,
            SignedPost post,
            ObjectMapper json,
            @ConfigProperty(name = "atelier.smtp.host") Optional<String> mailServer) {
        this.mailer = mailer;
        this.post = post;
        this.json = json;
        this.mailServer = mailServer.filter(host -> !host.isBlank());
    }

    /** Whether an SMTP server is named. */
    boolean hasMail() {
        return mailServer.isPresent();
    }

    private static String heading(List<Notifications.Note> notes) {
        return notes.size() == 1 ? "One notification" : notes.size() + " notifications";
    }

    /**
     * @param id the same for every try of the same digest
     */
    void mail(String target, String id, String portal, List<Notifications.Note> notes)
            throws NotSent {
        var text = new StringBuilder();
        for (var note : notes.subList(0, Math.min(SHOWN, notes.size()))) {
            text.append(note.text());
            if (note.times() > 1) {
                text.append(" (").append(note.times()).append(" times)");
            }
            text.append("\n  ")
                    .append(portal)
                    .append(note.address())
                    .append("\n  ")
                    .append(note.label())
                    .append(", because ")
                    .append(note.reason())
                    .append(", ")
                    .append(Figures.minute(note.at()))
                    .append("\n\n");
        }
        if (notes.size() > SHOWN) {
            text.append("and ").append(notes.size() - SHOWN).append(" more\n\n");
        }
        text.append("-- \nChoose what you hear of: ")
                .append(portal)
                .append("/account/notifications\n");
        send(target, id, heading(notes) + " from Atelier", text.toString());
    }

    /** Sends a text; returns when the mail server has taken it. */
    void send(String target, String id, String subject, String text) throws NotSent {
        if (!hasMail()) {
            throw new NotSent("No mail server is connected.", null);
        }
        var mail =
                Mail.withText(target, subject, text)
                        .addHeader("Message-ID", "<" + id + "@atelier>")
                        .addHeader("X-Atelier-Delivery", id)
                        .addHeader("Auto-Submitted", "auto-generated");
        // The mail client itself waits for ever for a server that says nothing.
        var sending =
                new FutureTask<>(
                        () -> {
                            mailer.send(mail);
                            return true;
                        });
        Thread.ofVirtual().name("mail").start(sending);
        try {
            sending.get(MAIL_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            sending.cancel(true);
            throw new NotSent("The mail server did not answer in %d s.".formatted(MAIL_SECONDS), e);
        } catch (ExecutionException e) {
            throw new NotSent("The mail server did not take it: " + reason(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotSent("The portal ends.", e);
        }
    }

    private static String reason(@Nullable Throwable failure) {
        var message = failure == null ? null : failure.getMessage();
        return message == null ? "no reason given" : message.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    /** What a webhook is sent. */
    byte[] body(String type, String account, String portal, List<Notifications.Note> notes) {
        var shown = notes.subList(0, Math.min(SHOWN, notes.size()));
        var content = new LinkedHashMap<String, Object>();
        content.put("type", type);
        content.put("timestamp", Instant.now().toString());
        content.put(
                "text",
                notes.isEmpty()
                        ? "A test from Atelier. Digests will arrive here."
                        : heading(notes)
                                + " from Atelier: "
                                + String.join(
                                        "; ",
                                        shown.stream()
                                                .limit(5)
                                                .map(Notifications.Note::text)
                                                .toList()));
        content.put("account", "user:default/" + account);
        content.put("count", notes.size());
        content.put(
                "notifications",
                shown.stream()
                        .map(
                                note ->
                                        Map.of(
                                                "id",
                                                note.id(),
                                                "topic",
                                                note.topic(),
                                                "text",
                                                note.text(),
                                                "reason",
                                                note.reason(),
                                                "url",
                                                portal + note.address(),
                                                "about",
                                                note.about(),
                                                "times",
                                                note.times(),
                                                "at",
                                                note.at().toString()))
                        .toList());
        try {
            return json.writeValueAsBytes(content);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Sends to a webhook; returns the status it answered, which is one of success.
     *
     * @param id the same for every try of the same digest: the receiver may get it twice
     */
    int call(String target, String id, byte[] secret, byte[] body) throws NotSent {
        try {
            return post.send(target, NAMES, id, secret, body).status();
        } catch (SignedPost.NotTaken e) {
            throw new NotSent(String.valueOf(e.getMessage()), e);
        }
    }
}
