package dev.atelier.githosts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.atelier.Temporary;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * GitHub, GitLab and Gitea on this machine: their APIs answer what was recorded and nothing else,
 * their repositories are real ones behind {@code git http-backend}, which asks for the token.
 */
public class RecordedHosts implements QuarkusTestResourceLifecycleManager {

    public static final Map<String, String> TOKENS =
            Map.of(
                    "github", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
                    "gitlab", "glpat-9koXpg98eAheJpvBs5tK",
                    "gitea", "9fcb1158165773dd010fca5f0cf7174316c3e37d");

    /** User names that these hosts take with a token. */
    private static final Map<String, String> USERS =
            Map.of("github", "x-access-token", "gitlab", "oauth2", "gitea", "oauth2");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = Temporary.folder("git-hosts");

    private static final List<Contract> EXPECTED = new CopyOnWriteArrayList<>();
    private static final List<String> WRONG = new CopyOnWriteArrayList<>();
    private static final List<String> ASKED = new CopyOnWriteArrayList<>();
    private static volatile String hook = "";
    private static volatile boolean losesAnswers;
    private static volatile int gitStatus;
    private static HttpServer server;

    @Override
    public Map<String, String> start() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", RecordedHosts::answer);
        server.start();
        var settings = new java.util.HashMap<String, String>();
        settings.put("atelier.outbound.allow", "127.0.0.1@127.0.0.0/8");
        TOKENS.forEach(
                (kind, token) -> {
                    var prefix = "atelier.git-hosts." + kind;
                    settings.put(prefix + ".kind", kind);
                    settings.put(prefix + ".url", address(kind));
                    settings.put(prefix + ".api", address(kind) + "/api");
                    settings.put(prefix + ".token", token);
                });
        settings.put("atelier.git-hosts.gitlab.owners", "acme/vision,acme/shared");
        settings.put("atelier.git-hosts.github.read", "octo-org/skeletons");
        settings.put("atelier.git-hosts.gitlab.read", "acme/shared/*");
        settings.put("atelier.git-hosts.down.kind", "gitea");
        settings.put("atelier.git-hosts.down.host", "down.example");
        settings.put("atelier.git-hosts.down.url", "http://127.0.0.1:1");
        settings.put("atelier.git-hosts.down.token", "nothing-listens-there");
        settings.put("atelier.git-hosts.none.kind", "github");
        settings.put("atelier.git-hosts.none.host", "github.example");
        settings.put("atelier.git-hosts.none.api", address("github") + "/api");
        return settings;
    }

    @Override
    public void stop() {
        server.stop(0);
    }

    public static String address(String kind) {
        return "http://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), kind);
    }

    // What tests say and ask ----------------------------------------------------------------------

    /** These requests come, each once, in any order; no other does. */
    public static void expect(String... contracts) {
        EXPECTED.clear();
        WRONG.clear();
        ASKED.clear();
        hook = "";
        losesAnswers = false;
        gitStatus = 0;
        also(contracts);
    }

    /** More that come from now on. */
    public static void also(String... contracts) {
        for (var one : contracts) {
            EXPECTED.add(Contract.of(one));
        }
    }

    /** Whether all that were expected came, and no others, each as it was recorded. */
    public static void verify() {
        assertThat(WRONG).isEmpty();
        assertThat(EXPECTED).extracting(Contract::name).as("never asked for").isEmpty();
    }

    /** Methods and paths of requests to the APIs and to Git, in their order. */
    public static List<String> asked() {
        return List.copyOf(ASKED);
    }

    /** A pre-receive hook of repositories that are made from now on; empty for none. */
    public static void hook(String script) {
        hook = script;
    }

    /** Whether pushes are taken and their answers then lost. */
    public static void loseAnswers(boolean lost) {
        losesAnswers = lost;
    }

    /** What Git's requests are answered instead; 0 for what they ask for. */
    public static void failGit(int status) {
        gitStatus = status;
    }

    /** The folder of a bare repository. */
    public static Path repository(String kind, String path) {
        return FOLDER.resolve(kind).resolve(path + ".git");
    }

    /** Takes one away, where it is. */
    public static void forget(String kind, String path) {
        try {
            Temporary.delete(repository(kind, path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes an empty one. */
    public static Path make(String kind, String path) {
        var folder = repository(kind, path);
        try {
            Files.createDirectories(folder);
            run(folder, "git", "init", "--quiet", "--bare", "-b", "main", ".");
            run(folder, "git", "config", "http.receivepack", "true");
            run(folder, "git", "config", "uploadpack.allowFilter", "true");
            if (!hook.isEmpty()) {
                var file = folder.resolve("hooks/pre-receive");
                Files.writeString(file, hook);
                file.toFile().setExecutable(true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    private static void run(Path folder, String... words) throws IOException {
        var process =
                new ProcessBuilder(words)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor()).as(said).isZero();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // Answers -------------------------------------------------------------------------------------

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var uri = exchange.getRequestURI();
            var path = uri.getRawPath();
            int slash = path.indexOf('/', 1);
            var kind = path.substring(1, slash);
            var rest = path.substring(slash);
            ASKED.add(exchange.getRequestMethod() + " " + rest);
            if (rest.startsWith("/api/")) {
                var asked =
                        rest.substring(4)
                                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
                recorded(exchange, kind, asked);
            } else {
                git(exchange, kind, rest);
            }
        } catch (IOException | RuntimeException e) {
            WRONG.add(exchange.getRequestURI() + ": " + e);
            throw e;
        }
    }

    private static void recorded(HttpExchange exchange, String kind, String path)
            throws IOException {
        var found =
                EXPECTED.stream()
                        .filter(one -> one.isFor(kind, exchange.getRequestMethod(), path))
                        .findFirst();
        if (found.isEmpty()) {
            WRONG.add("nobody expects %s %s".formatted(exchange.getRequestMethod(), path));
            exchange.sendResponseHeaders(501, -1);
            return;
        }
        var contract = found.get();
        EXPECTED.remove(contract);
        check(exchange, kind, contract);
        if (!contract.makes().isEmpty()) {
            make(kind, contract.makes());
        }
        var response = contract.response();
        response.path("headers")
                .properties()
                .forEach(
                        header ->
                                exchange.getResponseHeaders()
                                        .set(header.getKey(), header.getValue().asText()));
        var body = response.path("body");
        var bytes =
                body.isMissingNode()
                        ? archive(response.path("archive"))
                        : body.isTextual()
                                ? body.textValue().getBytes(StandardCharsets.UTF_8)
                                : JSON.writeValueAsBytes(body);
        exchange.sendResponseHeaders(
                response.path("status").asInt(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Files as a host packs them: below one folder that is named after the commit. */
    private static byte[] archive(JsonNode files) throws IOException {
        if (files.isMissingNode()) {
            return new byte[0];
        }
        var packed = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(packed), "UTF-8")) {
            for (var file : files.properties()) {
                var content = file.getValue().asText().getBytes(StandardCharsets.UTF_8);
                var entry = new TarArchiveEntry("skeletons-7fd1a60/" + file.getKey());
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return packed.toByteArray();
    }

    private static void check(HttpExchange exchange, String kind, Contract contract)
            throws IOException {
        var headers = exchange.getRequestHeaders();
        var wanted = (kind.equals("gitea") ? "token " : "Bearer ") + TOKENS.get(kind);
        if (contract.request().path("anonymous").asBoolean()) {
            if (headers.containsKey("Authorization")) {
                WRONG.add(contract.name() + ": with a token");
            }
        } else if (!wanted.equals(headers.getFirst("Authorization"))) {
            WRONG.add(contract.name() + ": without the token");
        }
        for (var header : contract.request().path("headers").properties()) {
            if (!header.getValue().asText().equals(headers.getFirst(header.getKey()))) {
                WRONG.add(
                        "%s: %s is %s"
                                .formatted(
                                        contract.name(),
                                        header.getKey(),
                                        headers.getFirst(header.getKey())));
            }
        }
        var body = exchange.getRequestBody().readAllBytes();
        JsonNode sent = body.length == 0 ? JSON.missingNode() : JSON.readTree(body);
        if (!contract.hasBody(sent)) {
            WRONG.add("%s: the body is %s".formatted(contract.name(), sent));
        }
    }

    // Git -----------------------------------------------------------------------------------------

    private static void git(HttpExchange exchange, String kind, String path) throws IOException {
        var wanted =
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString(
                                        (USERS.get(kind) + ":" + TOKENS.get(kind))
                                                .getBytes(StandardCharsets.UTF_8));
        if (gitStatus != 0) {
            exchange.sendResponseHeaders(gitStatus, -1);
            return;
        }
        if (!wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"Git\"");
            exchange.sendResponseHeaders(401, -1);
            return;
        }
        var environment = new ArrayList<String>();
        var headers = exchange.getRequestHeaders();
        environment.add("GIT_PROJECT_ROOT=" + FOLDER.resolve(kind));
        environment.add("GIT_HTTP_EXPORT_ALL=1");
        environment.add("GIT_CONFIG_NOSYSTEM=1");
        environment.add("GIT_CONFIG_GLOBAL=/dev/null");
        environment.add("REMOTE_USER=portal");
        environment.add("REMOTE_ADDR=127.0.0.1");
        environment.add("REQUEST_METHOD=" + exchange.getRequestMethod());
        environment.add("PATH_INFO=" + path);
        var query = exchange.getRequestURI().getRawQuery();
        environment.add("QUERY_STRING=" + (query == null ? "" : query));
        var type = headers.getFirst("Content-Type");
        environment.add("CONTENT_TYPE=" + (type == null ? "" : type));
        if (headers.getFirst("Content-Encoding") != null) {
            environment.add("HTTP_CONTENT_ENCODING=" + headers.getFirst("Content-Encoding"));
        }
        if (headers.getFirst("Git-Protocol") != null) {
            environment.add("GIT_PROTOCOL=" + headers.getFirst("Git-Protocol"));
        }
        var command = new ArrayList<>(List.of("env"));
        command.addAll(environment);
        command.addAll(List.of("git", "http-backend"));
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        var body = exchange.getRequestBody().readAllBytes();
        try (var out = process.getOutputStream()) {
            out.write(body);
        }
        try (var in = new BufferedInputStream(process.getInputStream())) {
            int status = 200;
            for (var line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                var name = line.substring(0, colon);
                var value = line.substring(colon + 1).strip();
                if (name.equalsIgnoreCase("Status")) {
                    status = Integer.parseInt(value.substring(0, 3));
                } else {
                    exchange.getResponseHeaders().set(name, value);
                }
            }
            var answer = in.readAllBytes();
            if (losesAnswers && path.endsWith("/git-receive-pack")) {
                // Nothing is sent; closing the exchange breaks the connection.
                return;
            }
            exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }
}
