package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.Loop;
import dev.atelier.platform.net.OutboundHttp;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Keeps an Alertmanager informed of open incidents, as Prometheus does: an alert is sent again and
 * again while it lasts, with the time until which it may be believed, and once more with its end
 * ({@code POST /api/v2/alerts}, Alertmanager's OpenAPI of version 2). All replicas send; alerts of
 * the same labels are one.
 */
@ApplicationScoped
class Alertmanager {

    private static final Logger LOG = Logger.getLogger(Alertmanager.class);
    private static final Duration EVERY = Duration.ofMinutes(1);

    /** Lasts over some rounds that fail. */
    private static final Duration BELIEVED = Duration.ofMinutes(4);

    private static final Duration ENDS_TOLD = Duration.ofMinutes(15);
    private static final int MOST_ANSWER = 4 << 10;

    private final Incidents incidents;
    private final OutboundHttp http;
    private final ObjectMapper json;
    private final Optional<URI> address;
    private final Optional<String> portal;
    private final Loop loop = new Loop("alertmanager", EVERY, this::send);

    Alertmanager(
            Incidents incidents,
            OutboundHttp http,
            ObjectMapper json,
            WatchConfig config,
            @ConfigProperty(name = "atelier.public-url") Optional<String> portal) {
        this.incidents = incidents;
        this.http = http;
        this.json = json;
        this.address = config.alertmanager();
        this.portal = portal;
    }

    void start(@Observes StartupEvent event) {
        if (address.isPresent()) {
            loop.start();
        }
    }

    void stop(@Observes ShutdownEvent event) {
        loop.end();
    }

    /** What has changed is told at once. */
    void changed(@Observes(during = TransactionPhase.AFTER_SUCCESS) IncidentNews.Told told) {
        if (address.isPresent()) {
            loop.wake();
        }
    }

    /** One alert, in Alertmanager's form. */
    record Alert(
            Map<String, String> labels,
            Map<String, String> annotations,
            String startsAt,
            String endsAt,
            String generatorURL) {}

    void send() {
        var now = Instant.now();
        var alerts = new ArrayList<Alert>();
        for (var one : incidents.open()) {
            if (!one.muted()) {
                alerts.add(alert(one, now.plus(BELIEVED)));
            }
        }
        for (var one : incidents.closedSince(now.minus(ENDS_TOLD))) {
            alerts.add(alert(one, one.closedAt() == null ? now : one.closedAt()));
        }
        if (!alerts.isEmpty()) {
            post(alerts);
        }
    }

    private Alert alert(Incident one, Instant ends) {
        var labels = new TreeMap<String, String>();
        labels.put(
                "alertname", "Model" + one.kind().name().charAt(0) + one.kind().id().substring(1));
        labels.put("severity", one.severity().id());
        labels.put("model", one.model());
        labels.put("version", Integer.toString(one.version()));
        labels.put("incident", Long.toString(one.id()));
        var annotations =
                Map.of(
                        "summary",
                        "%s of %s version %d".formatted(one.title(), one.model(), one.version()),
                        "description",
                        one.cause(),
                        "sites",
                        one.sites().stream()
                                .map(Incident.Site::site)
                                .collect(Collectors.joining(", ")));
        return new Alert(
                labels,
                annotations,
                one.since().toString(),
                ends.toString(),
                portal.map(url -> url.replaceAll("/+$", "") + one.address()).orElse(""));
    }

    private void post(List<Alert> alerts) {
        var target = address.orElseThrow().toString().replaceAll("/+$", "") + "/api/v2/alerts";
        try {
            var answer =
                    http.post(
                            target,
                            Map.of("content-type", "application/json"),
                            json.writeValueAsBytes(alerts),
                            MOST_ANSWER);
            if (answer.status() / 100 != 2) {
                LOG.warnf("Alertmanager answered %d; alerts are sent again", answer.status());
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            LOG.warnf("Alertmanager cannot be reached, alerts are sent again: %s", e.getMessage());
        }
    }
}
