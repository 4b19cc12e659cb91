package dev.atelier.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.Temporary;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * The real Keycloak, with the realm of {@code docker/keycloak/realm.json} and some people in it,
 * behind a door that tests can shut. It is fetched by Maven and built once into the user's cache
 * folder, and started once for all tests of a run.
 */
public class Keycloak implements QuarkusTestResourceLifecycleManager {

    private static final String VERSION = "26.7.3";
    public static final String CLIENT = "atelier-portal";
    public static final String SECRET = "secret-of-the-portal-under-test";
    public static final String PASSWORD = "correct horse battery staple";
    private static final String ADMIN = "keycloak-admin";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static Process server;
    private static Door door;
    private static int portalPort;

    @Override
    public Map<String, String> start() {
        try {
            if (server == null) {
                begin();
            }
            door.open();
            return Map.of(
                    "quarkus.http.test-port",
                    Integer.toString(portalPort),
                    "atelier.oidc.url",
                    issuer(),
                    "atelier.oidc.client-id",
                    CLIENT,
                    "atelier.oidc.client-secret",
                    SECRET,
                    "atelier.oidc.name",
                    "Halden single sign-on");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("Keycloak did not start", e);
        }
    }

    @Override
    public void stop() {
        // Kept for the next class; ended with this process.
    }

    /** The way between Keycloak and everybody else. */
    public static Door door() {
        return door;
    }

    private static String base() {
        return "http://localhost:" + door.port();
    }

    public static String issuer() {
        return base() + "/realms/atelier";
    }

    private static void begin() throws IOException, InterruptedException {
        var home = built();
        int port = freePort();
        portalPort = freePort();
        door = new Door(port);
        var log = Temporary.file("atelier-keycloak", ".log");
        var command =
                new ProcessBuilder(
                        home.resolve("bin/kc.sh").toString(),
                        "start",
                        "--optimized",
                        "--cache=local",
                        "--http-enabled=true",
                        "--http-host=127.0.0.1",
                        "--http-port=" + port,
                        "--hostname=" + base());
        environment(command);
        command.environment().put("KC_BOOTSTRAP_ADMIN_USERNAME", ADMIN);
        command.environment().put("KC_BOOTSTRAP_ADMIN_PASSWORD", PASSWORD);
        command.environment().put("JAVA_OPTS_KC_HEAP", "-Xmx400m");
        server = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        Temporary.endFirst(server::destroy);
        Awaitility.await("Keycloak, which logs to " + log)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(250))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(
                        () ->
                                server.isAlive()
                                        && get(base() + "/realms/master").statusCode() == 200);
        admin("POST", "", realm());
    }

    /** The shipped realm, for the ports of this run, with a secret and people. */
    private static JsonNode realm() throws IOException {
        var portal = "http://localhost:" + portalPort;
        var realm =
                (ObjectNode)
                        JSON.readTree(
                                Files.readString(Path.of("docker/keycloak/realm.json"))
                                        .replace("http://localhost:8080", portal)
                                        .replace("http://portal:8080", portal));
        var client = (ObjectNode) realm.get("clients").get(0);
        client.put("secret", SECRET);
        // For tests that need a token without a browser.
        client.put("directAccessGrantsEnabled", true);
        client.put("serviceAccountsEnabled", true);
        var people = realm.putArray("users");
        for (var name :
                List.of(
                        "ines",
                        "paul",
                        "rosa",
                        "vera",
                        "admin",
                        "Nora.Lind",
                        "olga",
                        "emil",
                        "tom",
                        "kurt")) {
            var person = people.addObject();
            person.put("username", name).put("enabled", true).put("emailVerified", true);
            person.put("firstName", name.substring(0, 1).toUpperCase() + name.substring(1));
            person.put("lastName", "Duarte").put("email", name.toLowerCase() + "@halden.example");
            person.putArray("credentials")
                    .addObject()
                    .put("type", "password")
                    .put("value", PASSWORD);
            if (name.equals("ines")) {
                person.putArray("groups").add("/vision");
            }
        }
        return realm;
    }

    // Built once ---------------------------------------------------------------------------------

    private static Path built() throws IOException, InterruptedException {
        var cache =
                Path.of(
                        System.getenv()
                                .getOrDefault(
                                        "XDG_CACHE_HOME",
                                        System.getProperty("user.home") + "/.cache"),
                        "atelier");
        Files.createDirectories(cache);
        var home = cache.resolve("keycloak-" + VERSION);
        var done = home.resolve("built-for-tests");
        // One at a time, also among several runs.
        try (var channel =
                        FileChannel.open(
                                cache.resolve("keycloak.lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            if (Files.notExists(done)) {
                fetch(cache);
                var build =
                        new ProcessBuilder(
                                "bash",
                                home.resolve("bin/kc.sh").toString(),
                                "build",
                                "--db=dev-mem",
                                "--cache=local");
                environment(build);
                run(build, "Keycloak could not be built");
                Files.writeString(done, "");
            }
        }
        return home;
    }

    private static void fetch(Path cache) throws IOException, InterruptedException {
        var maven = System.getProperty("maven.home");
        run(
                new ProcessBuilder(
                        maven == null ? "mvn" : Path.of(maven, "bin", "mvn").toString(),
                        "-B",
                        "-q",
                        "-f",
                        "src/test/s3/pom.xml",
                        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack",
                        "-Dartifact=org.keycloak:keycloak-quarkus-dist:" + VERSION + ":zip",
                        "-DoutputDirectory=" + cache,
                        "-Dmdep.useJvmChmod=true"),
                "Maven could not fetch Keycloak");
        cache.resolve("keycloak-" + VERSION + "/bin/kc.sh").toFile().setExecutable(true);
    }

    private static void environment(ProcessBuilder process) {
        process.environment().put("JAVA_HOME", System.getProperty("java.home"));
        process.environment().remove("JAVA_OPTS");
    }

    private static void run(ProcessBuilder command, String fault)
            throws IOException, InterruptedException {
        var log = Temporary.file("atelier-keycloak", ".log");
        var process = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!process.waitFor(6, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroy();
            throw new IOException(fault + ": " + Files.readString(log));
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    // What an administrator of Keycloak does -----------------------------------------------------

    private static HttpResponse<String> get(String address)
            throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(20)).build(),
                BodyHandlers.ofString());
    }

    private static HttpResponse<String> form(String address, String... pairs)
            throws IOException, InterruptedException {
        var body =
                Arrays.stream(pairs)
                        .map(
                                pair -> {
                                    var at = pair.indexOf('=');
                                    return pair.substring(0, at + 1)
                                            + URLEncoder.encode(
                                                    pair.substring(at + 1), StandardCharsets.UTF_8);
                                })
                        .collect(Collectors.joining("&"));
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(address))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonNode admin(String method, String path, JsonNode body)
            throws IOException, InterruptedException {
        var token =
                JSON.readTree(
                                form(
                                                base()
                                                        + "/realms/master/protocol/openid-connect/token",
                                                "grant_type=password",
                                                "client_id=admin-cli",
                                                "username=" + ADMIN,
                                                "password=" + PASSWORD)
                                        .body())
                        .get("access_token")
                        .asText();
        var answer =
                HTTP.send(
                        HttpRequest.newBuilder(URI.create(base() + "/admin/realms" + path))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Type", "application/json")
                                .method(
                                        method,
                                        body == null
                                                ? BodyPublishers.noBody()
                                                : BodyPublishers.ofString(body.toString()))
                                .build(),
                        BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + answer.body());
        }
        return answer.body().isBlank() ? JSON.nullNode() : JSON.readTree(answer.body());
    }

    private static String id(String username) throws IOException, InterruptedException {
        return admin("GET", "/atelier/users?exact=true&username=" + username, null)
                .get(0)
                .get("id")
                .asText();
    }

    /** Gives somebody a role of the realm. */
    public static void grant(String username, String role) throws Exception {
        admin(
                "POST",
                "/atelier/users/" + id(username) + "/role-mappings/realm",
                JSON.createArrayNode().add(admin("GET", "/atelier/roles/" + role, null)));
    }

    public static void withdraw(String username, String role) throws Exception {
        admin(
                "DELETE",
                "/atelier/users/" + id(username) + "/role-mappings/realm",
                JSON.createArrayNode().add(admin("GET", "/atelier/roles/" + role, null)));
    }

    /** Ends all sessions of somebody, as an administrator or another application would. */
    public static void signOut(String username) throws Exception {
        admin("POST", "/atelier/users/" + id(username) + "/logout", JSON.createObjectNode());
    }

    public static void enable(String username, boolean enabled) throws Exception {
        admin(
                "PUT",
                "/atelier/users/" + id(username),
                JSON.createObjectNode().put("enabled", enabled));
    }

    /** Has logout tokens sent to another address; the one before. */
    static String sendLogoutTo(String address) throws Exception {
        var client = (ObjectNode) admin("GET", "/atelier/clients?clientId=" + CLIENT, null).get(0);
        var attributes = (ObjectNode) client.get("attributes");
        var before = attributes.get("backchannel.logout.url").asText();
        attributes.put("backchannel.logout.url", address);
        admin("PUT", "/atelier/clients/" + client.get("id").asText(), client);
        return before;
    }

    /** How many sessions Keycloak has of somebody. */
    public static int sessions(String username) throws Exception {
        return admin("GET", "/atelier/users/" + id(username) + "/sessions", null).size();
    }

    /** How long access tokens live, in seconds. */
    public static void accessTokensLive(int seconds) throws Exception {
        admin("PUT", "/atelier", JSON.createObjectNode().put("accessTokenLifespan", seconds));
    }

    /** Tokens of somebody, without a browser. */
    static JsonNode tokens(String username) throws Exception {
        return JSON.readTree(
                form(
                                issuer() + "/protocol/openid-connect/token",
                                "grant_type=password",
                                "client_id=" + CLIENT,
                                "client_secret=" + SECRET,
                                "scope=openid profile email",
                                "username=" + username,
                                "password=" + PASSWORD)
                        .body());
    }

    /** The token of the client itself: a program. */
    static JsonNode tokensOfTheClient() throws Exception {
        return JSON.readTree(
                form(
                                issuer() + "/protocol/openid-connect/token",
                                "grant_type=client_credentials",
                                "client_id=" + CLIENT,
                                "client_secret=" + SECRET)
                        .body());
    }

    /** The key with which the realm signs, as PEM of a public key: what an attacker can fetch. */
    static String publicKey() throws Exception {
        return JSON.readTree(get(issuer()).body()).get("public_key").asText();
    }
}
