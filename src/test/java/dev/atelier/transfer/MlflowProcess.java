package dev.atelier.transfer;

import dev.atelier.PythonClients;
import dev.atelier.Temporary;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** MLflow's own server, on SQLite, with the files it hands out below its folder. */
final class MlflowProcess implements AutoCloseable {

    private final Process process;
    private final Path home;
    private final URI address;

    private MlflowProcess(Process process, Path home, URI address) {
        this.process = process;
        this.home = home;
        this.address = address;
    }

    /**
     * @param major of MLflow, 2 or 3
     */
    static MlflowProcess start(int major) throws IOException, InterruptedException {
        // MLflow 2 asks for no bound of SQLAlchemy, and cannot do with 2.1.
        var python =
                major == 2
                        ? PythonClients.environment(
                                "mlflow-server-2", "mlflow==2.22.5", "sqlalchemy<2.1")
                        : PythonClients.mlflow(major);
        var home = Temporary.folder("mlflow-import");
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        var builder =
                new ProcessBuilder(
                                python.resolveSibling("mlflow").toString(),
                                "server",
                                "--backend-store-uri",
                                "sqlite:///" + home.resolve("mlflow.db"),
                                "--artifacts-destination",
                                home.resolve("mlartifacts").toString(),
                                "--host",
                                "127.0.0.1",
                                "--port",
                                Integer.toString(port),
                                "--workers",
                                "1")
                        .directory(home.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(home.resolve("server.log").toFile());
        builder.environment().put("MLFLOW_DISABLE_TELEMETRY", "true");
        var server =
                new MlflowProcess(builder.start(), home, URI.create("http://127.0.0.1:" + port));
        server.await();
        return server;
    }

    private void await() {
        try (var http = HttpClient.newHttpClient()) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(120))
                    .ignoreExceptions()
                    .until(
                            () ->
                                    http.send(
                                                            HttpRequest.newBuilder(
                                                                            address.resolve(
                                                                                    "/health"))
                                                                    .build(),
                                                            BodyHandlers.ofString())
                                                    .statusCode()
                                            == 200);
        }
    }

    String address() {
        return address.toString();
    }

    /** Where {@code mlflow.db} and {@code mlartifacts} lie. */
    Path home() {
        return home;
    }

    String log() throws IOException {
        return Files.readString(home.resolve("server.log"));
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }
}
