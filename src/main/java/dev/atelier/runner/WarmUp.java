package dev.atelier.runner;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.atelier.inference.Frame;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Memory;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private static final int CALLS = 100;

    /**
     * What the script is answered: that the runner is ready, its statistics, the load, the calls.
     */
    static final int ANSWERS = CALLS + 3;

    private WarmUp() {}

    /** Frames that load the model from a folder and call it, as a portal would send them. */
    static byte[] script(Path folder) throws IOException {
        var file = folder.resolve("warm.onnx");
        Files.write(file, Base64.getDecoder().decode(MODEL));
        var load =
                new LoadRequest("warm", "1", folder.toString(), file.toString(), 0, 1 << 20, 64, 2);
        var script = new ByteArrayOutputStream();
        Frame.request(Frame.Kind.STATS, 1, new Message(new byte[0], -1), 1000).write(script);
        Frame.request(Frame.Kind.LOAD, 2, new Message(load.toJson(), -1), 10_000).write(script);
        for (int i = 0; i < CALLS; i++) {
            Frame.request(Frame.Kind.INFER, 3 + i, new Message(REQUEST, -1), 10_000).write(script);
        }
        return script.toByteArray();
    }

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
