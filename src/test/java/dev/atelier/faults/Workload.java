package dev.atelier.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writers that register versions, move aliases, record runs and register locations, and write down
 * what they were told. An answer that did not come, or an answer of 5xx that does not deny, leaves
 * the outcome unknown.
 */
final class Workload {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WRITERS = 8;
    private static final int MODELS = 4;

    enum Told {
        OK,
        FAILED,
        UNKNOWN
    }

    /** A registration: the sender's key, the digest of its one file, and what was answered. */
    record Upload(
            String model,
            String key,
            String sha256,
            int size,
            Told told,
            int version,
            int status) {}

    record Move(String model, int from, int to, Told told) {}

    record Registered(String target, Told told) {}

    final Queue<Upload> uploads = new ConcurrentLinkedQueue<>();
    final Queue<Move> moves = new ConcurrentLinkedQueue<>();
    final Queue<Registered> locations = new ConcurrentLinkedQueue<>();
    final Queue<String> indecent = new ConcurrentLinkedQueue<>();
    final ConcurrentMap<Integer, AtomicInteger> statuses = new ConcurrentHashMap<>();
    final Recordings recordings = new Recordings(this::note);
    final TaskRuns tasks = new TaskRuns();
    private final Random seeds;
    private final AtomicInteger numbers = new AtomicInteger();
    private int largest = 200_000;

    Workload(long seed) {
        seeds = new Random(seed);
    }

    Workload filesUpTo(int bytes) {
        largest = bytes;
        return this;
    }

    /** Writers at work until closed. */
    final class Shift implements AutoCloseable {
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> writers = new ArrayList<>();

        private Shift(PortalProcess portal) {
            for (int i = 0; i < WRITERS; i++) {
                var random = new Random(seeds.nextLong());
                writers.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            while (!over.get() && portal.isAlive()) {
                                                write(portal, random);
                                            }
                                        }));
            }
        }

        @Override
        public void close() {
            over.set(true);
            for (var writer : writers) {
                try {
                    writer.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    Shift against(PortalProcess portal) {
        return new Shift(portal);
    }

    private void write(PortalProcess portal, Random random) {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> upload(portal, random);
            case 4, 5, 6 -> move(portal, random);
            case 7, 8 -> recordings.record(portal, random);
            default -> register(portal);
        }
    }

    Upload upload(PortalProcess portal, Random random) {
        var model = "faults-" + random.nextInt(MODELS);
        var key = "op-" + numbers.incrementAndGet() + "-" + random.nextInt();
        var content = new byte[100 + random.nextInt(largest)];
        random.nextBytes(content);
        return upload(portal, model, key, content);
    }

    Upload upload(PortalProcess portal, String model, String key, byte[] content) {
        var told = Told.UNKNOWN;
        int version = 0;
        int status = 0;
        try {
            var answer =
                    portal.send(
                            HttpRequest.newBuilder(
                                            portal.address("/api/v1/models/" + model + "/versions"))
                                    .timeout(Duration.ofSeconds(30))
                                    .header("Idempotency-Key", key)
                                    .header("Content-Type", "multipart/form-data; boundary=----b")
                                    .POST(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    multipart("weights.bin", content))),
                            HttpResponse.BodyHandlers.ofString());
            status = note(answer);
            told = told(answer);
            if (told == Told.OK) {
                version = JSON.readTree(answer.body()).path("version").asInt();
            }
        } catch (IOException e) {
            // No answer: unknown. The portal may be gone: no hot loop.
            PortalProcess.pause(20);
        }
        var upload = new Upload(model, key, sha256(content), content.length, told, version, status);
        uploads.add(upload);
        return upload;
    }

    private void move(PortalProcess portal, Random random) {
        var model = "faults-" + random.nextInt(MODELS);
        try {
            var found = portal.get("/api/v1/models/" + model, HttpResponse.BodyHandlers.ofString());
            if (found.statusCode() != 200) {
                note(found);
                return;
            }
            var json = JSON.readTree(found.body());
            var last = json.path("lastVersion").asInt(json.path("last_version").asInt());
            var now = json.path("aliases").path("steady").asInt(0);
            if (last == 0) {
                return;
            }
            var to = 1 + random.nextInt(last);
            if (to == now) {
                return;
            }
            numbers.incrementAndGet();
            var told = Told.UNKNOWN;
            try {
                var answer =
                        portal.send(
                                HttpRequest.newBuilder(
                                                portal.address(
                                                        "/api/v1/models/"
                                                                + model
                                                                + "/aliases/steady"))
                                        .timeout(Duration.ofSeconds(15))
                                        .header("Content-Type", "application/json")
                                        .PUT(
                                                HttpRequest.BodyPublishers.ofString(
                                                        JSON.writeValueAsString(
                                                                Map.of(
                                                                        "version", to,
                                                                        "expected", now)))),
                                HttpResponse.BodyHandlers.ofString());
                note(answer);
                told = told(answer);
            } finally {
                moves.add(new Move(model, now, to, told));
            }
        } catch (IOException e) {
            // No answer; the move, if it was begun, is written down as unknown.
            PortalProcess.pause(20);
        }
    }

    private void register(PortalProcess portal) {
        var target = "https://faults.example/catalog-%d.yaml".formatted(numbers.incrementAndGet());
        var told = Told.UNKNOWN;
        try {
            var answer =
                    portal.send(
                            HttpRequest.newBuilder(portal.address("/api/catalog/locations"))
                                    .timeout(Duration.ofSeconds(15))
                                    .header("Content-Type", "application/json")
                                    .POST(
                                            HttpRequest.BodyPublishers.ofString(
                                                    JSON.writeValueAsString(
                                                            Map.of(
                                                                    "type", "url", "target",
                                                                    target)))),
                            HttpResponse.BodyHandlers.ofString());
            note(answer);
            told = told(answer);
        } catch (IOException e) {
            // No answer: unknown.
            PortalProcess.pause(20);
        }
        locations.add(new Registered(target, told));
    }

    private int note(HttpResponse<String> answer) {
        statuses.computeIfAbsent(answer.statusCode(), _ -> new AtomicInteger()).incrementAndGet();
        if (answer.statusCode() >= 500
                && (answer.body().contains("\tat ")
                        || answer.body().contains("Exception")
                        || answer.body().contains("org.postgresql"))) {
            indecent.add(answer.statusCode() + ": " + answer.body());
        }
        return answer.statusCode();
    }

    /** 4xx and 507 deny; another 5xx only where it says so, and is held to it. */
    static Told told(HttpResponse<String> answer) {
        int status = answer.statusCode();
        if (status < 300) {
            return Told.OK;
        }
        return status < 500 || status == 507 || answer.body().contains("Nothing was changed")
                ? Told.FAILED
                : Told.UNKNOWN;
    }

    static byte[] multipart(String name, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(
                ("------b\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
                                + name
                                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        out.writeBytes(content);
        out.writeBytes("\r\n------b--\r\n".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    long count(Told told) {
        return uploads.stream().filter(u -> u.told == told).count()
                + moves.stream().filter(m -> m.told == told).count()
                + locations.stream().filter(l -> l.told == told).count()
                + recordings.count(told)
                + tasks.count(told);
    }
}
