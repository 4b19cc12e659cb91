package dev.atelier.sandbox;

import dev.atelier.inference.InferRequest;
import dev.atelier.inference.InferResponse;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.inference.ModelInterface.Output;
import dev.atelier.inference.ModelInterface.OutputKind;
import dev.atelier.inference.ResponseCodec;
import dev.atelier.inference.Tensor;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Unavailable;
import dev.atelier.serving.Gateway;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Why a model answered so, and what it would answer to other values. */
@ApplicationScoped
class Explanations {

    private static final long SEED = 42;

    /** For pictures and texts; fields have their own in {@link Shapley.Limits}. */
    private static final long WALL_CLOCK = 5_000_000_000L;

    private static final long WAIT_SECONDS = 10;

    /** Pictures of one run. */
    private static final int BATCH_BYTES = 8 << 20;

    /** Explanations cost thousands of rows each; more at once would only slow each other down. */
    private final Semaphore places = new Semaphore(2);

    /** Backgrounds by version digest: versions never change. */
    private final Map<String, Background> backgrounds = new ConcurrentHashMap<>();

    private final Gateway gateway;
    private final Inputs inputs;
    private final BundleFiles files;

    Explanations(Gateway gateway, Inputs inputs, BundleFiles files) {
        this.gateway = gateway;
        this.inputs = inputs;
        this.files = files;
    }

    /** What of an answer can be explained, and how. */
    enum Kind {
        /** Shapley values of the fields. */
        FIELDS,
        /** Words left out. */
        WORDS,
        /** Patches covered. */
        PATCHES
    }

    /** A call with what it went to. */
    record Subject(
            ModelVersion version,
            Form form,
            Entries entries,
            Map<String, byte[]> uploads,
            Calls.Call call) {}

    /** Why there is no explanation, as a sentence for the page. */
    static final class NotExplained extends Exception {

        /** Whether asking again may help. */
        final boolean again;

        NotExplained(String reason) {
            this(reason, false);
        }

        NotExplained(String reason, boolean again) {
            super(reason);
            this.again = again;
        }
    }

    /** How the answer of a call can be explained; empty when it gave no number that could be. */
    static Optional<Kind> kind(Form form, Calls.Call call) {
        if (call.failed()) {
            return Optional.empty();
        }
        if (form.comparesTexts()) {
            return Optional.of(Kind.WORDS);
        }
        if (target(form, call).isEmpty()) {
            return Optional.empty();
        }
        var others = form.fields().stream().filter(f -> !Form.isCell(f)).map(Field::type).toList();
        return others.isEmpty()
                ? Optional.of(Kind.FIELDS)
                : others.equals(List.of(FieldType.TEXT))
                        ? Optional.of(Kind.WORDS)
                        : others.equals(List.of(FieldType.IMAGE))
                                ? Optional.of(Kind.PATCHES)
                                : Optional.empty();
    }

    static Optional<Target> target(Form form, Calls.Call call) {
        var response = call.response();
        return response == null
                ? Optional.empty()
                : Target.of(ResponseCodec.decode(response), form.description().outputs());
    }

    private static Target targetOf(Subject subject) throws NotExplained {
        return target(subject.form, subject.call)
                .orElseThrow(
                        () ->
                                new NotExplained(
                                        "This model gives no single number that could be explained."));
    }

    Why fields(Subject subject) throws NotExplained {
        var version = subject.version;
        var form = subject.form;
        var row = subject.entries.row(form);
        var target = targetOf(subject);
        var background = background(version, form);
        var started = System.nanoTime();
        var found =
                limited(
                        () ->
                                Shapley.explain(
                                        rows -> answers(version, form, rows, target),
                                        background.rows(),
                                        row,
                                        SEED,
                                        Shapley.Limits.PAGE,
                                        System::nanoTime));
        var numbers = new ArrayList<double[]>();
        for (int i = 0; i < row.length; i++) {
            numbers.add(background.numbers(i));
        }
        return Why.of(form, row, numbers, found, target, (System.nanoTime() - started) / 1_000_000);
    }

    /**
     * @param gone whether nobody waits any more; no run begins then
     */
    WordsWhy words(Subject subject, BooleanSupplier gone) throws NotExplained {
        var started = System.nanoTime();
        var form = subject.form;
        var field = form.field(FieldType.TEXT).orElseThrow();
        var texts = subject.entries.texts(field).stream().filter(t -> !t.isBlank()).toList();
        var told = new ArrayList<WordsWhy.Told>();
        Target target;
        if (form.comparesTexts()) {
            if (texts.size() < 2) {
                throw new NotExplained("Two texts are needed.");
            }
            var output = form.output(OutputKind.EMBEDDING);
            target =
                    new Target(
                            Output.plain(output.name(), OutputKind.VALUE), 0, "Similarity", false);
            var names = List.of("First text", "Second text");
            limited(
                    () -> {
                        for (int i = 0; i < 2; i++) {
                            var other = embedding(subject, field, output, texts.get(1 - i), gone);
                            var found =
                                    Erasure.explain(
                                            texts.get(i),
                                            text ->
                                                    Embeddings.cosine(
                                                            embedding(
                                                                    subject, field, output, text,
                                                                    gone),
                                                            other),
                                            WALL_CLOCK / 2,
                                            System::nanoTime,
                                            gone);
                            told.add(new WordsWhy.Told(names.get(i), texts.get(i), found));
                        }
                        return told;
                    });
        } else {
            target = targetOf(subject);
            var text = subject.entries.text(field);
            var chosen = target;
            var found =
                    limited(
                            () ->
                                    Erasure.explain(
                                            text,
                                            given -> answer(subject, field, given, chosen, gone),
                                            WALL_CLOCK,
                                            System::nanoTime,
                                            gone));
            told.add(new WordsWhy.Told(field.label(), text, found));
        }
        return WordsWhy.of(target, told, (System.nanoTime() - started) / 1_000_000);
    }

    private double[] embedding(
            Subject subject, Field field, Output output, String text, BooleanSupplier gone)
            throws NoAnswer {
        var tokens = inputs.text(subject.version, subject.form, field, text, new Trial.Clock());
        return Embeddings.of(probe(subject.version, tokens, gone), output, tokens);
    }

    private double answer(
            Subject subject, Field field, String text, Target target, BooleanSupplier gone)
            throws NoAnswer {
        var texts = new HashMap<>(subject.entries.texts());
        texts.put(field.name(), List.of(text));
        var ready =
                inputs.of(
                        subject.version,
                        subject.form,
                        new Entries(texts),
                        Map.of(),
                        new Trial.Clock());
        return target.of(probe(subject.version, ready.tensors(), gone), 1)[0];
    }

    /**
     * @param picture address of the picture, to be drawn under the patches
     */
    PatchesWhy patches(Subject subject, @Nullable String picture, BooleanSupplier gone)
            throws NotExplained {
        var started = System.nanoTime();
        var form = subject.form;
        var target = targetOf(subject);
        var field = form.field(FieldType.IMAGE).orElseThrow();
        Inputs.Ready ready;
        try {
            ready =
                    inputs.of(
                            subject.version,
                            form,
                            subject.entries,
                            subject.uploads,
                            new Trial.Clock());
        } catch (NoAnswer e) {
            throw new NotExplained(String.valueOf(e.getMessage()), true);
        }
        var frame = ready.frame();
        var seen =
                ready.tensors().stream()
                        .filter(t -> t.name().equals(field.input()))
                        .findFirst()
                        .orElseThrow();
        if (frame == null || seen.shape()[0] != 1) {
            throw new NotExplained(
                    "The picture is given in a form that cannot be covered in part.");
        }
        var last = "NHWC".equals(field.layout());
        var values = seen.numbers();
        var channels = values.length / (frame.width() * frame.height());
        var most =
                Math.clamp(
                        Math.min(
                                new Rows(form).most(),
                                BATCH_BYTES / Math.max(1, seen.data().remaining())),
                        1,
                        16);
        var shown = new Occlusion.Picture(values, channels, frame.width(), frame.height(), last);
        var found =
                limited(
                        () ->
                                Occlusion.explain(
                                        shown,
                                        Occlusion.Area.of(frame),
                                        pictures -> answers(subject, seen, pictures, target, gone),
                                        new Occlusion.Limits(WALL_CLOCK, most),
                                        System::nanoTime,
                                        gone));
        return PatchesWhy.of(
                target, frame, picture, found, (System.nanoTime() - started) / 1_000_000);
    }

    /** Several pictures as one run, the other inputs repeated. */
    private double[] answers(
            Subject subject, Tensor seen, double[][] pictures, Target target, BooleanSupplier gone)
            throws NoAnswer {
        var row = subject.entries.row(subject.form);
        var rows = new Object[pictures.length][];
        Arrays.fill(rows, row);
        var tensors = new ArrayList<>(new Rows(subject.form).tensors(rows));
        var shape = seen.shape().clone();
        shape[0] = pictures.length;
        var values = Arrays.stream(pictures).flatMapToDouble(Arrays::stream).toArray();
        tensors.add(Tensor.numbers(seen.name(), seen.datatype(), shape, values));
        return target.of(probe(subject.version, tensors, gone), pictures.length);
    }

    private InferResponse probe(ModelVersion version, List<Tensor> tensors, BooleanSupplier gone)
            throws NoAnswer {
        if (gone.getAsBoolean()) {
            throw new NoAnswer("Nobody waits for this explanation any more.");
        }
        var answer = gateway.probe(gateway.servable(version), new InferRequest(tensors));
        if (!answer.ok()) {
            throw new NoAnswer("The model stopped answering: " + answer.error());
        }
        return answer.response();
    }

    /**
     * @param at the value of the field that is looked at; the entered one at first
     */
    WhatIf whatIf(
            ModelVersion version, Form form, Object[] row, Target target, Field field, Object at)
            throws NotExplained {
        var position = form.fields().indexOf(field);
        var values = WhatIf.values(field, row[position]);
        var rows = new Object[values.length + 1][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row.clone();
            rows[i][position] = i < values.length ? values[i] : at;
        }
        var results = limited(() -> answers(version, form, rows, target));
        return WhatIf.of(
                field,
                target,
                values,
                Arrays.copyOf(results, values.length),
                row[position],
                at,
                results[values.length]);
    }

    private double[] answers(ModelVersion version, Form form, Object[][] rows, Target target) {
        var encoder = new Rows(form);
        var together = Math.min(rows.length, encoder.most());
        var results = new double[rows.length];
        for (int first = 0; first < rows.length; first += together) {
            var part = Arrays.copyOfRange(rows, first, Math.min(rows.length, first + together));
            var answer =
                    gateway.probe(
                            gateway.servable(version), new InferRequest(encoder.tensors(part)));
            if (!answer.ok()) {
                throw new Unavailable("The model stopped answering: " + answer.error());
            }
            var numbers = target.of(answer.response(), part.length);
            System.arraycopy(numbers, 0, results, first, part.length);
        }
        return results;
    }

    private Background background(ModelVersion version, Form form) throws NotExplained {
        var file = form.description().background();
        if (file == null) {
            throw new NotExplained(
                    "The model came without a background: rows of its training data to compare with."
                            + " Its owner can add background.csv to the next version.");
        }
        var known = backgrounds.get(version.digest());
        if (known == null) {
            try {
                known = Background.read(files.read(version, file), form);
            } catch (IOException e) {
                throw new NotExplained(String.valueOf(e.getMessage()));
            }
            if (backgrounds.size() > 200) {
                backgrounds.clear();
            }
            backgrounds.put(version.digest(), known);
        }
        return known;
    }

    /** Work that asks the model many times. */
    @FunctionalInterface
    private interface Asking<T> {
        T get() throws NoAnswer;
    }

    private <T> T limited(Asking<T> work) throws NotExplained {
        try {
            if (!places.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new NotExplained(
                        "Other explanations are being made. Try again in a moment.", true);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotExplained("The portal is being stopped.");
        }
        try {
            return work.get();
        } catch (NoAnswer e) {
            throw new NotExplained(String.valueOf(e.getMessage()), true);
        } finally {
            places.release();
        }
    }

    /** Fields that can be swept. */
    static List<Field> sweepable(Form form) {
        return form.fields().stream()
                .filter(f -> Form.isCell(f) && f.type() != FieldType.CONSTANT)
                .toList();
    }
}
