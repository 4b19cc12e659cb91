package dev.atelier.sandbox;

import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.Message;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.Timings;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.serving.Gateway;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One try: from what people entered to the model's answer. */
@ApplicationScoped
public class Trial {

    /**
     * Where the time went, in nanoseconds.
     *
     * @param prepare turning texts, pictures and recordings into tensors
     * @param total from the portal's first byte to the last, transport included
     */
    public record Took(long prepare, long decode, long queue, long run, long encode, long total) {
        static final Took NOTHING = new Took(0, 0, 0, 0, 0, 0);

        Took plus(Took other) {
            return new Took(
                    prepare + other.prepare,
                    decode + other.decode,
                    queue + other.queue,
                    run + other.run,
                    encode + other.encode,
                    total + other.total);
        }
    }

    /**
     * How it ended.
     *
     * @param inputs of the (first) call, for the code snippets
     * @param error why there is no answer; null when there is one
     */
    record Ended(
            List<Tensor> inputs,
            @Nullable Message response,
            @Nullable Verdict verdict,
            @Nullable String error,
            Took took) {

        static Ended failed(List<Tensor> inputs, String error, Took took) {
            return new Ended(inputs, null, null, error, took);
        }
    }

    private final Gateway gateway;
    private final Inputs inputs;
    private final BundleFiles files;

    Trial(Gateway gateway, Inputs inputs, BundleFiles files) {
        this.gateway = gateway;
        this.inputs = inputs;
        this.files = files;
    }

    /**
     * @param uploads content by field name, for pictures and recordings
     * @throws Invalid naming each wrong field; nothing ran then
     */
    Ended run(ModelVersion version, Form form, Entries entries, Map<String, byte[]> uploads) {
        var took = new Clock();
        var sent = new ArrayList<Tensor>();
        try {
            if (form.comparesTexts()) {
                return similarity(version, form, entries, sent, took);
            }
            if (form.field(FieldType.AUDIO).isPresent()) {
                return timeline(version, form, uploads, sent, took);
            }
            var ready = inputs.of(version, form, entries, uploads, took);
            sent.addAll(ready.tensors());
            var response = infer(version, sent, took);
            var verdict = Verdict.of(response.decoded, form.description().outputs(), ready.frame());
            return new Ended(
                    sent,
                    response.message,
                    decodeText(version, form, response.decoded, verdict),
                    null,
                    took.read());
        } catch (NoAnswer e) {
            return Ended.failed(sent, String.valueOf(e.getMessage()), took.read());
        }
    }

    /**
     * The (first) request of a call, without running the model.
     *
     * @throws NoAnswer when the runner cannot prepare it
     */
    List<Tensor> request(
            ModelVersion version, Form form, Entries entries, Map<String, byte[]> uploads)
            throws NoAnswer {
        var took = new Clock();
        if (form.comparesTexts()) {
            var field = form.field(FieldType.TEXT).orElseThrow();
            return inputs.text(version, form, field, entries.text(field), took);
        }
        if (form.field(FieldType.AUDIO).isPresent()) {
            var windows = inputs.windows(version, form, uploads, took);
            return windows.call(0, windows.zeroStates());
        }
        return inputs.of(version, form, entries, uploads, took).tensors();
    }

    private record Answered(InferResponse decoded, Message message) {}

    private Ended similarity(
            ModelVersion version, Form form, Entries entries, List<Tensor> sent, Clock took)
            throws NoAnswer {
        var field = form.field(FieldType.TEXT).orElseThrow();
        var output = form.output(OutputKind.EMBEDDING);
        var texts = entries.texts(field).stream().filter(t -> !t.isBlank()).toList();
        if (texts.size() < 2) {
            throw new Invalid(
                    "Two texts are needed",
                    List.of(new Invalid.Field(field.name(), "Enter two texts to compare.")));
        }
        var vectors = new ArrayList<double[]>();
        for (var text : texts.subList(0, 2)) {
            var tokens = inputs.text(version, form, field, text, took);
            if (sent.isEmpty()) {
                sent.addAll(tokens);
            }
            vectors.add(Embeddings.of(infer(version, tokens, took).decoded, output, tokens));
        }
        var cosine = Embeddings.cosine(vectors.get(0), vectors.get(1));
        var part = Similarity.of(cosine, vectors.getFirst().length);
        return new Ended(sent, null, new Verdict(List.of(part), List.of()), null, took.read());
    }

    private Ended timeline(
            ModelVersion version,
            Form form,
            Map<String, byte[]> uploads,
            List<Tensor> sent,
            Clock took)
            throws NoAnswer {
        var windows = inputs.windows(version, form, uploads, took);
        var output = form.output(OutputKind.TIMELINE);
        var states = windows.zeroStates();
        var curve = new double[windows.count()];
        for (int i = 0; i < curve.length; i++) {
            var call = windows.call(i, states);
            if (i == 0) {
                sent.addAll(call);
            }
            var answer = infer(version, call, took).decoded;
            var speech = answer.output(output.name());
            if (speech == null || speech.elements() == 0) {
                throw new NoAnswer("The model gave no output \"%s\".".formatted(output.name()));
            }
            curve[i] = speech.numbers()[0];
            states = windows.statesAfter(answer);
        }
        var part = Timeline.of(output, curve, windows.seconds());
        return new Ended(sent, null, new Verdict(List.of(part), List.of()), null, took.read());
    }

    private Answered infer(ModelVersion version, List<Tensor> inputs, Clock took) throws NoAnswer {
        var answer = gateway.infer(gateway.servable(version), new InferRequest(inputs));
        took.add(answer.timings());
        if (!answer.ok()) {
            throw new NoAnswer(answer.error());
        }
        return new Answered(answer.response(), answer.message());
    }

    /** Greedy CTC: the likeliest symbol of each step, repeats and blanks dropped. */
    private Verdict decodeText(
            ModelVersion version, Form form, InferResponse response, Verdict verdict) {
        var output =
                form.description().outputs().stream()
                        .filter(o -> o.kind() == OutputKind.TEXT && "ctc".equals(o.decoder()))
                        .findFirst()
                        .orElse(null);
        if (output == null || output.alphabet() == null) {
            return verdict;
        }
        var tensor = response.output(output.name());
        if (tensor == null || tensor.shape().length != 3) {
            return verdict;
        }
        var alphabet = files.lines(version, output.alphabet());
        var part = Reading.ctc(output, tensor, alphabet);
        var parts = new ArrayList<Part>(verdict.parts());
        parts.addFirst(part);
        return new Verdict(List.copyOf(parts), verdict.tensors(), verdict.notes());
    }

    /** Adds up where the time went over the calls of one try. */
    static final class Clock {
        private final long started = System.nanoTime();
        private Took took = Took.NOTHING;

        void add(Timings t) {
            took = took.plus(new Took(0, t.decode(), t.queue(), t.run(), t.encode(), 0));
        }

        void prepare(long nanos) {
            took = took.plus(new Took(nanos, 0, 0, 0, 0, 0));
        }

        Took read() {
            return took.plus(new Took(0, 0, 0, 0, 0, System.nanoTime() - started));
        }
    }
}
