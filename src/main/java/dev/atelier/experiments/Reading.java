package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.platform.web.Figures;
import java.util.List;
import java.util.stream.Collectors;

/** A filter in plain words, so that one sees that it says what one meant. */
final class Reading {

    private Reading() {}

    static String of(List<Clause> clauses) {
        return clauses.stream().map(Reading::words).collect(Collectors.joining(", "));
    }

    private static String words(Clause clause) {
        var subject = subject(clause);
        var value = value(clause.operand());
        return switch (clause.operator()) {
            case EQUAL -> "%s is %s".formatted(subject, value);
            case UNEQUAL -> "%s is there and not %s".formatted(subject, value);
            case GREATER -> "%s above %s".formatted(subject, value);
            case GREATER_OR_EQUAL -> "%s at least %s".formatted(subject, value);
            case LESS -> "%s below %s".formatted(subject, value);
            case LESS_OR_EQUAL -> "%s at most %s".formatted(subject, value);
            case LIKE -> "%s like %s".formatted(subject, value);
            case ILIKE -> "%s like %s in any case".formatted(subject, value);
            case IN -> "%s is one of %s".formatted(subject, value);
            case NOT_IN -> "%s is none of %s".formatted(subject, value);
            case IS_NULL -> "%s is not there".formatted(subject);
            case IS_NOT_NULL -> "%s is there".formatted(subject);
        };
    }

    private static String subject(Clause clause) {
        return switch (clause.entity()) {
            case "metrics", "metric" -> "metric " + clause.key();
            case "params", "param", "parameters", "parameter" -> "parameter " + clause.key();
            case "tags", "tag" -> "tag " + clause.key();
            case "datasets", "dataset" -> "data set's " + clause.key();
            default -> clause.key().replace('_', ' ');
        };
    }

    private static String value(Operand operand) {
        return switch (operand) {
            case Operand.Text text -> "“" + text.value() + "”";
            case Operand.Number number -> Figures.number(number.value());
            case Operand.Texts texts ->
                    texts.values().stream()
                            .map(text -> "“" + text + "”")
                            .collect(Collectors.joining(", "));
            case Operand.None _ -> "";
        };
    }
}
