package dev.atelier.bench;

import dev.atelier.Administrator;
import dev.atelier.PythonClients;
import dev.atelier.faults.EmbeddedAddress;
import dev.atelier.faults.PortalProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.regex.Pattern;

/**
 * MLflow's API: the portal and MLflow's own server one after the other, on the same PostgreSQL,
 * asked the same by the same client.
 */
final class MlflowBench {

    private static final int RUNS = 100_000;
    private static final int POINTS = 1_000_000;
    private static final String API = "/api/2.0/mlflow/";

    /** A server of MLflow's protocol. */
    private record Server(String name, URI address, String experiment, String series) {}

    private MlflowBench() {}

    static void main() throws Exception {
        var data = Files.createTempDirectory("atelier-bench");
        var setup =
                PortalProcess.Setup.on(data)
                        .home(Path.of("").toAbsolutePath())
                        .environment("ATELIER_LIMITS", "false");
        try (var portal = setup.start()) {
            portal.awaitReady();
            StartBench.settle(portal);
            var database = EmbeddedAddress.of(data);
            System.out.println(ClosedLoop.Figures.HEADINGS);
            var filled = atelier(portal, database);
            measure(filled, () -> execute(database.url(), database, "vacuum analyze"));
            charted(filled, "", run(1));
            loggedSingly(filled, database);
            artifact("atelier", portal.address(""), portal.pid(), data);
            mlflow(data, database);
        }
    }

    private static Server atelier(PortalProcess portal, EmbeddedAddress database) throws Exception {
        execute(
                database.url(),
                database,
                """
                insert into experiment (id, name, created_by) values (1000, 'filled', 'bench');
                insert into run (id, experiment, name, user_id, created_by, status, start_time, end_time)
                select md5('run' || i)::uuid, 1000, 'run-' || i, 'bench', 'bench', 'FINISHED',
                       1700000000000 + i * 1000, 1700000000000 + i * 1000 + 500
                from generate_series(1, %1$d) i;
                insert into run_metric (run, experiment, key, step, at, value)
                select md5('run' || i)::uuid, 1000, 'metric_' || k, 0, 1700000000000,
                       (hashint4(i * 10 + k) + 2147483648) / 4294967296.0
                from generate_series(1, %1$d) i, generate_series(0, 9) k;
                insert into run_param (run, experiment, key, value)
                select md5('run' || i)::uuid, 1000, 'param_' || k, ((i * 7 + k) %% 10)::text
                from generate_series(1, %1$d) i, generate_series(0, 9) k;
                insert into run_tag (run, experiment, key, value)
                select md5('run' || i)::uuid, 1000, 'tag_' || k, 'value ' || (i %% 100)
                from generate_series(1, %1$d) i, generate_series(0, 4) k;
                insert into metric_chunk (series, last_step, last_at, last_value, finite, least,
                    greatest, steps, times, measures)
                select m.id, max(i), 1700000000000 + max(i), sin(max(i) / 1000.0), count(*),
                       min(sin(i / 1000.0)), max(sin(i / 1000.0)), array_agg(i::bigint order by i),
                       array_agg(1700000000000 + i order by i),
                       array_agg(sin(i / 1000.0) order by i)
                from run_metric m, generate_series(1, %2$d) i
                where m.run = md5('run1')::uuid and m.key = 'metric_0'
                group by m.id, (i - 1) / 50;
                insert into metric_point (series, step, at, value)
                select m.id, i, 1700000000000 + i, sin(i / 1000.0)
                from run_metric m, generate_series(1, %2$d) i
                where m.run = md5('run2')::uuid and m.key = 'metric_0';
                update run_metric set step = %2$d, at = 1700000000000 + %2$d,
                    value = sin(%2$d / 1000.0), portion_step = 1, portion_at = 1700000000001
                where run = md5('run1')::uuid and key = 'metric_0';
                update run_metric set step = %2$d, at = 1700000000000 + %2$d,
                    value = sin(%2$d / 1000.0), loose = %2$d
                where run = md5('run2')::uuid and key = 'metric_0';
                vacuum analyze
                """
                        .formatted(RUNS, POINTS));
        return new Server("Atelier", portal.address(""), "1000", run(1));
    }

    /** The identifier of a run that was filled in: the first has a long series. */
    private static String run(int number) throws Exception {
        return java.util.HexFormat.of()
                .formatHex(
                        java.security.MessageDigest.getInstance("MD5")
                                .digest(("run" + number).getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The same series as it is when its points were logged one by one: as rows, and once the portal
     * has made chunks of them, which the next point makes it do.
     */
    private static void loggedSingly(Server server, EmbeddedAddress database) throws Exception {
        var run = run(2);
        charted(server, ", as rows", run);
        var began = System.nanoTime();
        try (var connection = new Connection(server.address)) {
            var body = new StringBuilder("{\"run_id\":\"").append(run).append("\",");
            point(body, "metric_0", POINTS + 1);
            connection.ask(json(server, API + "runs/log-metric", body.append('}').toString()));
        }
        try (var connection =
                        DriverManager.getConnection(
                                database.url(), database.user(), database.password());
                var statement = connection.createStatement()) {
            while (true) {
                try (var left =
                        statement.executeQuery(
                                """
                                select loose from run_metric where run = '%s' and key = 'metric_0'
                                """
                                        .formatted(run))) {
                    left.next();
                    if (left.getInt(1) == 0) {
                        break;
                    }
                }
                Thread.sleep(100);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%,d rows of points became chunks in %.1f s%n",
                POINTS,
                (System.nanoTime() - began) / 1e9);
        charted(server, ", logged one by one", run);
    }

    private static void charted(Server server, String how, String run) throws Exception {
        get(
                server,
                "charts of a run with %,d points%s".formatted(POINTS, how),
                "/experiments/" + server.experiment + "/runs/" + run + "/charts");
    }

    private static void mlflow(Path data, EmbeddedAddress database) throws Exception {
        var python =
                PythonClients.environment(
                        "mlflow-server-3", "mlflow==3.17.2", "psycopg2-binary==2.9.10");
        execute(database.url(), database, "create database mlflow");
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        var home = Files.createTempDirectory("mlflow-bench");
        var address = URI.create("http://127.0.0.1:" + port);
        var hostAndPort = database.url().replaceAll("jdbc:postgresql://([^/]+)/.*", "$1");
        var builder =
                new ProcessBuilder(
                                python.resolveSibling("mlflow").toString(),
                                "server",
                                "--backend-store-uri",
                                "postgresql+psycopg2://%s:%s@%s/mlflow"
                                        .formatted(
                                                database.user(), database.password(), hostAndPort),
                                "--artifacts-destination",
                                home.resolve("artifacts").toString(),
                                "--host",
                                "127.0.0.1",
                                "--port",
                                Integer.toString(port),
                                "--workers",
                                "2")
                        .directory(home.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(home.resolve("server.log").toFile());
        builder.environment().put("MLFLOW_DISABLE_TELEMETRY", "true");
        var server = builder.start();
        try {
            await(server, address, home);
            var own = database.url().replaceAll("/postgres$", "/mlflow");
            execute(
                    own,
                    database,
                    """
                    insert into experiments (experiment_id, name, artifact_location, lifecycle_stage,
                        creation_time, last_update_time)
                    values (1000, 'filled', 'mlflow-artifacts:/1000', 'active', 1, 1);
                    insert into runs (run_uuid, name, user_id, status, start_time, end_time,
                        lifecycle_stage, artifact_uri, experiment_id, source_type, source_name,
                        entry_point_name, source_version)
                    select md5('run' || i), 'run-' || i, 'bench', 'FINISHED',
                           1700000000000 + i * 1000, 1700000000000 + i * 1000 + 500, 'active',
                           'mlflow-artifacts:/1000/' || md5('run' || i) || '/artifacts', 1000,
                           'UNKNOWN', '', '', ''
                    from generate_series(1, %1$d) i;
                    insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
                    select 'metric_' || k, (hashint4(i * 10 + k) + 2147483648) / 4294967296.0,
                           1700000000000, 0, false, md5('run' || i)
                    from generate_series(1, %1$d) i, generate_series(0, 9) k;
                    insert into params (key, value, run_uuid)
                    select 'param_' || k, ((i * 7 + k) %% 10)::text, md5('run' || i)
                    from generate_series(1, %1$d) i, generate_series(0, 9) k;
                    insert into tags (key, value, run_uuid)
                    select 'tag_' || k, 'value ' || (i %% 100), md5('run' || i)
                    from generate_series(1, %1$d) i, generate_series(0, 4) k;
                    insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
                    select 'metric_0', sin(i / 1000.0), 1700000000000 + i, md5('run1'), i, false
                    from generate_series(1, %2$d) i;
                    vacuum analyze
                    """
                            .formatted(RUNS, POINTS));
            measure(
                    new Server("MLflow 3.17.2", address, "1000", run(1)),
                    () -> execute(own, database, "vacuum analyze"));
            artifact("mlflow", address, server.pid(), data);
        } finally {
            server.descendants().forEach(ProcessHandle::destroy);
            server.destroy();
        }
    }

    private static void await(Process server, URI address, Path home) throws Exception {
        var until = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (true) {
            try (var connection = new Connection(address)) {
                if (connection.get("/health") == 200) {
                    return;
                }
            } catch (IOException e) {
                if (System.nanoTime() > until || !server.isAlive()) {
                    throw new IOException(Files.readString(home.resolve("server.log")), e);
                }
            }
            Thread.sleep(500);
        }
    }

    private static void execute(String url, EmbeddedAddress database, String sql) throws Exception {
        try (var connection =
                        DriverManager.getConnection(url, database.user(), database.password());
                var statement = connection.createStatement()) {
            for (var one : sql.split(";\n")) {
                statement.execute(one);
            }
        }
    }

    /** Something that may fail. */
    private interface Errand {
        void run() throws Exception;
    }

    /**
     * @param vacuum of the server's database
     */
    private static void measure(Server server, Errand vacuum) throws Exception {
        var experiment = created(server);
        post(
                server,
                "create-run",
                32,
                i -> API + "runs/create",
                i ->
                        "{\"experiment_id\":\"%s\",\"start_time\":%d,\"tags\":[{\"key\":\"mlflow.user\",\"value\":\"bench\"}]}"
                                .formatted(experiment, 1_700_000_000_000L + i));
        logged(server, experiment, "log-metric, one at a time", "log-metric", 32, 1);
        logged(server, experiment, "log-batch of 500 metrics", "log-batch", 20, 500);
        // What was written is tidied up after by the database: not beside what is measured next.
        vacuum.run();
        var random = new Random(1);
        for (int connections : new int[] {1, 8}) {
            post(
                    server,
                    "search 100 of %,d, by metric and param".formatted(RUNS),
                    connections,
                    i -> API + "runs/search",
                    i ->
                            "{\"experiment_ids\":[\"%s\"],\"filter\":\"metrics.metric_%d < 0.5 and params.param_%d = '%d'\",\"order_by\":[\"metrics.metric_%d DESC\"],\"max_results\":100}"
                                    .formatted(
                                            server.experiment,
                                            i % 10,
                                            random.nextInt(10),
                                            random.nextInt(10),
                                            i % 10));
        }
        post(
                server,
                "search 1,000 full runs, the newest",
                1,
                i -> API + "runs/search",
                i ->
                        "{\"experiment_ids\":[\"%s\"],\"max_results\":1000}"
                                .formatted(server.experiment));
        get(
                server,
                "history, first 25,000 of %,d points".formatted(POINTS),
                API
                        + "metrics/get-history?run_id="
                        + server.series
                        + "&metric_key=metric_0&max_results=25000");
        get(
                server,
                "history, reduced to 320 steps",
                "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids="
                        + server.series
                        + "&metric_key=metric_0&max_results=320");
        if (server.name.equals("Atelier")) {
            get(server, "page of runs, first answer", "/experiments/" + server.experiment);
        }
    }

    private static String created(Server server) throws Exception {
        try (var connection = new Connection(server.address)) {
            var answer =
                    connection.ask(
                            json(server, API + "experiments/create", "{\"name\":\"bench\"}"));
            return id(answer.text(), "experiment_id");
        }
    }

    private static String id(String json, String field) {
        var match = Pattern.compile("\"" + field + "\": ?\"([^\"]+)\"").matcher(json);
        if (!match.find()) {
            throw new IllegalStateException(json);
        }
        return match.group(1);
    }

    private static byte[] json(Server server, String path, String body) {
        return Connection.request(
                server.address,
                "POST",
                path,
                "Content-Type: application/json\r\n",
                body.getBytes(StandardCharsets.UTF_8));
    }

    /** Each connection writes to a run of its own. */
    private static void logged(
            Server server,
            String experiment,
            String what,
            String call,
            int connections,
            int metrics)
            throws Exception {
        ClosedLoop.Callers callers =
                () -> {
                    var connection = new Connection(server.address);
                    var run =
                            id(
                                    connection
                                            .ask(
                                                    json(
                                                            server,
                                                            API + "runs/create",
                                                            "{\"experiment_id\":\"%s\",\"start_time\":1}"
                                                                    .formatted(experiment)))
                                            .text(),
                                    "run_id");
                    var next = new AtomicLong();
                    return () ->
                            connection.status(
                                            json(
                                                    server,
                                                    API + "runs/" + call,
                                                    points(run, next, metrics)))
                                    == 200;
                };
        print(server, what, connections, callers);
    }

    private static String points(String run, AtomicLong next, int count) {
        var text = new StringBuilder("{\"run_id\":\"").append(run).append('"');
        if (count == 1) {
            point(text.append(','), "loss", next.getAndIncrement());
            return text.append('}').toString();
        }
        // As training does it: ten metrics, fifty steps.
        text.append(",\"metrics\":[");
        var step = next.getAndAdd(count / 10);
        for (int i = 0; i < count; i++) {
            point(text.append(i == 0 ? "{" : ",{"), "metric_" + i % 10, step + i / 10);
            text.append('}');
        }
        return text.append("]}").toString();
    }

    private static void point(StringBuilder text, String key, long step) {
        text.append("\"key\":\"")
                .append(key)
                .append("\",\"value\":")
                .append(1.0 / (step + 1))
                .append(",\"timestamp\":")
                .append(1_700_000_000_000L + step)
                .append(",\"step\":")
                .append(step);
    }

    private static void post(
            Server server,
            String what,
            int connections,
            LongFunction<String> path,
            LongFunction<String> body)
            throws Exception {
        var next = new AtomicLong();
        print(
                server,
                what,
                connections,
                () -> {
                    var connection = new Connection(server.address);
                    return () -> {
                        var i = next.getAndIncrement();
                        return connection.status(json(server, path.apply(i), body.apply(i))) == 200;
                    };
                });
    }

    private static void get(Server server, String what, String path) throws Exception {
        print(
                server,
                what,
                1,
                () -> {
                    var connection = new Connection(server.address);
                    var request =
                            Connection.request(
                                    server.address,
                                    "GET",
                                    path,
                                    "Accept: text/html, */*\r\n",
                                    new byte[0]);
                    return () -> connection.status(request) == 200;
                });
    }

    private static void print(
            Server server, String what, int connections, ClosedLoop.Callers callers)
            throws Exception {
        System.out.println(
                ClosedLoop.settled(connections, Bench.TIME, callers)
                        .line(server.name + ": " + what, connections));
    }

    /** One large file up and down; how fast, and how much memory the server had at most. */
    private static void artifact(String name, URI address, long pid, Path data) throws Exception {
        var gigabytes = Double.parseDouble(System.getenv().getOrDefault("ATELIER_BENCH_GB", "5"));
        long size = (long) (gigabytes * (1 << 30));
        var idle = Processes.status(pid, "VmRSS");
        try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
                var connection = new Connection(address)) {
            var server = new Server(name, address, "", "");
            var experiment =
                    id(
                            connection
                                    .ask(
                                            json(
                                                    server,
                                                    API + "experiments/create",
                                                    "{\"name\":\"large\"}"))
                                    .text(),
                            "experiment_id");
            var run =
                    id(
                            connection
                                    .ask(
                                            json(
                                                    server,
                                                    API + "runs/create",
                                                    "{\"experiment_id\":\"%s\",\"start_time\":1}"
                                                            .formatted(experiment)))
                                    .text(),
                            "run_id");
            var at =
                    address.resolve(
                            "/api/2.0/mlflow-artifacts/artifacts/%s/%s/artifacts/large.bin"
                                    .formatted(
                                            experiment,
                                            URLEncoder.encode(run, StandardCharsets.UTF_8)));
            long began = System.nanoTime();
            var up =
                    client.send(
                            HttpRequest.newBuilder(at)
                                    .header("Authorization", Administrator.AUTHORIZATION)
                                    .PUT(
                                            BodyPublishers.fromPublisher(
                                                    BodyPublishers.ofInputStream(
                                                            () -> new Noise(size)),
                                                    size))
                                    .build(),
                            BodyHandlers.ofString());
            double written = (System.nanoTime() - began) / 1e9;
            began = System.nanoTime();
            var down =
                    client.send(
                            HttpRequest.newBuilder(at)
                                    .header("Authorization", Administrator.AUTHORIZATION)
                                    .build(),
                            BodyHandlers.ofInputStream());
            long read = 0;
            var buffer = new byte[1 << 17];
            try (var in = down.body()) {
                for (int n; (n = in.read(buffer)) >= 0; ) {
                    read += n;
                }
            }
            double taken = (System.nanoTime() - began) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%s: artifact of %.1f GiB: up %d in %.1f s, %.0f MB/s; down %d, %d bytes, in %.1f s, %.0f MB/s; peak of its memory %.0f MB above idle%n",
                    name,
                    gigabytes,
                    up.statusCode(),
                    written,
                    size / 1e6 / written,
                    down.statusCode(),
                    read,
                    taken,
                    read / 1e6 / taken,
                    (Processes.status(pid, "VmHWM") - idle) / 1024.0);
        }
    }

    /** Bytes that no store can make smaller, made as fast as they are sent. */
    private static final class Noise extends InputStream {
        private final byte[] some = new byte[1 << 20];
        private long left;

        Noise(long size) {
            left = size;
            new Random(7).nextBytes(some);
        }

        @Override
        public int read() {
            return left-- > 0 ? some[(int) (left % some.length)] & 0xff : -1;
        }

        @Override
        public int read(byte[] to, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int n = (int) Math.min(Math.min(length, some.length), left);
            System.arraycopy(some, 0, to, offset, n);
            left -= n;
            return n;
        }
    }
}
