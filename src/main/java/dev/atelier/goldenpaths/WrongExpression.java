package dev.atelier.goldenpaths;

import org.jspecify.annotations.Nullable;

/** An expression that cannot be rendered, with its place and the reason. */
public final class WrongExpression extends Exception {
    private static final long serialVersionUID = 1;

    private final String at;
    private final @Nullable String expression;
    private final String reason;
    private final int line;
    private final int column;

    /**
     * @param at JSON pointer to the text within what was rendered, or the name of a file
     * @param expression the text; null where it is long
     * @param line within the text, from 1; 0 where it is not known
     * @param column from 1; 0 where it is not known
     */
    WrongExpression(String at, @Nullable String expression, String reason, int line, int column) {
        super(told(at, expression, reason, line, column), null, false, false);
        this.at = at;
        this.expression = expression;
        this.reason = reason;
        this.line = line;
        this.column = column;
    }

    /** One sentence: where, what, why. */
    private static String told(
            String at, @Nullable String expression, String reason, int line, int column) {
        var place = at.isEmpty() ? "" : "In " + at;
        var where =
                line > 0
                        ? (place.isEmpty() ? "Line " : ", line ")
                                + line
                                + (column > 0 ? ", column " + column : "")
                        : "";
        var text = expression == null || expression.contains("\n") ? "" : " “" + expression + "”";
        var start = place + where + text;
        return start.isBlank() ? reason : start.strip() + ": " + reason;
    }

    /** The same, seen from a larger document: its pointer stands before. */
    WrongExpression below(String pointer) {
        return new WrongExpression(pointer + at, expression, reason, line, column);
    }

    public String at() {
        return at;
    }

    public @Nullable String expression() {
        return expression;
    }

    public String reason() {
        return reason;
    }

    public int line() {
        return line;
    }

    public int column() {
        return column;
    }
}
