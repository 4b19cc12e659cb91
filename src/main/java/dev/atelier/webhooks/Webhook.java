package dev.atelier.webhooks;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where something is called out to.
 *
 * @param allModels whether it hears of all models, or of those that its maker owns
 * @param createdBy reference of its maker
 */
public record Webhook(
        UUID id,
        String name,
        String url,
        @Nullable String description,
        List<RegistryEvent> events,
        boolean active,
        boolean allModels,
        String createdBy,
        Instant createdAt,
        Instant changedAt) {

    /** Of its address what may be written down: the rest is often a secret itself. */
    String host() {
        return String.valueOf(URI.create(url).getHost());
    }

    public boolean hears(RegistryEvent event) {
        return events.contains(event);
    }

    /** As the audit log names it. */
    String ref() {
        return "webhook:" + id;
    }
}
