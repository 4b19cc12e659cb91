package dev.atelier.sandbox;

import dev.atelier.inference.ModelInterface.Field;
import dev.atelier.inference.ModelInterface.FieldType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One control of the form as the page draws it.
 *
 * @param value what stands in it
 * @param pad whether it can be drawn by hand
 * @param file what stands for an upload: a file of the bundle, or an earlier upload's digest
 */
record Control(
        String id,
        String name,
        String type,
        String label,
        @Nullable String unit,
        String hint,
        @Nullable String error,
        String value,
        List<Choice> choices,
        boolean multiline,
        boolean pad,
        @Nullable String file,
        @Nullable String fileAt) {

    private static final int DRAWN_SIDE = 64;

    /** Where what stands for an upload can be seen. */
    @FunctionalInterface
    interface Address {
        String of(Field field, String value);
    }

    record Choice(String value, String label, boolean selected) {}

    record Group(String title, List<Control> controls) {}

    static List<Group> groups(
            Form form, Entries entries, Map<String, String> errors, Address uploads) {
        return form.groups().entrySet().stream()
                .map(
                        group ->
                                new Group(
                                        group.getKey(),
                                        group.getValue().stream()
                                                .flatMap(
                                                        f ->
                                                                of(
                                                                        f, form, entries, errors,
                                                                        uploads)
                                                                        .stream())
                                                .toList()))
                .toList();
    }

    static List<Control> of(
            Field field, Form form, Entries entries, Map<String, String> errors, Address uploads) {
        var id = "f-" + field.name().replaceAll("[^A-Za-z0-9_-]", "-");
        if (field.type() == FieldType.TEXT && form.comparesTexts()) {
            var texts = entries.texts(field);
            return List.of(
                    of(
                            field,
                            id + "-1",
                            "First text",
                            texts.isEmpty() ? "" : texts.get(0),
                            errors,
                            uploads),
                    of(
                            field,
                            id + "-2",
                            "Second text",
                            texts.size() < 2 ? "" : texts.get(1),
                            errors,
                            uploads));
        }
        return List.of(of(field, id, field.label(), entries.text(field), errors, uploads));
    }

    private static Control of(
            Field field,
            String id,
            String label,
            String value,
            Map<String, String> errors,
            Address uploads) {
        var upload = field.type() == FieldType.IMAGE || field.type() == FieldType.AUDIO;
        return new Control(
                id,
                field.name(),
                field.type().name().toLowerCase(java.util.Locale.ROOT),
                label,
                field.unit(),
                hint(field),
                errors.get(field.name()),
                upload ? "" : value,
                field.choices().stream()
                        .map(
                                c ->
                                        new Choice(
                                                Form.text(c.value()),
                                                c.label(),
                                                Form.text(c.value()).equals(value)))
                        .toList(),
                field.multiline(),
                drawn(field),
                upload && !value.isEmpty() ? value : null,
                upload && !value.isEmpty() ? uploads.of(field, value) : null);
    }

    /** Small pictures of one channel, as of digits, can be drawn by hand. */
    private static boolean drawn(Field field) {
        return field.type() == FieldType.IMAGE
                && "L".equals(field.channels())
                && field.width() != null
                && field.height() != null
                && Math.max(field.width(), field.height()) <= DRAWN_SIDE;
    }

    /** What helps to fill it in: the range of the data, where its middle half lies. */
    private static String hint(Field field) {
        var range =
                field.type() == FieldType.NUMBER && field.quartiles().size() == 3
                        ? "Middle half: %s to %s"
                                .formatted(
                                        Figures.compact(field.quartiles().get(0)),
                                        Figures.compact(field.quartiles().get(2)))
                        : "";
        if (field.type() == FieldType.NUMBER
                && field.minimum() != null
                && field.maximum() != null) {
            range +=
                    (range.isEmpty() ? "Trained on " : "; trained on ")
                            + Figures.compact(field.minimum())
                            + " to "
                            + Figures.compact(field.maximum());
        }
        if (field.type() == FieldType.TENSOR) {
            range = "JSON, nested or flat";
        }
        return field.help() == null
                ? range
                : range.isEmpty() ? field.help() : field.help() + ". " + range;
    }
}
