package dev.atelier.notifications;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A stream of server-sent events, as a browser reads it. */
final class Events implements AutoCloseable {

    /** Fields of an event by name. */
    record Event(Map<String, String> fields) {
        String id() {
            return fields.getOrDefault("id", "");
        }

        String name() {
            return fields.getOrDefault("event", "message");
        }

        String data() {
            return fields.getOrDefault("data", "");
        }
    }

    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final HttpResponse<Stream<String>> response;

    private Events(HttpRequest request) throws IOException, InterruptedException {
        response = client.send(request, HttpResponse.BodyHandlers.ofLines());
        Thread.ofVirtual().start(this::read);
    }

    static Events open(URI portal, String... headers) {
        try {
            var request = HttpRequest.newBuilder(portal.resolve("/notifications/stream"));
            for (int i = 0; i < headers.length; i += 2) {
                request.header(headers[i], headers[i + 1]);
            }
            return new Events(request.build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void read() {
        var fields = new HashMap<String, String>();
        try (var lines = response.body()) {
            lines.forEach(
                    line -> {
                        if (line.isEmpty()) {
                            events.add(new Event(Map.copyOf(fields)));
                            fields.clear();
                        } else {
                            var colon = line.indexOf(':');
                            fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
                        }
                    });
        } catch (UncheckedIOException e) {
            // Cut off: an end as well.
        } finally {
            ended.countDown();
        }
    }

    int status() {
        return response.statusCode();
    }

    /** The next event with news; fails when none comes in ten seconds. */
    Event news() {
        try {
            for (; ; ) {
                var event = events.poll(10, TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("No event came");
                }
                if (event.name().equals("news")) {
                    return event;
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All that came until the beat after this. */
    List<Event> untilTheNextBeat() {
        var all = new ArrayList<Event>();
        try {
            for (; ; ) {
                var event = events.poll(10, TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("No beat came");
                }
                if (event.name().equals("beat")) {
                    return all;
                }
                all.add(event);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean endsWithin(long seconds) throws InterruptedException {
        return ended.await(seconds, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
