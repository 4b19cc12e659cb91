package dev.atelier.sandbox;

import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.Message;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import dev.atelier.inference.Timings;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.serving.Gateway;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One try: from what people entered to the model's answer. */
@ApplicationScoped
public class Trial {

    /** Longer recordings are refused: each window is a call. */
    private static final int MOST_WINDOWS = 4_000;

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

    /** The model, or the preparation of its input, answered with an error. */
    private static final class NoAnswer extends Exception {
        NoAnswer(String reason) {
            super(reason);
        }
    }

    private final Gateway gateway;
    private final BundleFiles files;

    Trial(Gateway gateway, BundleFiles files) {
        this.gateway = gateway;
        this.files = files;
    }

    /**
     * @param uploads content by field name, for pictures and recordings
     * @throws Invalid naming each wrong field; nothing ran then
     */
    Ended run(ModelVersion version, Form form, Entries entries, Map<String, byte[]> uploads) {
        var row = entries.row(form);
        var took = new Clock();
        var inputs = new ArrayList<Tensor>();
        try {
            if (form.comparesTexts()) {
                return similarity(version, form, entries, inputs, took);
            }
            var audio = field(form, FieldType.AUDIO);
            if (audio.isPresent()) {
                return timeline(
                        version, form, audio.get(), upload(audio.get(), uploads), inputs, took);
            }
            inputs.addAll(new Rows(form).tensors(new Object[][] {row}));
            for (var field : form.fields()) {
                switch (field.type()) {
                    case IMAGE ->
                            inputs.addAll(prepare(version, field, upload(field, uploads), took));
                    case TEXT ->
                            inputs.addAll(text(version, form, field, entries.text(field), took));
                    case TENSOR ->
                            inputs.add(
                                    JsonTensor.read(field, spec(form, field), entries.text(field)));
                    case NUMBER, CATEGORY, BOOLEAN, CONSTANT, AUDIO -> {}
                }
            }
            var response = infer(version, inputs, took);
            var verdict = Verdict.of(response.decoded, form.description().outputs());
            return new Ended(
                    inputs,
                    response.message,
                    decodeText(version, form, response.decoded, verdict),
                    null,
                    took.read());
        } catch (NoAnswer e) {
            return Ended.failed(inputs, String.valueOf(e.getMessage()), took.read());
        }
    }

    private record Answered(InferResponse decoded, Message message) {}

    private Ended similarity(
            ModelVersion version, Form form, Entries entries, List<Tensor> inputs, Clock took)
            throws NoAnswer {
        var field = field(form, FieldType.TEXT).orElseThrow();
        var output =
                form.description().outputs().stream()
                        .filter(o -> o.kind() == OutputKind.EMBEDDING)
                        .findFirst()
                        .orElseThrow();
        var texts = entries.texts(field).stream().filter(t -> !t.isBlank()).toList();
        if (texts.size() < 2) {
            throw new Invalid(
                    "Two texts are needed",
                    List.of(new Invalid.Field(field.name(), "Enter two texts to compare.")));
        }
        var vectors = new ArrayList<double[]>();
        Message last = null;
        for (var text : texts.subList(0, 2)) {
            var tokens = text(version, form, field, text, took);
            if (inputs.isEmpty()) {
                inputs.addAll(tokens);
            }
            var answer = infer(version, tokens, took);
            vectors.add(Embeddings.of(answer.decoded, output, tokens));
            last = answer.message;
        }
        var cosine = Embeddings.cosine(vectors.get(0), vectors.get(1));
        var part = Similarity.of(cosine, vectors.getFirst().length);
        return new Ended(inputs, last, new Verdict(List.of(part), List.of()), null, took.read());
    }

    private Ended timeline(
            ModelVersion version,
            Form form,
            Field field,
            byte[] content,
            List<Tensor> inputs,
            Clock took)
            throws NoAnswer {
        var recording = prepare(version, field, content, took).getFirst();
        var windows = Math.toIntExact(recording.shape()[0]);
        if (windows > MOST_WINDOWS) {
            throw new Invalid(
                    "The recording is too long",
                    List.of(
                            new Invalid.Field(
                                    field.name(),
                                    "It has %d windows; at most %d are looked at."
                                            .formatted(windows, MOST_WINDOWS))));
        }
        var output = output(form, OutputKind.TIMELINE);
        var states = new ArrayList<Tensor>();
        for (var state : field.state()) {
            var shape = state.shape().stream().mapToLong(Long::longValue).toArray();
            states.add(Tensor.floats(state.input(), shape, new float[elements(shape)]));
        }
        var constants = new Rows(form).tensors(new Object[][] {new Entries(Map.of()).row(form)});
        var curve = new double[windows];
        for (int i = 0; i < curve.length; i++) {
            var call = new ArrayList<Tensor>();
            call.add(window(recording, i));
            call.addAll(states);
            call.addAll(constants);
            if (i == 0) {
                inputs.addAll(call);
            }
            var answer = infer(version, call, took).decoded;
            var speech = answer.output(output.name());
            if (speech == null || speech.elements() == 0) {
                throw new NoAnswer("The model gave no output \"%s\".".formatted(output.name()));
            }
            curve[i] = speech.numbers()[0];
            states.clear();
            for (var state : field.state()) {
                var next = answer.output(state.output());
                if (next == null) {
                    throw new NoAnswer("The model gave no state \"%s\".".formatted(state.output()));
                }
                states.add(new Tensor(state.input(), next.datatype(), next.shape(), next.data()));
            }
        }
        var samples = field.samples() == null ? 1 : field.samples();
        var rate = field.rate() == null ? 16_000 : field.rate();
        var part = Timeline.of(output, curve, (double) samples / rate);
        return new Ended(inputs, null, new Verdict(List.of(part), List.of()), null, took.read());
    }

    /** Row {@code i} of {@code [windows, samples]} as {@code [1, samples]}. */
    private static Tensor window(Tensor recording, int i) {
        var samples = Math.toIntExact(recording.shape()[1]);
        var bytes = samples * recording.datatype().size();
        return new Tensor(
                recording.name(),
                recording.datatype(),
                new long[] {1, samples},
                recording.data().slice(i * bytes, bytes));
    }

    private Answered infer(ModelVersion version, List<Tensor> inputs, Clock took) throws NoAnswer {
        var answer = gateway.infer(gateway.servable(version), new InferRequest(inputs));
        took.add(answer.timings());
        if (!answer.ok()) {
            throw new NoAnswer(answer.error());
        }
        return new Answered(answer.response(), answer.message());
    }

    private List<Tensor> prepare(ModelVersion version, Field field, byte[] content, Clock took)
            throws NoAnswer {
        var started = System.nanoTime();
        var prepared = gateway.prepare(gateway.servable(version), field, content);
        took.prepare(System.nanoTime() - started);
        if (!prepared.ok()) {
            throw new NoAnswer(prepared.error());
        }
        return prepared.tensors();
    }

    private List<Tensor> text(ModelVersion version, Form form, Field field, String text, Clock took)
            throws NoAnswer {
        if (field.tokenizer() != null) {
            return prepare(version, field, text.getBytes(StandardCharsets.UTF_8), took);
        }
        var spec = spec(form, field);
        var shape = new long[spec.shape().size()];
        Arrays.fill(shape, 1);
        return List.of(Tensor.strings(spec.name(), shape, text));
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
        return new Verdict(List.copyOf(parts), verdict.tensors());
    }

    private static Optional<Field> field(Form form, FieldType type) {
        return form.fields().stream().filter(f -> f.type() == type).findFirst();
    }

    private static Output output(Form form, OutputKind kind) {
        return form.description().outputs().stream()
                .filter(o -> o.kind() == kind)
                .findFirst()
                .orElseGet(() -> Output.plain(form.signature().outputs().getFirst().name(), kind));
    }

    private static TensorSpec spec(Form form, Field field) {
        return form.signature().inputs().stream()
                .filter(s -> s.name().equals(field.input()))
                .findFirst()
                .orElseThrow();
    }

    private static byte[] upload(Field field, Map<String, byte[]> uploads) {
        var content = uploads.get(field.name());
        if (content == null || content.length == 0) {
            throw new Invalid(
                    "A file is missing",
                    List.of(
                            new Invalid.Field(
                                    field.name(),
                                    field.type() == FieldType.IMAGE
                                            ? "Choose an image."
                                            : "Choose a recording.")));
        }
        return content;
    }

    private static int elements(long[] shape) {
        return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    }

    /** Adds up where the time went over the calls of one try. */
    private static final class Clock {
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
