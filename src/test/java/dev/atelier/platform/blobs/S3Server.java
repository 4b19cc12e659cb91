package dev.atelier.platform.blobs;

import dev.atelier.Temporary;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** s3proxy, a real S3 API server over a folder, in a process of its own. */
public class S3Server implements QuarkusTestResourceLifecycleManager {

    private Process server;

    @Override
    public Map<String, String> start() {
        try {
            var folder = Temporary.folder("atelier-s3");
            var bucket = Files.createDirectories(folder.resolve("data/models"));
            int port = freePort();
            Files.writeString(
                    folder.resolve("s3.conf"),
                    """
                    s3proxy.endpoint=http://127.0.0.1:%d
                    s3proxy.authorization=aws-v2-or-v4
                    s3proxy.identity=local
                    s3proxy.credential=local-secret
                    jclouds.provider=filesystem-nio2
                    jclouds.filesystem.basedir=%s
                    """
                            .formatted(port, bucket.getParent()));
            server =
                    new ProcessBuilder(
                                    ProcessHandle.current().info().command().orElse("java"),
                                    "-Xmx256m",
                                    "-cp",
                                    classpath(folder),
                                    "org.gaul.s3proxy.Main",
                                    "--properties",
                                    folder.resolve("s3.conf").toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("log").toFile())
                            .start();
            var client = HttpClient.newHttpClient();
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build();
            Awaitility.await("s3proxy")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(
                            () ->
                                    client.send(request, HttpResponse.BodyHandlers.discarding())
                                                    .statusCode()
                                            == 403);
            return Map.of(
                    "atelier.blobs.store", "s3",
                    "atelier.blobs.s3.bucket", "models",
                    "atelier.blobs.s3.endpoint", "http://127.0.0.1:" + port,
                    "atelier.blobs.s3.access-key", "local",
                    "atelier.blobs.s3.secret-key", "local-secret",
                    "atelier.blobs.s3.prefix", "portal/");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("The S3 server for tests did not start", e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Fetched by Maven beside the test class path, which it would break. */
    private static String classpath(Path folder) throws IOException, InterruptedException {
        var home = System.getProperty("maven.home");
        var mvn = home == null ? "mvn" : Path.of(home, "bin", "mvn").toString();
        var file = folder.resolve("classpath");
        var log = folder.resolve("maven.log");
        var maven =
                new ProcessBuilder(
                                List.of(
                                        mvn,
                                        "-B",
                                        "-q",
                                        "-f",
                                        "src/test/s3/pom.xml",
                                        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath",
                                        "-Dmdep.outputFile=" + file))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!maven.waitFor(5, TimeUnit.MINUTES) || maven.exitValue() != 0) {
            throw new IOException("Maven could not fetch s3proxy: " + Files.readString(log));
        }
        return Files.readString(file).strip();
    }

    @Override
    public void stop() {
        if (server != null) {
            server.destroy();
        }
    }
}
