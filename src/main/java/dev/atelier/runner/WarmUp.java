package dev.atelier.runner;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Memory;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;

/**
 * Runs a model of its own while it waits for one, so that the first call finds its classes loaded:
 * it halves the time of a cold call.
 */
final class WarmUp {

    /** y = x × 2, written by the tests' ONNX writer. */
    private static final String MODEL =
            "CAgSDGF0ZWxpZXItdGVzdDpSChAKAXgKA3R3bxIBeSIDTXVsEgFnKg8IARABQgN0d29KBAAAAEBa"
                    + "FAoBeBIPCg0IARIJCgMSAU4KAggCYhQKAXkSDwoNCAESCQoDEgFOCgIIAkIECgAQEQ==";

    private static final byte[] REQUEST =
            """
            {"id": "w", "inputs": [
              {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1]}]}
            """
                    .getBytes(StandardCharsets.UTF_8);

    private WarmUp() {}

    static void start(OrtEnvironment environment) {
        Thread.ofPlatform().daemon().name("warm-up").start(() -> run(environment));
    }

    private static void run(OrtEnvironment environment) {
        try {
            var limits = new LoadRequest("warm", "1", "", "", 0, 1 << 20, 1, 1);
            var model = Model.load(environment, Base64.getDecoder().decode(MODEL), limits);
            for (int i = 0; i < 200; i++) {
                try (var options = new OrtSession.RunOptions()) {
                    var request =
                            RequestCodec.decode(REQUEST, -1, model.signature(), Memory.DIRECT);
                    var outputs = model.run(request.inputs(), Set.of(), options);
                    ResponseCodec.encode("warm", "1", request, outputs, 1 << 20);
                }
            }
            model.close();
        } catch (OrtException | RuntimeException e) {
            System.err.println("The warm-up failed: " + e);
        }
    }
}
