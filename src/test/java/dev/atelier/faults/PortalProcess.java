package dev.atelier.faults;

import dev.atelier.Administrator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The packaged portal as a child process on a data folder, as {@code ./atelier run} starts it. */
public final class PortalProcess implements AutoCloseable {

    /** Waiting for an answer that a portal which is starting cannot give. */
    static final Duration PATIENCE = Duration.ofSeconds(300);

    /** Of this JVM; what a failed scenario leaves running is ended by {@link #killAll}. */
    private static final Set<PortalProcess> STARTED = ConcurrentHashMap.newKeySet();

    private static final HttpClient CLIENT =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(3))
                    .build();

    /** How to start one; a value, so that the same portal can be started again. */
    public record Setup(
            Path data,
            Path home,
            Map<String, String> environment,
            List<String> options,
            List<String> prefix) {

        /** A portal on a folder, with no catalog. */
        public static Setup on(Path data) {
            return new Setup(data, data.resolve("home"), Map.of(), List.of(), List.of());
        }

        /** With an option of the JVM, say {@code -Datelier.failpoints=blob.renamed=halt}. */
        public Setup with(String... more) {
            var all = new ArrayList<>(options);
            all.addAll(List.of(more));
            return new Setup(data, home, environment, all, prefix);
        }

        public Setup environment(String name, String value) {
            var all = new HashMap<>(environment);
            all.put(name, value);
            return new Setup(data, home, all, options, prefix);
        }

        /** Started by a command, say {@code prlimit --fsize=1000000}. */
        public Setup under(String... command) {
            return new Setup(data, home, environment, options, List.of(command));
        }

        /** With the catalog of the installation at that folder. */
        public Setup home(Path installation) {
            return new Setup(data, installation, environment, options, prefix);
        }

        public PortalProcess start() {
            return new PortalProcess(this);
        }
    }

    private final Process process;
    private final int port;
    private final Path log;
    private final long started = System.nanoTime();

    private PortalProcess(Setup setup) {
        try {
            Files.createDirectories(setup.data);
            var given = setup.environment.get("ATELIER_PORT");
            port = given == null ? freePort() : Integer.parseInt(given);
            log = setup.data.resolve("portal.log");
            var command = new ArrayList<>(setup.prefix);
            command.addAll(
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "--add-opens=java.base/java.lang=ALL-UNNAMED",
                            "-XX:+UseSerialGC",
                            "-Xmx512m",
                            "-XX:+ExitOnOutOfMemoryError",
                            "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"));
            command.addAll(startUpCache());
            command.add("-Datelier.home=" + setup.home);
            command.addAll(setup.options);
            command.addAll(List.of("-cp", classPath(), "dev.atelier.Atelier"));
            var builder =
                    new ProcessBuilder(command)
                            .directory(Path.of("").toAbsolutePath().toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().keySet().removeIf(name -> name.startsWith("ATELIER_"));
            builder.environment().put("ATELIER_PORT", Integer.toString(port));
            builder.environment().put("ATELIER_DATA", setup.data.toString());
            builder.environment().put("ATELIER_BOOTSTRAP_TOKEN", Administrator.TOKEN);
            // One account does here what a whole company does.
            builder.environment().put("ATELIER_LIMITS", "false");
            builder.environment().putAll(setup.environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        STARTED.add(this);
        process.onExit().thenRun(() -> STARTED.remove(this));
    }

    /** Ends every portal that still runs, with all its children: its database and its runners. */
    static void killAll() {
        for (var portal : List.copyOf(STARTED)) {
            var children = portal.children();
            portal.process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
            portal.awaitEnd(Duration.ofSeconds(20));
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The packaged application's class path, in the launcher's order. */
    public static String classPath() throws IOException {
        var app = Path.of("target/quarkus-app");
        if (!Files.exists(app.resolve("quarkus/generated-bytecode.jar"))) {
            throw new IllegalStateException("The portal is not packaged: ./atelier build");
        }
        var jars = new ArrayList<String>();
        jars.add(app.resolve("quarkus/transformed-bytecode.jar").toString());
        jars.add(app.resolve("quarkus/generated-bytecode.jar").toString());
        for (var folder : List.of("app", "lib/boot", "lib/main")) {
            try (var files = Files.list(app.resolve(folder))) {
                files.map(Path::toString)
                        .filter(name -> name.endsWith(".jar"))
                        .sorted()
                        .forEach(jars::add);
            }
        }
        return String.join(":", jars);
    }

    private static List<String> startUpCache() throws IOException {
        var folder = Path.of("target/aot");
        if (!Files.isDirectory(folder) || Boolean.getBoolean("atelier.no-aot")) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString)
                    .filter(name -> name.endsWith(".aot"))
                    .findFirst()
                    .map(
                            name ->
                                    List.of(
                                            "-XX:AOTCache=" + name,
                                            "-Xlog:aot*=off",
                                            "-Xlog:cds*=off"))
                    .orElse(List.of());
        }
    }

    public URI address(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** All processes that it has started and that live. */
    public List<ProcessHandle> children() {
        return process.descendants().filter(ProcessHandle::isAlive).toList();
    }

    /** Its runner processes, told by their main class. */
    public List<ProcessHandle> runners() {
        return children().stream()
                .filter(
                        child ->
                                commandLine(child).contains("dev.atelier.runner.Runner")
                                        && !commandLine(child).startsWith("bwrap")
                                        && !commandLine(child).contains("/bwrap "))
                .toList();
    }

    static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * Waits until it answers that it is ready; milliseconds since its start.
     *
     * @throws AssertionError when it ends before, or does not come up
     */
    public long awaitReady() {
        if (!comesUp(PATIENCE)) {
            throw new AssertionError(
                    "The portal "
                            + (isAlive()
                                    ? "is not ready after " + PATIENCE.toSeconds() + " s"
                                    : "ended with " + process.exitValue())
                            + ". The end of its log:\n"
                            + endOfLog());
        }
        return (System.nanoTime() - started) / 1_000_000;
    }

    /** Whether it is ready within a time; false as soon as it ends. */
    public boolean comesUp(Duration time) {
        var until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < until && isAlive()) {
            if (status("/q/health/ready") == 200) {
                return true;
            }
            pause(10);
        }
        return false;
    }

    /** The status of an answer, or 0 when there is none. */
    public int status(String path) {
        try {
            return get(path, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    public <T> HttpResponse<T> get(String path, HttpResponse.BodyHandler<T> handler)
            throws IOException {
        return send(HttpRequest.newBuilder(address(path)).timeout(Duration.ofSeconds(15)), handler);
    }

    public <T> HttpResponse<T> send(
            HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) throws IOException {
        try {
            return CLIENT.send(
                    request.setHeader("Authorization", Administrator.AUTHORIZATION).build(),
                    handler);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** {@code kill -9}, of the portal only: its database lives on, as it would. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(20));
    }

    /** Waits until it ended by itself. */
    public boolean awaitEnd(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    boolean hasEndedWith(int status) {
        return !process.isAlive() && process.exitValue() == status;
    }

    public int exitValue() {
        return process.exitValue();
    }

    public void signal(String name) {
        run("kill", "-" + name, Long.toString(pid()));
    }

    static void run(String... command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public String endOfLog() {
        try (var lines = Files.lines(log)) {
            var all = lines.collect(Collectors.toList());
            return String.join("\n", all.subList(Math.max(0, all.size() - 30), all.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    public Path log() {
        return log;
    }

    /** A pause of the injector or between two looks; no test waits for a time to be enough. */
    static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops it in the orderly way, and its database with it. */
    @Override
    public void close() {
        process.destroy();
        if (!awaitEnd(Duration.ofSeconds(60))) {
            process.destroyForcibly();
        }
    }
}
