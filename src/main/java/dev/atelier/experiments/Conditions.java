package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Clause.Operator;
import dev.atelier.platform.problems.Invalid;
import java.util.Locale;

/** Conditions of search filters as SQL. What was sent is always a value, never part of the text. */
public final class Conditions {

    private Conditions() {}

    /** The sign of a comparison of numbers. */
    public static String sign(Clause clause) {
        return switch (clause.operator()) {
            case EQUAL -> "=";
            case UNEQUAL -> "<>";
            case GREATER -> ">";
            case GREATER_OR_EQUAL -> ">=";
            case LESS -> "<";
            case LESS_OR_EQUAL -> "<=";
            default ->
                    throw new Invalid(
                            "'%s' is a number: it is compared with =, !=, <, <=, > or >=, not with %s."
                                    .formatted(clause.key(), clause.operator().text()));
        };
    }

    /**
     * @param column of type bigint
     */
    public static SqlText number(String column, Clause clause) {
        if (!(clause.operand() instanceof Operand.Number number)) {
            throw new Invalid(
                    "'%s' is compared with a number, without quotes.".formatted(clause.key()));
        }
        return new SqlText().add(column + " " + sign(clause) + " ?", number.value());
    }

    public static SqlText text(String column, Clause clause) {
        return switch (clause.operand()) {
            case Operand.Text text ->
                    new SqlText()
                            .add(
                                    column
                                            + switch (clause.operator()) {
                                                case EQUAL -> " = ?";
                                                case UNEQUAL -> " <> ?";
                                                case LIKE -> " like ?";
                                                case ILIKE -> " ilike ?";
                                                default ->
                                                        throw new Invalid(
                                                                "'%s' is a text: it is compared with =, !=, LIKE or ILIKE."
                                                                        .formatted(clause.key()));
                                            },
                                    pattern(clause.operator(), text.value()));
            case Operand.Texts texts ->
                    new SqlText()
                            .add(
                                    column
                                            + (clause.operator() == Operator.IN
                                                    ? " = any(?)"
                                                    : " <> all(?)"),
                                    (Object) texts.values().toArray(String[]::new));
            case Operand.Number _ ->
                    throw new Invalid(
                            "'%s' is a text: write its value in quotes.".formatted(clause.key()));
            case Operand.None _ ->
                    throw new Invalid(
                            "IS NULL is for params and tags, not for '%s'."
                                    .formatted(clause.key()));
        };
    }

    /** In MLflow a backslash is a character like any other. */
    private static String pattern(Operator operator, String value) {
        return operator == Operator.LIKE || operator == Operator.ILIKE
                ? value.replace("\\", "\\\\")
                : value;
    }

    /** {@code asc} or {@code desc} behind a key that a list is ordered by. */
    public static String way(FilterParser.Key by, String text) {
        return switch (by.rest().toLowerCase(Locale.ROOT)) {
            case "", "asc" -> " asc";
            case "desc" -> " desc";
            default ->
                    throw new Invalid(
                            "Invalid order_by '%s': a key, then ASC or DESC.".formatted(text));
        };
    }
}
