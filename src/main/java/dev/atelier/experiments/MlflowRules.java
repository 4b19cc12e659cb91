package dev.atelier.experiments;

import dev.atelier.platform.problems.Invalid;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What may be recorded: the limits of MLflow 3 (its {@code utils/validation.py}). */
public final class MlflowRules {

    public static final int KEY = 250;
    static final int PARAM = 6_000;
    static final int RUN_TAG = 8_000;
    static final int EXPERIMENT_NAME = 500;
    static final int EXPERIMENT_TAG = 5_000;
    static final int BATCH_METRICS = 1_000;
    static final int BATCH_PARAMS = 100;
    static final int BATCH_TAGS = 100;
    static final int BATCH_BYTES = 1_000_000;

    private static final Pattern NAME =
            Pattern.compile("[/\\w.\\- :]*", Pattern.UNICODE_CHARACTER_CLASS);

    private MlflowRules() {}

    /**
     * A key of a param, metric or tag: letters, digits, {@code _ - . space / :}, as a plain path.
     */
    public static void key(String what, @Nullable String key) {
        if (key == null || key.isEmpty()) {
            throw MlflowFields.missing("key");
        }
        atMost(what + " name", key, KEY);
        if (!NAME.matcher(key).matches() || !plainPath(key)) {
            throw new Invalid(
                    ("Invalid %s name: '%s'. Names may only contain letters, digits, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/),"
                                    + " and read as a path without '..', leading or double slashes.")
                            .formatted(what, shown(key)));
        }
    }

    private static boolean plainPath(String key) {
        if (key.startsWith("/") || key.endsWith("/") || key.contains("//")) {
            return false;
        }
        for (var part : key.split("/")) {
            if (part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }

    public static void atMost(String what, String text, int most) {
        if (text.length() > most) {
            throw new Invalid(
                    "%s '%s' had length %d, which exceeded length limit of %d"
                            .formatted(
                                    Character.toUpperCase(what.charAt(0)) + what.substring(1),
                                    shown(text),
                                    text.length(),
                                    most));
        }
    }

    static void param(String key, String value) {
        key("param", key);
        atMost("param value", value, PARAM);
    }

    static void runTag(String key, String value) {
        key("tag", key);
        atMost("tag value", value, RUN_TAG);
    }

    static void experimentTag(String key, String value) {
        key("tag", key);
        atMost("tag value", value, EXPERIMENT_TAG);
    }

    static void experimentName(String name) {
        if (name.isBlank()) {
            throw new Invalid("Invalid experiment name: it must not be empty.");
        }
        atMost("experiment name", name, EXPERIMENT_NAME);
    }

    static void dataSet(RunLinks.DataSet set) {
        atMost("dataset name", set.name(), 500);
        atMost("dataset digest", set.digest(), 36);
        atMost("dataset source_type", set.sourceType(), 36);
        atMost("dataset source", set.source(), 65_535);
        atMost("dataset schema", set.schema() == null ? "" : set.schema(), 1_048_575);
        atMost("dataset profile", set.profile() == null ? "" : set.profile(), 16_777_215);
    }

    static void inputTag(String key, String value) {
        atMost("input tag key", key, 255);
        atMost("input tag value", value, 500);
    }

    static void loggedModelTag(String key, String value) {
        atMost("tag name", key, KEY);
        atMost("tag value", value, 100_000);
    }

    /** Names of logged models are part of nothing: they need not be unique, nor plain paths. */
    static void loggedModelName(String name) {
        if (name.isBlank() || name.chars().anyMatch(c -> "/:.%\"'".indexOf(c) >= 0)) {
            throw new Invalid(
                    "Invalid model name '%s': it must be a non-empty text without / : . %% \" and '."
                            .formatted(shown(name)));
        }
        atMost("model name", name, KEY);
    }

    private static String shown(String text) {
        return text.length() > 100 ? text.substring(0, 100) + "…" : text;
    }
}
