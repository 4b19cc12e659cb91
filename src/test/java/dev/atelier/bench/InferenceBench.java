package dev.atelier.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.serving.Models;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What HTTP, gateway and runner add to ONNX Runtime, one row a call: on a perceptron 30-64-32-2,
 * the size of a usual tabular model, and on one with so many layers that a run takes 1 ms.
 *
 * <p>Arguments: {@code LABEL=URL} of running portals, say one that merges calls and one started
 * with {@code ATELIER_SERVING_BATCH=1}. Set {@code ORT_DISABLE_TELEMETRY=1}: this process loads
 * ONNX Runtime itself, for comparison.
 */
final class InferenceBench {

    private static final Duration TIME = Bench.TIME.dividedBy(2);
    private static final int[] CONNECTIONS = {1, 8, 32};

    /** A model with what it is asked. */
    private record Subject(String name, byte[] onnx, float[] row) {

        byte[] json(URI portal) {
            var values = new StringJoiner(",");
            for (float value : row) {
                values.add(Float.toString(value));
            }
            return request(
                    portal,
                    "Content-Type: application/json\r\n",
                    "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,%d],\"datatype\":\"FP32\",\"data\":[%s]}]}"
                            .formatted(row.length, values)
                            .getBytes(StandardCharsets.UTF_8));
        }

        byte[] binary(URI portal) {
            var message =
                    RequestCodec.encode(
                            new InferRequest(
                                    List.of(
                                            Tensor.floats(
                                                    "features", new long[] {1, row.length}, row))));
            return request(
                    portal,
                    "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: %d\r\n"
                            .formatted(message.headerLength()),
                    message.body());
        }

        private byte[] request(URI portal, String headers, byte[] body) {
            return Connection.request(
                    portal, "POST", "/v2/models/" + name + "/infer", headers, body);
        }
    }

    private InferenceBench() {}

    public static void main(String... args) throws Exception {
        if (!"1".equals(System.getenv("ORT_DISABLE_TELEMETRY"))) {
            throw new IllegalStateException("set ORT_DISABLE_TELEMETRY=1 first");
        }
        var small = new Subject("bench-perceptron", Models.perceptron(), row(30));
        int layers = layersOfAMillisecond();
        var larger = new Subject("bench-" + layers + "-layers", Models.layers(layers), row(256));

        System.out.println("a perceptron 30-64-32-2");
        System.out.println(ClosedLoop.Figures.HEADINGS);
        bare(small, new int[] {1, 2});
        for (var arg : args) {
            var label = arg.substring(0, arg.indexOf('='));
            var portal = URI.create(arg.substring(arg.indexOf('=') + 1));
            Registry.register(portal, small.name, Map.of("model.onnx", small.onnx));
            warm(portal, small);
            for (int connections : CONNECTIONS) {
                http(label + ", JSON", portal, small.json(portal), connections);
            }
            for (int connections : CONNECTIONS) {
                http(label + ", binary", portal, small.binary(portal), connections);
            }
        }

        System.out.printf("%na model of %d layers 256-256%n", layers);
        System.out.println(ClosedLoop.Figures.HEADINGS);
        double most = bare(larger, new int[] {1, 2, 8});
        for (var arg : args) {
            var label = arg.substring(0, arg.indexOf('='));
            var portal = URI.create(arg.substring(arg.indexOf('=') + 1));
            Registry.register(portal, larger.name, Map.of("model.onnx", larger.onnx));
            http(label + ", binary", portal, larger.binary(portal), 1);
            var figures = http(label + ", binary", portal, larger.binary(portal), 8);
            System.out.printf(
                    "  that is %.0f %% of what bare ONNX Runtime gives at its best%n",
                    100 * figures.rate() / most);
        }
    }

    private static float[] row(int size) {
        var values = new float[size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.round(Math.sin(i) * 1e4) / 1e3f;
        }
        return values;
    }

    /** As the runner makes its sessions. */
    private static OrtSession session(byte[] model) throws OrtException {
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            return OrtEnvironment.getEnvironment().createSession(model, options);
        }
    }

    private static ClosedLoop.Callers callers(OrtSession session, float[] row) {
        return () -> {
            var data =
                    ByteBuffer.allocateDirect(row.length * 4)
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer()
                            .put(row)
                            .flip();
            return () -> {
                try (var input =
                                OnnxTensor.createTensor(
                                        OrtEnvironment.getEnvironment(),
                                        data,
                                        new long[] {1, row.length});
                        var result = session.run(Map.of("features", input))) {
                    return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0) >= 0;
                }
            };
        };
    }

    /** How many layers one run of a millisecond needs on this machine. */
    private static int layersOfAMillisecond() throws Exception {
        int layers = 50;
        for (int i = 0; i < 3; i++) {
            try (var session = session(Models.layers(layers))) {
                var figures =
                        ClosedLoop.measure(1, Duration.ofSeconds(1), callers(session, row(256)));
                layers = (int) Math.clamp(layers * 1e6 / figures.p50(), 10, 2000);
            }
        }
        return layers;
    }

    /** The highest rate. */
    private static double bare(Subject subject, int[] threads) throws Exception {
        double most = 0;
        try (var session = session(subject.onnx)) {
            var callers = callers(session, subject.row);
            ClosedLoop.measure(2, TIME.dividedBy(3), callers);
            for (int count : threads) {
                var figures = ClosedLoop.measure(count, TIME, callers);
                most = Math.max(most, figures.rate());
                System.out.println(figures.line("bare OrtSession.run, threads", count));
            }
        }
        return most;
    }

    /** Until portal and runner have compiled what they run: a service is measured, not a start. */
    private static void warm(URI portal, Subject subject) throws Exception {
        for (var request : List.of(subject.json(portal), subject.binary(portal))) {
            ClosedLoop.measure(8, Bench.TIME, callers(portal, request));
        }
    }

    private static ClosedLoop.Callers callers(URI portal, byte[] request) {
        return () -> {
            var connection = new Connection(portal);
            return () -> connection.status(request) == 200;
        };
    }

    private static ClosedLoop.Figures http(String what, URI portal, byte[] request, int connections)
            throws Exception {
        var callers = callers(portal, request);
        ClosedLoop.measure(connections, TIME.dividedBy(3), callers);
        var figures = ClosedLoop.measure(connections, TIME, callers);
        System.out.println(figures.line(what, connections));
        return figures;
    }
}
