package dev.atelier.sandbox;

import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.Tensor;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.serving.Gateway;
import dev.atelier.serving.Outcome;
import dev.atelier.serving.Preparation;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns what people entered into what a model takes; texts, pictures and sounds in the runner. */
@ApplicationScoped
class Inputs {

    /** Longer recordings are refused: each window is a call. */
    private static final int MOST_WINDOWS = 4_000;

    private final Gateway gateway;

    Inputs(Gateway gateway) {
        this.gateway = gateway;
    }

    /**
     * One call's tensors.
     *
     * @param frame of the first picture; null where none is asked for
     */
    record Ready(List<Tensor> tensors, @Nullable Frame frame) {}

    /**
     * @param uploads content by field name, for pictures
     * @throws Invalid naming each wrong field; nothing ran then
     * @throws NoAnswer when the runner cannot prepare it
     */
    Ready of(
            ModelVersion version,
            Form form,
            Entries entries,
            Map<String, byte[]> uploads,
            Trial.Clock took)
            throws NoAnswer {
        var row = entries.row(form);
        var tensors = new ArrayList<>(new Rows(form).tensors(new Object[][] {row}));
        Frame frame = null;
        for (var field : form.fields()) {
            switch (field.type()) {
                case IMAGE -> {
                    var prepared = prepare(version, field, upload(field, uploads), took);
                    tensors.addAll(prepared.tensors());
                    frame = frame == null ? frame(field, prepared) : frame;
                }
                case TEXT -> tensors.addAll(text(version, form, field, entries.text(field), took));
                case TENSOR ->
                        tensors.add(JsonTensor.read(field, form.spec(field), entries.text(field)));
                case NUMBER, CATEGORY, BOOLEAN, CONSTANT, AUDIO -> {}
            }
        }
        return new Ready(tensors, frame);
    }

    private static @Nullable Frame frame(Field field, Preparation prepared) {
        var tensor = prepared.tensors().getFirst();
        return tensor.shape().length == 4
                ? Frame.of(tensor, "NHWC".equals(field.layout()), prepared.info())
                : null;
    }

    List<Tensor> text(ModelVersion version, Form form, Field field, String text, Trial.Clock took)
            throws NoAnswer {
        if (field.tokenizer() != null) {
            return prepare(version, field, text.getBytes(StandardCharsets.UTF_8), took).tensors();
        }
        var spec = form.spec(field);
        var shape = new long[spec.shape().size()];
        Arrays.fill(shape, 1);
        return List.of(Tensor.strings(spec.name(), shape, text));
    }

    private Preparation prepare(ModelVersion version, Field field, byte[] content, Trial.Clock took)
            throws NoAnswer {
        var started = System.nanoTime();
        var prepared = gateway.prepare(gateway.servable(version), field, content);
        took.prepare(System.nanoTime() - started);
        if (prepared.answer().outcome() == Outcome.INVALID) {
            throw new Invalid(
                    "The value cannot be used",
                    List.of(new Invalid.Field(field.name(), sentence(prepared.error()))));
        }
        if (!prepared.ok()) {
            throw new NoAnswer(prepared.error());
        }
        return prepared;
    }

    private static String sentence(String reason) {
        var text = reason.strip();
        return text.isEmpty()
                ? "It cannot be read."
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1)
                        + (text.endsWith(".") ? "" : ".");
    }

    /**
     * A recording as the model hears it, window after window.
     *
     * @param recording {@code [windows, samples]}
     */
    record Windows(Form form, Field field, Tensor recording, List<Tensor> constants) {

        int count() {
            return Math.toIntExact(recording.shape()[0]);
        }

        /** Of one window. */
        double seconds() {
            var samples = field.samples() == null ? 1 : field.samples();
            var rate = field.rate() == null ? 16_000 : field.rate();
            return (double) samples / rate;
        }

        List<Tensor> zeroStates() {
            var states = new ArrayList<Tensor>();
            for (var state : field.state()) {
                var shape = state.shape().stream().mapToLong(Long::longValue).toArray();
                var elements = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
                states.add(Tensor.floats(state.input(), shape, new float[elements]));
            }
            return states;
        }

        List<Tensor> statesAfter(InferResponse answer) throws NoAnswer {
            var states = new ArrayList<Tensor>();
            for (var state : field.state()) {
                var next = answer.output(state.output());
                if (next == null) {
                    throw new NoAnswer("The model gave no state \"%s\".".formatted(state.output()));
                }
                states.add(new Tensor(state.input(), next.datatype(), next.shape(), next.data()));
            }
            return states;
        }

        List<Tensor> call(int window, List<Tensor> states) {
            var call = new ArrayList<Tensor>();
            call.add(row(recording, window));
            call.addAll(states);
            call.addAll(constants);
            return call;
        }

        /** Row {@code i} of {@code [windows, samples]} as {@code [1, samples]}. */
        private static Tensor row(Tensor recording, int i) {
            var samples = Math.toIntExact(recording.shape()[1]);
            var bytes = samples * recording.datatype().size();
            return new Tensor(
                    recording.name(),
                    recording.datatype(),
                    new long[] {1, samples},
                    recording.data().slice(i * bytes, bytes));
        }
    }

    Windows windows(ModelVersion version, Form form, Map<String, byte[]> uploads, Trial.Clock took)
            throws NoAnswer {
        var field = form.field(FieldType.AUDIO).orElseThrow();
        var recording = prepare(version, field, upload(field, uploads), took).tensors().getFirst();
        var windows = recording.shape()[0];
        if (windows > MOST_WINDOWS) {
            throw new Invalid(
                    "The recording is too long",
                    List.of(
                            new Invalid.Field(
                                    field.name(),
                                    "It has %d windows; at most %d are looked at."
                                            .formatted(windows, MOST_WINDOWS))));
        }
        var constants = new Rows(form).tensors(new Object[][] {new Entries(Map.of()).row(form)});
        return new Windows(form, field, recording, constants);
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
}
