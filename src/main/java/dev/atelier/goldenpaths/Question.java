package dev.atelier.goldenpaths;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question of a form, ready to be drawn.
 *
 * @param at JSON pointer to its answer, which is its name in the form too
 * @param id for the page
 * @param kind how it is asked, see {@link Kind}
 * @param value as text; empty for none
 * @param choices for kinds that choose
 * @param parts questions within it
 * @param fault what is wrong with the answer; null when nothing is
 */
public record Question(
        String at,
        String id,
        Kind kind,
        String label,
        String help,
        boolean required,
        String value,
        List<Choice> choices,
        List<Question> parts,
        String placeholder,
        boolean disabled,
        boolean autofocus,
        boolean asksMore,
        @Nullable String fault) {

    static final String SEVERAL = "several";

    /** Ways to ask. */
    public enum Kind {
        TEXT,
        LINES,
        NUMBER,
        PASSWORD,
        FILES,
        YES,
        SELECT,
        RADIO,
        CHECKS,
        LIST,
        SUGGEST,
        REPOSITORY,
        GROUP,
        REPEAT,
        DATE,
        EMAIL,
        ADDRESS
    }

    /** A choice. */
    public record Choice(String value, String label, String help, boolean chosen) {}

    /** For templates, which compare texts. */
    public String way() {
        return kind.name();
    }

    /** Of a question for files: whether it takes several. */
    public boolean several() {
        return placeholder.equals(SEVERAL);
    }

    /** Whether its answer, or one within it, decides about other questions. */
    boolean anyAsksMore() {
        return asksMore || parts.stream().anyMatch(Question::anyAsksMore);
    }

    /** What is read out with the field: help and fault. */
    public String described() {
        return (help.isEmpty() ? "" : id + "-h ") + (fault == null ? "" : id + "-e");
    }

    /** What an entry of a repeated group is called. */
    public int number() {
        var last = at.substring(at.lastIndexOf('/') + 1);
        return last.matches("[0-9]+") ? Integer.parseInt(last) + 1 : 0;
    }
}
