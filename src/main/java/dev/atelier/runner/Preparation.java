package dev.atelier.runner;

import dev.atelier.inference.DataType;
import dev.atelier.inference.Frame;
import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InvalidRequest;
import dev.atelier.inference.Message;
import dev.atelier.inference.RequestCodec;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Signature;
import dev.atelier.inference.Timings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Turns what people give (a text, a picture, a recording) into tensors. Decoders of such files are
 * as often attacked as models are, so they run here and not in the portal.
 */
final class Preparation implements Runnable {

    private final Signature signature;
    private final Texts texts;
    private final Answers answers;
    private final LinkedBlockingQueue<Frame> queue = new LinkedBlockingQueue<>();

    Preparation(Path folder, Signature signature, Answers answers) {
        this.signature = signature;
        this.texts = new Texts(folder, signature);
        this.answers = answers;
    }

    void start() {
        Thread.ofPlatform().daemon().name("preparation").start(this);
    }

    void add(Frame frame) {
        queue.add(frame);
    }

    @Override
    public void run() {
        while (true) {
            Frame frame;
            try {
                frame = queue.take();
            } catch (InterruptedException _) {
                return;
            }
            answers.send(answer(frame));
        }
    }

    private Frame answer(Frame frame) {
        long began = System.nanoTime();
        try {
            var prepared = prepare(frame);
            var message =
                    RequestCodec.encode(new InferRequest(prepared.tensors()), prepared.info());
            return Frame.answer(
                    frame.id(), 200, message, new Timings(0, System.nanoTime() - began, 0, 0));
        } catch (InvalidRequest e) {
            return refused(frame, 400, e.reason());
        } catch (IOException e) {
            return refused(frame, 400, "the field or the value cannot be read: " + e.getMessage());
        } catch (OutOfMemoryError _) {
            return refused(frame, 413, "The value needs more memory than there is for it.");
        } catch (RuntimeException e) {
            return refused(frame, 500, "The value cannot be prepared: " + e);
        } catch (LinkageError e) {
            return refused(frame, 500, "A decoder is missing on this machine: " + e.getMessage());
        }
    }

    private Prepared prepare(Frame frame) throws IOException {
        if (frame.headerLength() < 0) {
            throw new InvalidRequest("a field must come before the value");
        }
        var field = Field.read(frame.payload(), frame.headerLength());
        return switch (field.type()) {
            case "text" -> texts.prepare(field, frame.payload(), frame.headerLength());
            case "image" ->
                    Images.prepare(
                            field, datatype(field.input()), frame.payload(), frame.headerLength());
            case "audio" -> Sounds.prepare(field, frame.payload(), frame.headerLength());
            default ->
                    throw new InvalidRequest(
                            "fields of the type \"" + field.type() + "\" need no preparation");
        };
    }

    private DataType datatype(String input) {
        return signature.inputs().stream()
                .filter(spec -> spec.name().equals(input))
                .findFirst()
                .orElseThrow(() -> new InvalidRequest("there is no input \"" + input + "\""))
                .datatype();
    }

    private static Frame refused(Frame frame, int status, String reason) {
        return Frame.answer(
                frame.id(), status, new Message(ResponseCodec.error(reason), -1), Timings.NONE);
    }
}
