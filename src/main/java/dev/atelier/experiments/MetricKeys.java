package dev.atelier.experiments;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What the key of a metric tells. */
final class MetricKeys {

    /** Before the keys of what clients measure of the machine. */
    static final String SYSTEM = "system/";

    private static final Pattern WORDS = Pattern.compile("[^a-z0-9]+");

    private static final Set<String> LOWER =
            Set.of(
                    "loss",
                    "error",
                    "err",
                    "rmse",
                    "mse",
                    "mae",
                    "mape",
                    "rmsle",
                    "logloss",
                    "perplexity",
                    "latency",
                    "ms",
                    "seconds",
                    "cost",
                    "wer",
                    "cer",
                    "brier",
                    "time",
                    "duration",
                    "rank");

    private static final Set<String> HIGHER =
            Set.of(
                    "accuracy",
                    "acc",
                    "auc",
                    "auroc",
                    "f1",
                    "recall",
                    "precision",
                    "r2",
                    "score",
                    "map",
                    "iou",
                    "dice",
                    "bleu",
                    "rouge",
                    "ndcg",
                    "mcc",
                    "kappa",
                    "aps",
                    "throughput");

    /** How something spreads or how often it was counted says nothing about better. */
    private static final Set<String> NEITHER = Set.of("std", "var", "variance", "count", "n");

    private MetricKeys() {}

    static boolean system(String key) {
        return key.startsWith(SYSTEM);
    }

    /** Whether more is better, as far as the name says it. */
    static Optional<Boolean> higherIsBetter(String key) {
        var lower = false;
        var higher = false;
        for (var word : WORDS.split(key.toLowerCase(Locale.ROOT))) {
            lower |= LOWER.contains(word);
            higher |= HIGHER.contains(word);
            if (NEITHER.contains(word)) {
                return Optional.empty();
            }
        }
        return lower == higher ? Optional.empty() : Optional.of(higher);
    }
}
