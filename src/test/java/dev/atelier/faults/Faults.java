package dev.atelier.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Temporary;
import dev.atelier.serving.Models;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Faults, each with its workload and what must hold afterwards. How often and how long is the
 * caller's choice: minutes in the test run, half an hour in the full one.
 */
final class Faults implements AutoCloseable {

    /** All that the code has; a test compares. */
    static final List<String> POINTS =
            List.of(
                    "blob.begun",
                    "blob.written",
                    "blob.forced",
                    "blob.renamed",
                    "blob.published",
                    "blob.adopted",
                    "register.received",
                    "register.inserted",
                    "register.committed",
                    "register.published",
                    "alias.moved",
                    "alias.committed",
                    "scan.claimed",
                    "scan.done",
                    "gc.row-deleted",
                    "metrics.taken",
                    "metrics.committed",
                    "batch.recorded",
                    "artifact.kept",
                    "task.taken",
                    "task.step-begun",
                    "task.step-acted",
                    "task.step-ended");

    private static final String UPKEEP =
            "-Datelier.blobs.upkeep.every=1s,-Datelier.blobs.upkeep.grace=0s";

    private final Path folder;
    private final long seed;
    private final Random random;
    private final Workload points;

    Faults(long seed) {
        this.seed = seed;
        random = new Random(seed);
        points = new Workload(random.nextLong());
        folder = Temporary.folder("atelier-faults");
    }

    private PortalProcess.Setup setup(String name) throws IOException {
        return PortalProcess.Setup.on(folder.resolve(name))
                .with("-Dquarkus.profile=faults")
                .environment(
                        "ATELIER_CATALOG",
                        TaskRuns.template(folder.resolve("entities")).toString());
    }

    /**
     * {@code kill -9} when a named point of the code is passed for the n-th time, and again with
     * what the last one left.
     */
    String dies_at_a_named_point(String point) throws IOException, SQLException {
        var hit = 1 + random.nextInt(passes(point));
        var armed = setup("points").with("-Datelier.failpoints=%s=halt@%d".formatted(point, hit));
        if (point.startsWith("gc.")) {
            forgetBlobs(5);
            armed = armed.with(UPKEEP.split(","));
        }
        var portal = armed.start();
        // A scan that waits from the round before may pass the point while it starts.
        if (portal.comesUp(PortalProcess.PATIENCE)) {
            if (point.startsWith("task.")) {
                TaskRuns.awaitTemplate(portal);
                IntStream.range(0, 4).forEach(_ -> points.tasks.start(portal));
            }
            try (var _ = points.against(portal)) {
                assertThat(portal.awaitEnd(Duration.ofSeconds(60)))
                        .as("passes " + point + " " + hit + " times\n" + portal.endOfLog())
                        .isTrue();
            }
        }
        assertThat(portal.hasEndedWith(137)).as(point + "\n" + portal.endOfLog()).isTrue();
        var ready = check(setup("points"), points);
        return "at pass %d; %s so far; ready again in %d ms".formatted(hit, told(points), ready);
    }

    /** Some pass and are confirmed first; there are few blobs to sweep. */
    private static int passes(String point) {
        return switch (point) {
            case "gc.row-deleted", "task.taken" -> 4;
            case "task.step-begun", "task.step-acted", "task.step-ended" -> 12;
            default -> 30;
        };
    }

    /** Puts blobs that nobody refers to, as deleted versions would leave them. */
    private void forgetBlobs(int count) throws IOException, SQLException {
        var setup = setup("points");
        try (var portal = setup.start()) {
            portal.awaitReady();
            try (var connection = Invariants.embedded(setup.data()).open();
                    var insert =
                            connection.prepareStatement(
                                    """
                                    insert into blob (digest, size, chunks, last_ref_at)
                                    values (?, ?, ?, clock_timestamp() - interval '3 days')
                                    """)) {
                for (int i = 0; i < count; i++) {
                    var content = new byte[1000];
                    random.nextBytes(content);
                    var digest = Workload.sha256(content);
                    var file = file(setup, digest);
                    Files.createDirectories(file.getParent());
                    Files.write(file, content);
                    insert.setString(1, digest);
                    insert.setLong(2, content.length);
                    // One chunk: its digest is the file's.
                    insert.setBytes(3, java.util.HexFormat.of().parseHex(digest));
                    insert.executeUpdate();
                }
            }
        }
    }

    private static Path file(PortalProcess.Setup setup, String digest) {
        return setup.data()
                .resolve("blobs/sha256")
                .resolve(digest.substring(0, 2))
                .resolve(digest.substring(2, 4))
                .resolve(digest);
    }

    /**
     * I6: once the times of grace are over, nothing is left of what the crashes cut off. The clock
     * is moved on by giving files and rows an older date.
     */
    String is_tidy_after_its_crashes() throws IOException, SQLException {
        var setup = setup("points");
        int temporary;
        int orphans;
        try (var portal = setup.start()) {
            portal.awaitReady();
            temporary = temporaryFiles(setup.data().resolve("blobs")).size();
            orphans = strangers(setup).size();
        }
        var past = FileTime.from(Instant.now().minus(Duration.ofDays(3)));
        try (var files = Files.walk(setup.data().resolve("blobs"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, past);
            }
        }
        try (var portal = setup.with(UPKEEP.split(",")).start()) {
            portal.awaitReady();
            try (var connection = Invariants.embedded(setup.data()).open();
                    var statement = connection.createStatement()) {
                statement.execute("update blob_upload set expires = clock_timestamp()");
            }
            var until = System.nanoTime() + 60_000_000_000L;
            while (System.nanoTime() < until
                    && !(temporaryFiles(setup.data().resolve("blobs")).isEmpty()
                            && strangers(setup).isEmpty())) {
                PortalProcess.pause(200);
            }
            assertThat(temporaryFiles(setup.data().resolve("blobs"))).as("I6").isEmpty();
            assertThat(strangers(setup)).as("I6: files without a row").isEmpty();
            new Invariants(portal, Invariants.embedded(setup.data()), points).hold();
        }
        return "%d temporary files and %d files without a row were removed, nothing else"
                .formatted(temporary, orphans);
    }

    /** Files of blobs that no row knows. */
    private static List<String> strangers(PortalProcess.Setup setup)
            throws IOException, SQLException {
        try (var connection = Invariants.embedded(setup.data()).open();
                var files = Files.walk(setup.data().resolve("blobs/sha256"))) {
            var known = new HashSet<>(Invariants.strings(connection, "select digest from blob"));
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(digest -> !known.contains(digest))
                    .toList();
        }
    }

    /** {@code kill -9} at any time. */
    String dies_at_any_time(int rounds) throws IOException, SQLException {
        var setup = setup("random");
        var log = new Workload(random.nextLong());
        long slowest = 0;
        var portal = setup.start();
        for (int round = 0; round < rounds; round++) {
            slowest = Math.max(slowest, round == 0 ? 0 : portal.awaitReady());
            portal.awaitReady();
            var runners = portal.children();
            try (var _ = log.against(portal)) {
                PortalProcess.pause(random.nextInt(3000));
                portal.kill();
            }
            for (var runner : runners) {
                assertThat(gone(runner))
                        .as("left alive: " + PortalProcess.commandLine(runner))
                        .isTrue();
            }
            // Every round checks a start after a crash; all that was ever told, every fifth.
            if (round % 5 == 4 || round == rounds - 1) {
                slowest = Math.max(slowest, check(setup, log));
            }
            portal = setup.start();
        }
        portal.awaitReady();
        portal.close();
        return "%d kills, %s; ready again in ≤ %d ms".formatted(rounds, told(log), slowest);
    }

    /** {@code kill -9} and a database that goes and comes back while golden paths run. */
    String dies_while_golden_paths_run(int rounds) throws IOException, SQLException {
        var log = new Workload(random.nextLong());
        long slowest = 0;
        try (var postgres = new OwnPostgres(folder.resolve("pg-tasks"), programs())) {
            var setup = postgres.usedBy(setup("tasks"));
            for (int round = 0; round < rounds; round++) {
                var portal = setup.start();
                portal.awaitReady();
                TaskRuns.awaitTemplate(portal);
                for (int i = 0; i < 6; i++) {
                    log.tasks.start(portal);
                }
                PortalProcess.pause(random.nextInt(3000));
                portal.kill();
                try (var next = setup.start()) {
                    slowest = Math.max(slowest, next.awaitReady());
                    log.tasks.start(next);
                    PortalProcess.pause(random.nextInt(2000));
                    postgres.stopAtOnce();
                    PortalProcess.pause(2000);
                    assertThat(next.status("/q/health/ready")).as("I8 readiness").isEqualTo(503);
                    postgres.start();
                    assertThat(next.comesUp(Duration.ofSeconds(10))).isTrue();
                    new Invariants(next, postgres::connect, log).hold();
                }
            }
        }
        return "%d kills, each with the database away for 2 s after it; %d tasks taken, all done once; ready again in ≤ %d ms"
                .formatted(rounds, log.tasks.count(Workload.Told.OK), slowest);
    }

    private static boolean gone(ProcessHandle process) {
        // A rehearsal of the start-up cache ends with its script, which takes a slow machine a
        // while.
        for (int i = 0; i < 600 && process.isAlive(); i++) {
            PortalProcess.pause(50);
        }
        return !process.isAlive();
    }

    /** Starts the portal, checks everything that was ever told, and stops it. */
    private long check(PortalProcess.Setup setup, Workload log) throws IOException, SQLException {
        try (var portal = setup.start()) {
            var ready = portal.awaitReady();
            var database = Invariants.embedded(setup.data());
            new Invariants(portal, database, log).hold();
            Invariants.everyRowHasItsFile(database, setup.data().resolve("blobs"));
            return ready;
        }
    }

    private static String told(Workload log) {
        return "%d confirmed, %d denied, %d unknown"
                .formatted(
                        log.count(Workload.Told.OK),
                        log.count(Workload.Told.FAILED),
                        log.count(Workload.Told.UNKNOWN));
    }

    /** The external database is stopped as by a power cut, and comes back later. */
    String loses_its_database(Duration away) throws IOException, SQLException {
        try (var postgres = new OwnPostgres(folder.resolve("pg-away"), programs());
                var portal = postgres.usedBy(setup("away")).start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong());
            long worst = 0;
            long back;
            try (var _ = log.against(portal)) {
                PortalProcess.pause(1500);
                postgres.stopAtOnce();
                var until = System.nanoTime() + away.toNanos();
                while (System.nanoTime() < until) {
                    var began = System.nanoTime();
                    var answer =
                            portal.send(
                                    HttpRequest.newBuilder(portal.address("/api/v1/models"))
                                            .timeout(Duration.ofSeconds(15)),
                                    BodyHandlers.ofString());
                    worst = Math.max(worst, (System.nanoTime() - began) / 1_000_000);
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
                    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                    assertThat(portal.status("/q/health/live")).as("I8 liveness").isEqualTo(200);
                    assertThat(portal.status("/q/health/ready")).as("I8 readiness").isEqualTo(503);
                    PortalProcess.pause(200);
                }
                var page =
                        portal.send(
                                HttpRequest.newBuilder(portal.address("/"))
                                        .header("Accept", "text/html"),
                                BodyHandlers.ofString());
                assertThat(page.statusCode()).as("a page either works or says why").isIn(200, 503);
                if (page.statusCode() == 503) {
                    assertThat(page.body()).contains("The database is away");
                }
                postgres.start();
                var returned = System.nanoTime();
                assertThat(portal.comesUp(Duration.ofSeconds(10)))
                        .as("ready within 10 s of the database")
                        .isTrue();
                back = (System.nanoTime() - returned) / 1_000_000;
                PortalProcess.pause(1500);
            }
            new Invariants(portal, postgres::connect, log).hold();
            // The limit of the design; a test machine that does other things may need longer.
            assertThat(worst).as("ms until 503").isLessThan(10_000);
            return "%d s away, 503 in ≤ %d ms, ready %d ms after it was back, %s"
                    .formatted(away.toSeconds(), worst, back, told(log));
        }
    }

    /** Every connection is cut every 200 ms, in the middle of whatever it does. */
    String has_its_connections_cut(Duration time) throws IOException, SQLException {
        try (var postgres = new OwnPostgres(folder.resolve("pg-cut"), programs());
                var portal = postgres.usedBy(setup("cut")).start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong()).filesUpTo(20_000);
            int cuts = 0;
            try (var _ = log.against(portal)) {
                var until = System.nanoTime() + time.toNanos();
                while (System.nanoTime() < until) {
                    PortalProcess.pause(200);
                    postgres.cutConnections();
                    cuts++;
                }
                PortalProcess.pause(500);
            }
            assertThat(portal.comesUp(Duration.ofSeconds(10))).isTrue();
            new Invariants(portal, postgres::connect, log).hold();
            assertThat(log.statuses)
                    .as("a lost connection is no defect:\n" + portal.endOfLog())
                    .doesNotContainKey(500);
            return "%d cuts, %s, answers %s".formatted(cuts, told(log), log.statuses);
        }
    }

    /**
     * Connections are reset just before or just after the database has done a COMMIT: the portal
     * asks it what became of it, so that nearly every answer is certain.
     */
    String has_its_commits_cut(int cuts) throws IOException, SQLException {
        var statements =
                List.of(
                        "insert into model_version ",
                        "insert into model_alias_move",
                        "insert into catalog_location");
        try (var postgres = new OwnPostgres(folder.resolve("pg-commit"), programs());
                var proxy = new FaultProxy(postgres.port());
                var portal = postgres.usedBy(setup("commit"), proxy.port()).start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong()).filesUpTo(20_000);
            try (var _ = log.against(portal)) {
                for (int i = 1; i <= cuts; i++) {
                    proxy.cutCommit(
                            random.nextBoolean()
                                    ? FaultProxy.Cut.BEFORE_COMMIT
                                    : FaultProxy.Cut.AFTER_COMMIT,
                            statements.get(random.nextInt(statements.size())));
                    var until = System.nanoTime() + 30_000_000_000L;
                    while (proxy.cuts() < i && System.nanoTime() < until) {
                        PortalProcess.pause(5);
                    }
                    assertThat(proxy.cuts()).as("commits that came").isEqualTo(i);
                }
            }
            new Invariants(portal, postgres::connect, log).hold();
            assertThat(log.statuses).as(portal.endOfLog()).doesNotContainKey(500);
            return "%d cuts, %s, answers %s".formatted(cuts, told(log), log.statuses);
        }
    }

    /** Every message to the database takes 100 ms longer: it is slow, not away. */
    String has_a_slow_database(Duration time) throws IOException, SQLException {
        try (var postgres = new OwnPostgres(folder.resolve("pg-slow"), programs());
                var proxy = new FaultProxy(postgres.port());
                var portal = postgres.usedBy(setup("slow"), proxy.port()).start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong()).filesUpTo(20_000);
            long worst = 0;
            try (var _ = log.against(portal)) {
                proxy.delay(100);
                var until = System.nanoTime() + time.toNanos();
                while (System.nanoTime() < until) {
                    var began = System.nanoTime();
                    assertThat(portal.status("/q/health/live")).as("I8 liveness").isEqualTo(200);
                    worst = Math.max(worst, (System.nanoTime() - began) / 1_000_000);
                    PortalProcess.pause(200);
                }
                proxy.delay(0);
            }
            assertThat(portal.comesUp(Duration.ofSeconds(10))).isTrue();
            new Invariants(portal, postgres::connect, log).hold();
            assertThat(log.statuses).as(portal.endOfLog()).doesNotContainKey(500);
            return "%d s, liveness in ≤ %d ms, %s, answers %s"
                    .formatted(time.toSeconds(), worst, told(log), log.statuses);
        }
    }

    /** The file system of the blobs is full: 8 MiB of tmpfs. Needs root. */
    String has_a_full_disk() throws IOException, SQLException {
        var small = Files.createDirectories(folder.resolve("small"));
        PortalProcess.run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small.toString());
        try {
            return fullDisk(
                    setup("full")
                            .with(
                                    "-Datelier.blobs.folder=" + small.resolve("blobs"),
                                    "-Datelier.blobs.reserve=0"),
                    small.resolve("blobs"));
        } finally {
            PortalProcess.run("umount", "--lazy", small.toString());
        }
    }

    private String fullDisk(PortalProcess.Setup setup, Path blobs)
            throws IOException, SQLException {
        try (var portal = setup.start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong());
            // Three fit and leave less than a tenth of the 8 MiB.
            var filler = new byte[2_600_000];
            random.nextBytes(filler);
            int confirmed = 0;
            Workload.Upload last;
            do {
                filler[0]++;
                last = log.upload(portal, "faults-0", "fill-" + confirmed, filler);
            } while (last.told() == Workload.Told.OK && confirmed++ < 10);
            assertThat(last.status()).as("the answer of a full disk").isEqualTo(507);
            assertThat(temporaryFiles(blobs)).as("I6: left by the refused upload").isEmpty();
            assertThat(portal.status("/")).as("pages with a full disk").isEqualTo(200);
            assertThat(portal.get("/q/health/ready", BodyHandlers.ofString()).body())
                    .as("ready, and says what is wrong")
                    .contains("The disk of the blob store is nearly full")
                    .contains("\"status\": \"UP\"");
            assertThat(portal.get("/", BodyHandlers.ofString()).body())
                    .contains("A disk is nearly full");
            assertThat(portal.status("/q/health/live")).isEqualTo(200);
            var tiny = log.upload(portal, "faults-1", "tiny", "still fits".getBytes());
            assertThat(tiny.told()).as("a small file still fits").isEqualTo(Workload.Told.OK);
            new Invariants(portal, Invariants.embedded(setup.data()), log).hold();
            return "%d uploads of 2.5 MB fit, then 507; nothing is left of the refused one"
                    .formatted(confirmed);
        }
    }

    private static List<Path> temporaryFiles(Path blobs) throws IOException {
        try (var files = Files.list(blobs.resolve("tmp"))) {
            return files.toList();
        }
    }

    /** No file may grow beyond 3 MiB: what a quota does. */
    String meets_a_limit_of_file_sizes() throws IOException, SQLException {
        try (var postgres = new OwnPostgres(folder.resolve("pg-limit"), programs());
                var portal =
                        postgres.usedBy(setup("limit"))
                                .under("prlimit", "--fsize=" + (3 << 20))
                                .start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong());
            var large = new byte[4 << 20];
            random.nextBytes(large);
            var refused = log.upload(portal, "faults-0", "too-large", large);
            assertThat(refused.status()).as(portal.endOfLog()).isEqualTo(507);
            assertThat(temporaryFiles(folder.resolve("limit/blobs"))).isEmpty();
            var kept = log.upload(portal, "faults-0", "small", new byte[1000]);
            assertThat(kept.told()).isEqualTo(Workload.Told.OK);
            new Invariants(portal, postgres::connect, log).hold();
            return "4 MiB answered 507, 1 kB kept";
        }
    }

    /** One byte of a stored file changes: it is never handed out whole. */
    String has_bits_flipped(int flips) throws IOException, SQLException {
        var setup = setup("flips");
        try (var portal = setup.start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong());
            int caught = 0;
            for (int i = 0; i < flips; i++) {
                var content = new byte[1 + random.nextInt(3_000_000)];
                random.nextBytes(content);
                var upload = log.upload(portal, "faults-" + i % 4, "flip-" + i, content);
                assertThat(upload.told()).isEqualTo(Workload.Told.OK);
                var digest = upload.sha256();
                var file = file(setup, digest);
                try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
                    var at = random.nextInt(content.length);
                    bytes.seek(at);
                    bytes.write(content[at] ^ (1 << random.nextInt(8)));
                }
                if (!completes(portal, upload, content.length)) {
                    caught++;
                }
                assertThat(completes(portal, upload, content.length))
                        .as("handed out after it was found damaged")
                        .isFalse();
            }
            assertThat(caught).as("flips caught").isEqualTo(flips);
            try (var connection = Invariants.embedded(setup.data()).open()) {
                assertThat(
                                Invariants.strings(
                                        connection,
                                        "select count(*) from audit_event where action = 'model-version.file-damaged'"))
                        .containsExactly(Integer.toString(flips));
            }
            return caught + " of " + flips + " caught, each once in the audit log";
        }
    }

    /** Whether a download ends as if all were well. */
    private static boolean completes(PortalProcess portal, Workload.Upload upload, int length) {
        try {
            var answer =
                    portal.get(
                            "/api/v1/models/%s/versions/%d/files/weights.bin"
                                    .formatted(upload.model(), upload.version()),
                            BodyHandlers.ofByteArray());
            return answer.statusCode() == 200 && answer.body().length == length;
        } catch (IOException e) {
            return false;
        }
    }

    /** A runner is killed and stopped in the middle of calls. */
    String has_its_runner_killed_and_stopped() throws IOException {
        var setup = setup("runner").with("-Datelier.serving.limit=2s");
        try (var portal = setup.start()) {
            portal.awaitReady();
            var answer =
                    portal.send(
                            HttpRequest.newBuilder(
                                            portal.address("/api/v1/models/doubling/versions"))
                                    .header("Content-Type", "multipart/form-data; boundary=----b")
                                    .POST(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    Workload.multipart(
                                                            "model.onnx", Models.doubling()))),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
            assertThat(infer(portal)).as(portal.endOfLog()).isEqualTo(200);

            var before = portal.runners();
            assertThat(before).as("runner processes").isNotEmpty();
            before.forEach(ProcessHandle::destroyForcibly);
            var recovered = System.nanoTime();
            int first = infer(portal);
            int tries = 1;
            while (infer(portal) != 200 && tries++ < 100) {
                PortalProcess.pause(100);
            }
            var ms = (System.nanoTime() - recovered) / 1_000_000;
            assertThat(tries).as("calls until it answers again").isLessThan(100);
            before.forEach(runner -> assertThat(gone(runner)).isTrue());

            for (var runner : portal.runners()) {
                PortalProcess.run("kill", "-STOP", Long.toString(runner.pid()));
            }
            var began = System.nanoTime();
            var stuck = infer(portal);
            var waited = (System.nanoTime() - began) / 1_000_000;
            assertThat(stuck).as("a call to a stopped runner").isGreaterThanOrEqualTo(500);
            assertThat(waited).as("ms until a stopped runner is given up").isLessThan(5_000);
            tries = 1;
            while (infer(portal) != 200 && tries++ < 100) {
                PortalProcess.pause(100);
            }
            assertThat(tries).as("calls until it answers after the stop").isLessThan(100);
            assertThat(portal.status("/q/health/ready")).isEqualTo(200);
            return "killed: first call %d, answers again in %d ms; stopped: %d after %d ms (limit 2 s)"
                    .formatted(first, ms, stuck, waited);
        }
    }

    private static int infer(PortalProcess portal) throws IOException {
        return portal.send(
                        HttpRequest.newBuilder(portal.address("/v2/models/doubling/infer"))
                                .timeout(Duration.ofSeconds(20))
                                .header("Content-Type", "application/json")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                """
                                                {"inputs": [{"name": "x", "datatype": "FP32",
                                                  "shape": [1, 3], "data": [1, 2, 3]}]}
                                                """)),
                        BodyHandlers.ofString())
                .statusCode();
    }

    /** SIGTERM in the middle of uploads: what is under way is answered. */
    String is_asked_to_stop_under_load() throws IOException, SQLException {
        var setup = setup("term");
        var log = new Workload(random.nextLong());
        var portal = setup.start();
        portal.awaitReady();
        long took;
        try (var _ = log.against(portal)) {
            PortalProcess.pause(1500);
            var began = System.nanoTime();
            portal.signal("TERM");
            assertThat(portal.awaitEnd(Duration.ofSeconds(45))).as("ends").isTrue();
            took = (System.nanoTime() - began) / 1_000_000;
        }
        assertThat(portal.exitValue()).isEqualTo(143);
        assertThat(setup.data().resolve("postgres-18/cluster/postmaster.pid"))
                .as("its database is stopped")
                .doesNotExist();
        check(setup, log);
        return "ended in %d ms, %s".formatted(took, told(log));
    }

    /** The database's own process is killed while the portal uses it. */
    String has_its_own_database_killed() throws IOException, SQLException {
        var setup = setup("own");
        try (var portal = setup.start()) {
            portal.awaitReady();
            var log = new Workload(random.nextLong());
            long back;
            try (var _ = log.against(portal)) {
                PortalProcess.pause(1000);
                var pid =
                        Files.readAllLines(
                                        setup.data().resolve("postgres-18/cluster/postmaster.pid"))
                                .getFirst()
                                .strip();
                PortalProcess.run("kill", "-9", pid);
                var killed = System.nanoTime();
                PortalProcess.pause(300);
                assertThat(portal.comesUp(Duration.ofSeconds(30))).as(portal.endOfLog()).isTrue();
                back = (System.nanoTime() - killed) / 1_000_000;
                PortalProcess.pause(1000);
            }
            new Invariants(portal, Invariants.embedded(setup.data()), log).hold();
            return "ready again %d ms after its kill -9, %s".formatted(back, told(log));
        }
    }

    /** Programs of PostgreSQL, unpacked by a portal's first start. */
    private Path programs() {
        var data = folder.resolve("programs");
        if (Files.notExists(data)) {
            try (var portal = PortalProcess.Setup.on(data).start()) {
                portal.awaitReady();
            }
        }
        return data;
    }

    long seed() {
        return seed;
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        PortalProcess.killAll();
        try (var files = Files.walk(folder)) {
            var all = new ArrayList<>(files.sorted(Comparator.reverseOrder()).toList());
            for (var file : all) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
