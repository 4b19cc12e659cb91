package service;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.Executors;

/** A server of the Open Inference Protocol that gives back the double of the sizes. */
public class ModelServer implements QuarkusTestResourceLifecycleManager {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What it answers instead; 0 for what it should, -1 for nothing in time. */
  static volatile int instead;

  /** What it was sent last. */
  static volatile String call = "";

  static volatile String authorization = "";

  private HttpServer server;

  @Override
  public Map<String, String> start() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v2/models/m", ModelServer::answer);
    server.start();
    return Map.of(
        "MODEL_URL",
        "http://localhost:" + server.getAddress().getPort(),
        "MODEL_PATH",
        "m/versions/champion",
        "MODEL_TOKEN",
        "a-token",
        "MODEL_TIMEOUT",
        "500");
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      authorization = exchange.getRequestHeaders().getFirst("Authorization");
      var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      if (instead < 0) {
        // Without an answer: the client's time runs out first.
        Thread.sleep(2_000);
        return;
      }
      if (instead > 0) {
        exchange.sendResponseHeaders(instead, -1);
        return;
      }
      var said = said(exchange.getRequestURI().getPath(), body).getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, said.length);
      exchange.getResponseBody().write(said);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String said(String path, String body) throws IOException {
    if (path.endsWith("/ready")) {
      return "{\"ready\": true}";
    }
    if (!path.equals("/v2/models/m/versions/champion/infer")) {
      return """
             {"name": "m", "inputs": [
               {"name": "size", "datatype": "FP32", "shape": [-1, 1]},
               {"name": "island", "datatype": "BYTES", "shape": [-1, 1]}]}
             """;
    }
    call = body;
    var answer = JSON.createObjectNode();
    var outputs = answer.putArray("outputs");
    var sizes = JSON.readTree(body).at("/inputs/0/data");
    var doubled = outputs.addObject().put("name", "double").put("datatype", "FP32");
    doubled.putArray("shape").add(sizes.size()).add(1);
    var pair = outputs.addObject().put("name", "pair").put("datatype", "FP32");
    pair.putArray("shape").add(sizes.size()).add(2);
    var first = doubled.putArray("data");
    var second = pair.putArray("data");
    sizes.forEach(
        size -> {
          first.add(2 * size.asDouble());
          second.add(size).add(-size.asDouble());
        });
    return answer.toString();
  }

  @Override
  public void stop() {
    server.stop(0);
  }
}
