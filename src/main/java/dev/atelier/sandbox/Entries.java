package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface;
import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What people entered, by field name: the text of each control, as typed. Kept with a call so that
 * a link can open it again.
 */
record Entries(Map<String, List<String>> texts) {

    private static final int LONGEST_TEXT = 100_000;

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(\\d{1,400}\\.?\\d{0,400}|\\.\\d{1,400})([eE][+-]?\\d{1,4})?");

    /** Every field with what stands in it before anybody typed. */
    static Entries presets(Form form) {
        var texts = new LinkedHashMap<String, List<String>>();
        form.fields().forEach(field -> texts.put(field.name(), List.of(Form.preset(field))));
        return new Entries(texts);
    }

    /** An example's values, presets where it gives none. */
    static Entries example(Form form, ModelInterface.Example example) {
        var texts = new LinkedHashMap<>(presets(form).texts);
        example.values()
                .forEach(
                        (name, value) -> {
                            var list = new ArrayList<String>();
                            if (value.isArray() && value.path(0).isTextual()) {
                                value.forEach(v -> list.add(v.asText()));
                            } else {
                                list.add(Form.text(value));
                            }
                            texts.put(name, list);
                        });
        return new Entries(texts);
    }

    /** The value of a slider. */
    static Object at(Field field, String text) {
        try {
            return number(field, text.strip());
        } catch (IllegalArgumentException e) {
            throw new Invalid(
                    "The value cannot be read",
                    List.of(new Invalid.Field(field.name(), String.valueOf(e.getMessage()))));
        }
    }

    String text(Field field) {
        var given = texts.get(field.name());
        return given == null || given.isEmpty() ? "" : given.getFirst();
    }

    List<String> texts(Field field) {
        return texts.getOrDefault(field.name(), List.of());
    }

    /**
     * The values as a row for {@link Rows}.
     *
     * @throws Invalid naming every wrong field, what was expected and what came
     */
    Object[] row(Form form) {
        var wrong = new ArrayList<Invalid.Field>();
        var row = new Object[form.fields().size()];
        for (int i = 0; i < row.length; i++) {
            var field = form.fields().get(i);
            try {
                row[i] = value(field);
            } catch (IllegalArgumentException e) {
                wrong.add(new Invalid.Field(field.name(), String.valueOf(e.getMessage())));
                row[i] = 0.0;
            }
        }
        if (!wrong.isEmpty()) {
            throw new Invalid(
                    wrong.size() == 1
                            ? "One field needs a look"
                            : wrong.size() + " fields need a look",
                    wrong);
        }
        return row;
    }

    Object value(Field field) {
        var given = text(field).strip();
        return switch (field.type()) {
            case NUMBER -> number(field, given);
            case BOOLEAN ->
                    switch (given.toLowerCase(java.util.Locale.ROOT)) {
                        case "true", "on", "1", "yes" -> 1.0;
                        case "", "false", "off", "0", "no" -> 0.0;
                        default ->
                                throw new IllegalArgumentException(
                                        "Enter yes or no, not “%s”.".formatted(shortened(given)));
                    };
            case CATEGORY ->
                    field.choices().stream()
                            .map(choice -> choice.value())
                            .filter(v -> Form.text(v).equals(given))
                            .findFirst()
                            .<Object>map(v -> v.isNumber() ? (Object) v.doubleValue() : v.asText())
                            .orElseThrow(
                                    () ->
                                            new IllegalArgumentException(
                                                    "“%s” is not one of %s."
                                                            .formatted(
                                                                    shortened(given),
                                                                    String.join(
                                                                            ", ",
                                                                            field.choices().stream()
                                                                                    .map(
                                                                                            c ->
                                                                                                    c
                                                                                                            .label())
                                                                                    .limit(12)
                                                                                    .toList()))));
            case CONSTANT ->
                    field.value() == null
                            ? (Object) 0.0
                            : field.value().isNumber()
                                    ? (Object) field.value().doubleValue()
                                    : field.value().asText();
            case TEXT -> {
                if (given.length() > LONGEST_TEXT) {
                    throw new IllegalArgumentException(
                            "The text has %,d characters; at most %,d are taken."
                                    .formatted(given.length(), LONGEST_TEXT));
                }
                yield given;
            }
            case TENSOR, IMAGE, AUDIO -> given;
        };
    }

    private static Double number(Field field, String given) {
        if (given.isEmpty()) {
            throw new IllegalArgumentException(
                    "Enter a number%s."
                            .formatted(field.unit() == null ? "" : " in " + field.unit()));
        }
        var plain = given.replace('−', '-').replace(",", given.contains(".") ? "" : ".");
        if (!NUMBER.matcher(plain).matches()) {
            throw new IllegalArgumentException(
                    "Enter a number, not “%s”.".formatted(shortened(given)));
        }
        var value = Double.parseDouble(plain);
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("Enter a finite number.");
        }
        if (field.integer() && value != Math.rint(value)) {
            throw new IllegalArgumentException("Enter a whole number, not %s.".formatted(given));
        }
        return value;
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
