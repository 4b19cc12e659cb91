package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Clause.Operator;
import dev.atelier.platform.problems.Invalid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads search filters as MLflow writes them: {@code metrics.rmse < 0.5 AND params."model type" =
 * 'tree'}. Conditions are joined by AND only; texts stand in single or double quotes, keys with odd
 * characters in backticks or double quotes.
 */
public final class FilterParser {

    private static final int LONGEST = 20_000;
    private static final int MOST = 100;
    private static final String PLACE = "filter@";

    private final String text;
    private int at;

    private FilterParser(String text) {
        this.text = text;
    }

    /**
     * @throws Invalid with the place and what was expected there
     */
    public static List<Clause> parse(@Nullable String filter) {
        if (filter == null || filter.isBlank()) {
            return List.of();
        }
        if (filter.length() > LONGEST) {
            throw new Invalid("The filter has more than %d characters.".formatted(LONGEST));
        }
        var parser = new FilterParser(filter);
        var clauses = new ArrayList<Clause>();
        do {
            if (clauses.size() == MOST) {
                throw new Invalid("The filter has more than %d conditions.".formatted(MOST));
            }
            clauses.add(parser.clause());
        } while (parser.and());
        return clauses;
    }

    /**
     * What a text such as {@code metrics.rmse}, {@code params."model type"} or {@code start_time}
     * names, with what follows it.
     *
     * @param rest behind the key, without blanks around it
     */
    public record Key(String entity, String key, String rest) {}

    /**
     * @throws Invalid when the text does not begin with a key
     */
    public static Key key(String text) {
        var parser = new FilterParser(text);
        parser.space();
        var name = parser.name();
        var entity = "";
        if (parser.peek() == '.') {
            parser.at++;
            entity = name.toLowerCase(Locale.ROOT);
            name = parser.key();
        }
        return new Key(entity, name, text.substring(parser.at).strip());
    }

    private boolean and() {
        space();
        if (at == text.length()) {
            return false;
        }
        if (word("AND")) {
            return true;
        }
        int begin = at;
        if (word("OR")) {
            at = begin;
            throw wrong("conditions can be joined by AND only");
        }
        throw wrong("AND or the end of the filter is expected");
    }

    private Clause clause() {
        space();
        if (peek() == '(') {
            throw wrong("parentheses stand around the values of IN only");
        }
        var first = name();
        var entity = "";
        var key = first;
        if (peek() == '.') {
            at++;
            entity = first.toLowerCase(Locale.ROOT);
            key = key();
        }
        space();
        var operator = operator();
        return switch (operator) {
            case IS_NULL, IS_NOT_NULL -> new Clause(entity, key, operator, new Operand.None());
            case IN, NOT_IN -> new Clause(entity, key, operator, texts());
            default -> new Clause(entity, key, operator, value());
        };
    }

    /** Up to the first dot: an entity, or a bare attribute. */
    private String name() {
        if (peek() == '`' || peek() == '"') {
            return quoted(text.charAt(at));
        }
        int begin = at;
        while (at < text.length() && (Character.isLetterOrDigit(peek()) || peek() == '_')) {
            at++;
        }
        if (begin == at) {
            throw wrong("a name such as metrics.rmse is expected");
        }
        return text.substring(begin, at);
    }

    /** Behind the dot: all that is no space and no operator, or anything in quotes. */
    private String key() {
        if (peek() == '`' || peek() == '"' || peek() == '\'') {
            return quoted(text.charAt(at));
        }
        int begin = at;
        while (at < text.length()
                && !Character.isWhitespace(peek())
                && "=!<>".indexOf(peek()) < 0) {
            at++;
        }
        if (begin == at) {
            throw wrong("a key is expected behind the dot");
        }
        return text.substring(begin, at);
    }

    private Operator operator() {
        for (var sign :
                List.of(
                        Operator.GREATER_OR_EQUAL,
                        Operator.LESS_OR_EQUAL,
                        Operator.UNEQUAL,
                        Operator.EQUAL,
                        Operator.GREATER,
                        Operator.LESS)) {
            if (text.startsWith(sign.text(), at)) {
                at += sign.text().length();
                return sign;
            }
        }
        if (word("LIKE")) {
            return Operator.LIKE;
        }
        if (word("ILIKE")) {
            return Operator.ILIKE;
        }
        if (word("IN")) {
            return Operator.IN;
        }
        if (word("NOT") && word("IN")) {
            return Operator.NOT_IN;
        }
        if (word("IS")) {
            boolean not = word("NOT");
            if (word("NULL")) {
                return not ? Operator.IS_NOT_NULL : Operator.IS_NULL;
            }
        }
        throw wrong("a comparison (=, !=, <, LIKE, IN, IS NULL, …) is expected");
    }

    private Operand value() {
        space();
        if (peek() == '\'' || peek() == '"') {
            return new Operand.Text(quoted(text.charAt(at)));
        }
        int begin = at;
        while (at < text.length() && !Character.isWhitespace(peek()) && peek() != ')') {
            at++;
        }
        var written = text.substring(begin, at);
        try {
            if (!written.isEmpty() && "dDfF".indexOf(written.charAt(written.length() - 1)) < 0) {
                return new Operand.Number(Double.parseDouble(written));
            }
        } catch (NumberFormatException _) {
            // Told below.
        }
        at = begin;
        throw wrong("a number, or a text in quotes, is expected");
    }

    private Operand texts() {
        space();
        if (peek() != '(') {
            throw wrong("a list such as ('a', 'b') is expected");
        }
        var values = new ArrayList<String>();
        do {
            at++;
            space();
            if (peek() != '\'' && peek() != '"') {
                throw wrong("a text in quotes is expected");
            }
            values.add(quoted(text.charAt(at)));
            space();
        } while (peek() == ',');
        if (peek() != ')') {
            throw wrong("a comma or ) is expected");
        }
        at++;
        return new Operand.Texts(values);
    }

    private String quoted(char quote) {
        int begin = ++at;
        var value = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == quote) {
                if (at < text.length() && text.charAt(at) == quote) {
                    at++; // doubled: the quote itself
                } else {
                    return value.toString();
                }
            }
            value.append(c);
        }
        at = begin - 1;
        throw wrong("this quote is not closed");
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    /** Takes a word of the grammar, in whatever case, if it stands here. */
    private boolean word(String word) {
        space();
        int end = at + word.length();
        if (!text.regionMatches(true, at, word, 0, word.length())
                || (end < text.length()
                        && (Character.isLetterOrDigit(text.charAt(end))
                                || text.charAt(end) == '_'))) {
            return false;
        }
        at = end;
        return true;
    }

    private Invalid wrong(String expected) {
        return new Invalid(
                "Invalid filter at character %d (\"%s\"): %s."
                        .formatted(
                                at + 1,
                                text.substring(at, Math.min(text.length(), at + 20)),
                                expected),
                List.of(new Invalid.Field(PLACE + at, expected)));
    }

    /** Where in its text a filter is wrong, from 0 on, as the field of what was thrown says it. */
    static int place(Invalid.Field field) {
        return Integer.parseInt(field.name().substring(PLACE.length()));
    }
}
