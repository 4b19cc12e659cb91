package dev.atelier.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.serving.Models;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * What HTTP, gateway and runner add to ONNX Runtime, on a perceptron 30-64-32-2 with one row a
 * call.
 *
 * <p>Arguments: {@code LABEL=URL} of running portals, say one with merging and one started with
 * {@code ATELIER_SERVING_BATCH=1}. {@code -Dseconds=N} for each measurement (default 5). Set {@code
 * ORT_DISABLE_TELEMETRY=1}: this process loads ONNX Runtime itself for comparison.
 */
public final class InferenceBench {

    private static final int SECONDS = Integer.getInteger("seconds", 5);
    private static final int[] CONNECTIONS = {1, 8, 32};
    private static final String MODEL = "bench-perceptron";

    private record Row(String what, int connections, double rate, long p50, long p99, long errors) {
        String line() {
            return "%-34s %5d %10.0f %10.3f %10.3f %7d"
                    .formatted(what, connections, rate, p50 / 1e6, p99 / 1e6, errors);
        }
    }

    private InferenceBench() {}

    public static void main(String[] args) throws Exception {
        if (!"1".equals(System.getenv("ORT_DISABLE_TELEMETRY"))) {
            throw new IllegalStateException("set ORT_DISABLE_TELEMETRY=1 first");
        }
        System.out.printf(
                "%-34s %5s %10s %10s %10s %7s%n",
                "", "conn", "calls/s", "p50 ms", "p99 ms", "errors");
        for (int threads : new int[] {1, 2}) {
            System.out.println(bare(threads).line());
        }
        for (var arg : args) {
            var label = arg.substring(0, arg.indexOf('='));
            var url = URI.create(arg.substring(arg.indexOf('=') + 1));
            register(url);
            for (boolean binary : new boolean[] {false, true}) {
                var request = request(url, binary);
                http(url, request, 8, "warm-up");
                for (int connections : CONNECTIONS) {
                    System.out.println(
                            http(url, request, connections, label + (binary ? " binary" : " JSON"))
                                    .line());
                }
            }
        }
    }

    private static float[] features() {
        var values = new float[30];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.round(Math.sin(i) * 1e4) / 1e3f;
        }
        return values;
    }

    private static Row bare(int threads) throws Exception {
        var environment = OrtEnvironment.getEnvironment();
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            try (var session = environment.createSession(Models.perceptron(), options)) {
                return measure(
                        "bare OrtSession.run, threads",
                        threads,
                        () -> {
                            FloatBuffer data =
                                    ByteBuffer.allocateDirect(120)
                                            .order(ByteOrder.nativeOrder())
                                            .asFloatBuffer()
                                            .put(features())
                                            .flip();
                            return () -> {
                                try (var input =
                                                OnnxTensor.createTensor(
                                                        environment, data, new long[] {1, 30});
                                        var result = session.run(Map.of("features", input))) {
                                    return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0)
                                            >= 0;
                                }
                            };
                        });
            }
        }
    }

    private static void register(URI url) throws Exception {
        var boundary = "bench-boundary";
        var head =
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"model.onnx\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                        .formatted(boundary);
        var model = Models.perceptron();
        var body =
                ByteBuffer.allocate(model.length + 1000)
                        .put(head.getBytes(StandardCharsets.UTF_8))
                        .put(model)
                        .put(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        try (var client = HttpClient.newHttpClient()) {
            var answer =
                    client.send(
                            HttpRequest.newBuilder(
                                            url.resolve("/api/v1/models/" + MODEL + "/versions"))
                                    .header(
                                            "Content-Type",
                                            "multipart/form-data; boundary=" + boundary)
                                    .POST(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    body.array(), 0, body.position()))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            // 409: it is there from an earlier run.
            if (answer.statusCode() != 201 && answer.statusCode() != 409) {
                throw new IllegalStateException("registration: " + answer.body());
            }
        }
    }

    private static byte[] request(URI url, boolean binary) throws IOException {
        byte[] body;
        var headers =
                "POST /v2/models/%s/infer HTTP/1.1\r\nHost: %s:%d\r\n"
                        .formatted(MODEL, url.getHost(), url.getPort());
        if (binary) {
            var message =
                    RequestCodec.encode(
                            new InferRequest(
                                    List.of(
                                            Tensor.floats(
                                                    "features", new long[] {1, 30}, features()))));
            body = message.body();
            headers +=
                    "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: %d\r\n"
                            .formatted(message.headerLength());
        } else {
            var values = new StringJoiner(",");
            for (float value : features()) {
                values.add(Float.toString(value));
            }
            body =
                    "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":[%s]}]}"
                            .formatted(values)
                            .getBytes(StandardCharsets.UTF_8);
            headers += "Content-Type: application/json\r\n";
        }
        headers += "Content-Length: " + body.length + "\r\n\r\n";
        var head = headers.getBytes(StandardCharsets.US_ASCII);
        var all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    private static Row http(URI url, byte[] request, int connections, String what)
            throws Exception {
        return measure(
                what,
                connections,
                () -> {
                    var socket = new Socket(url.getHost(), url.getPort());
                    socket.setTcpNoDelay(true);
                    InputStream in = new BufferedInputStream(socket.getInputStream(), 8192);
                    OutputStream out = socket.getOutputStream();
                    return () -> {
                        out.write(request);
                        return answered(in);
                    };
                });
    }

    /** Reads one answer; whether it is a good one. */
    private static boolean answered(InputStream in) throws IOException {
        var status = line(in);
        int length = 0;
        String header;
        while (!(header = line(in)).isEmpty()) {
            if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        in.skipNBytes(length);
        return status.contains(" 200 ");
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder(64);
        int c;
        while ((c = in.read()) != '\n') {
            if (c < 0) {
                throw new IOException("the portal closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private interface Prepared {
        Callable<Boolean> begin() throws Exception;
    }

    private static Row measure(String what, int threads, Prepared prepared) throws Exception {
        var all = new ArrayList<long[]>();
        long[] errors = {0};
        long began;
        long ended;
        try (var pool = Executors.newFixedThreadPool(threads)) {
            began = System.nanoTime();
            long until = began + TimeUnit.SECONDS.toNanos(SECONDS);
            var tasks = new ArrayList<Callable<Void>>();
            for (int i = 0; i < threads; i++) {
                tasks.add(
                        () -> {
                            var call = prepared.begin();
                            var times = new long[2_000_000];
                            int count = 0;
                            long wrong = 0;
                            long now = System.nanoTime();
                            while (now < until && count < times.length) {
                                if (!call.call()) {
                                    wrong++;
                                }
                                long after = System.nanoTime();
                                times[count++] = after - now;
                                now = after;
                            }
                            synchronized (all) {
                                all.add(Arrays.copyOf(times, count));
                                errors[0] += wrong;
                            }
                            return null;
                        });
            }
            for (var done : pool.invokeAll(tasks)) {
                done.get();
            }
            ended = System.nanoTime();
        }
        var times = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Row(
                what,
                threads,
                times.length / ((ended - began) / 1e9),
                times[times.length / 2],
                times[(int) (times.length * 0.99)],
                errors[0]);
    }
}
