package dev.atelier.runner;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import dev.atelier.confinement.Confinement;
import dev.atelier.confinement.Linux;
import dev.atelier.inference.Frame;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.SignatureJson;
import dev.atelier.inference.Timings;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The main class of the runner process.
 *
 * <p>Frames come on standard input and go out on standard output; the process ends when its input
 * does, so it never outlives the portal.
 */
public final class Runner {

    private final DataInputStream in;
    private final Answers answers;
    private final OrtEnvironment environment;
    private final Watchdog watchdog = new Watchdog();
    private final int maxRequest;

    private @Nullable Model model;
    private @Nullable Workers workers;
    private @Nullable Preparation preparation;

    private Runner(
            DataInputStream in, Answers answers, OrtEnvironment environment, int maxRequest) {
        this.in = in;
        this.answers = answers;
        this.environment = environment;
        this.maxRequest = maxRequest;
    }

    public static void main(String[] args) throws IOException {
        var in =
                new DataInputStream(
                        new BufferedInputStream(new FileInputStream(FileDescriptor.in), 64 << 10));
        var answers = new Answers(new FileOutputStream(FileDescriptor.out));
        // Whatever prints must not come between the frames.
        System.setOut(System.err);
        var environment =
                OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "runner");
        // Last, for ONNX Runtime makes a temporary folder; before any byte of a model is read.
        Confinement.enter().forEach(System.err::println);
        new Runner(in, answers, environment, Integer.getInteger("runner.maxRequest", 64 << 20))
                .serve();
    }

    /**
     * Goes once through what every runner does, on a model of its own and without walls: the
     * start-up cache holds what this run has loaded and linked.
     *
     * @param folder where the model is written to
     */
    static void rehearse(Path folder) throws IOException, InterruptedException {
        var environment =
                OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "runner");
        Confinement.rehearse().forEach(System.err::println);
        var script = new DataInputStream(new ByteArrayInputStream(WarmUp.script(folder)));
        var left = new CountDownLatch(WarmUp.ANSWERS);
        var answers =
                new Answers(
                        new OutputStream() {
                            @Override
                            public void write(int b) {}

                            @Override
                            public void flush() {
                                left.countDown();
                            }
                        });
        new Runner(script, answers, environment, 1 << 20).answerAll();
        if (!left.await(20, TimeUnit.SECONDS)) {
            throw new IOException("the rehearsal was not answered");
        }
    }

    private void serve() throws IOException {
        answerAll();
        Runtime.getRuntime().halt(0);
    }

    private void answerAll() throws IOException {
        watchdog.start();
        answers.send(
                new Frame(
                        Frame.Kind.READY,
                        200,
                        0,
                        -1,
                        0,
                        Timings.NONE,
                        "{}".getBytes(StandardCharsets.UTF_8)));
        WarmUp.start(environment);
        Frame frame;
        while ((frame = Frame.read(in, maxRequest)) != null) {
            switch (frame.kind()) {
                case LOAD -> load(frame);
                case INFER -> {
                    if (workers == null) {
                        refuse(frame, 503, "No model is loaded.");
                    } else {
                        workers.add(frame);
                    }
                }
                case PREPARE -> {
                    if (preparation == null) {
                        refuse(frame, 503, "No model is loaded.");
                    } else {
                        preparation.add(frame);
                    }
                }
                case STATS -> stats(frame);
                case READY, ANSWER -> throw new IOException("the portal does not send this");
            }
        }
    }

    private void load(Frame frame) throws IOException {
        if (model != null) {
            refuse(frame, 409, "A model is loaded already; each has a process of its own.");
            return;
        }
        var request = LoadRequest.fromJson(frame.payload());
        try {
            Confinement.limitMemory(request.memory());
            var loaded = Model.load(environment, request);
            model = loaded;
            workers = new Workers(loaded, answers, watchdog);
            workers.start(request.threads());
            preparation = new Preparation(Path.of(request.folder()), loaded.signature(), answers);
            preparation.start();
            answers.send(
                    Frame.answer(
                            frame.id(),
                            200,
                            new Message(SignatureJson.write(loaded.signature()), -1),
                            Timings.NONE));
        } catch (Linux.Refused e) {
            refuse(frame, 500, "The memory limit cannot be set: " + e.getMessage());
        } catch (OrtException e) {
            refuse(
                    frame,
                    500,
                    "The model cannot be loaded: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private void stats(Frame frame) {
        var text =
                workers == null
                        ? "{\"calls\":0,\"runs\":0,\"waiting\":0}"
                        : "{\"calls\":%d,\"runs\":%d,\"waiting\":%d}"
                                .formatted(workers.calls(), workers.runs(), workers.waiting());
        answers.send(
                Frame.answer(
                        frame.id(),
                        200,
                        new Message(text.getBytes(StandardCharsets.UTF_8), -1),
                        Timings.NONE));
    }

    private void refuse(Frame frame, int status, String reason) {
        answers.send(
                Frame.answer(
                        frame.id(),
                        status,
                        new Message(ResponseCodec.error(reason), -1),
                        Timings.NONE));
    }
}
