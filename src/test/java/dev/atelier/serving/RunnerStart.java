package dev.atelier.serving;

import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.platform.confinement.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts runners without a portal around them, for the benchmarks. */
public final class RunnerStart {

    /** Nanoseconds since the process was asked for. */
    public record Times(long ready, long loaded, long answered) {}

    /**
     * All starts, at the best level of confinement that holds on this machine.
     *
     * @param cached with the start-up cache
     */
    public record Starts(String level, List<Times> times, List<Times> cached) {}

    private RunnerStart() {}

    public static Starts measure(Path folder, int count) throws Exception {
        var limits = Pools.LIMITS;
        var sandbox =
                Sandbox.best(
                        RunnerInstallation.in(folder),
                        limits.maxRequest(),
                        folder,
                        List.of(
                                SandboxLevel.BUBBLEWRAP,
                                SandboxLevel.LANDLOCK,
                                SandboxLevel.LIMITS));
        var times = starts(sandbox, folder, limits, count);
        sandbox.rehearse(folder);
        return new Starts(sandbox.level().letter(), times, starts(sandbox, folder, limits, count));
    }

    private static List<Times> starts(Sandbox sandbox, Path folder, Limits limits, int count)
            throws Exception {
        var times = new ArrayList<Times>();
        for (int i = 0; i < count; i++) {
            times.add(start(sandbox, Files.createTempDirectory(folder, "slot"), limits));
        }
        return times;
    }

    private static Times start(Sandbox sandbox, Path slot, Limits limits) throws Exception {
        Files.createDirectories(slot.resolve("tmp"));
        var model = Files.createDirectories(slot.resolve("model")).resolve("model.onnx");
        Files.write(model, Models.perceptron());
        var request =
                new LoadRequest(
                        "bench",
                        "1",
                        sandbox.modelFolder(slot).toString(),
                        sandbox.modelFolder(slot).resolve("model.onnx").toString(),
                        512L << 20,
                        limits.maxOutput(),
                        limits.batch(),
                        limits.threads());
        var row = Tensor.floats("features", new long[] {1, 30}, new float[30]);
        long began = System.nanoTime();
        var runner =
                RunnerProcess.start(sandbox.command(slot), sandbox.environment(), slot, 16 << 20);
        try {
            runner.awaitReady(limits.load());
            long ready = System.nanoTime();
            answered(runner.call(Frame.Kind.LOAD, new Message(request.toJson(), -1), 9000, 9000));
            long loaded = System.nanoTime();
            answered(
                    runner.call(
                            Frame.Kind.INFER,
                            RequestCodec.encode(new InferRequest(List.of(row))),
                            9000,
                            9000));
            return new Times(ready - began, loaded - began, System.nanoTime() - began);
        } finally {
            runner.kill("it was measured");
            runner.death().join();
        }
    }

    private static void answered(Frame frame) throws IOException {
        if (frame.status() != 200) {
            throw new IOException(new String(frame.payload()));
        }
    }
}
