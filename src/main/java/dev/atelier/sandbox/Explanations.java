package dev.atelier.sandbox;

import dev.atelier.inference.InferRequest;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import dev.atelier.models.ModelVersion;
import dev.atelier.platform.problems.Unavailable;
import dev.atelier.serving.Gateway;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Why a tabular model answered so, and what it would answer to other values. */
@ApplicationScoped
class Explanations {

    private static final long SEED = 42;

    /** Explanations cost thousands of rows each; more at once would only slow each other down. */
    private final Semaphore places = new Semaphore(2);

    /** Backgrounds by version digest: versions never change. */
    private final Map<String, Background> backgrounds = new ConcurrentHashMap<>();

    private final Gateway gateway;
    private final BundleFiles files;

    Explanations(Gateway gateway, BundleFiles files) {
        this.gateway = gateway;
        this.files = files;
    }

    /** Why there is no explanation, as a sentence for the page. */
    static final class NotExplained extends Exception {
        NotExplained(String reason) {
            super(reason);
        }
    }

    Why why(ModelVersion version, Form form, Object[] row, Target target) throws NotExplained {
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
     * @param at the value of the field that is looked at; the entered one at first
     */
    WhatIf whatIf(
            ModelVersion version, Form form, Object[] row, Target target, Field field, Object at) {
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
                java.util.Arrays.copyOf(results, values.length),
                row[position],
                at,
                results[values.length]);
    }

    private double[] answers(ModelVersion version, Form form, Object[][] rows, Target target) {
        var encoder = new Rows(form);
        var together = Math.min(rows.length, encoder.most());
        var results = new double[rows.length];
        for (int first = 0; first < rows.length; first += together) {
            var part =
                    java.util.Arrays.copyOfRange(
                            rows, first, Math.min(rows.length, first + together));
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

    private <T> T limited(java.util.function.Supplier<T> work) {
        places.acquireUninterruptibly();
        try {
            return work.get();
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
