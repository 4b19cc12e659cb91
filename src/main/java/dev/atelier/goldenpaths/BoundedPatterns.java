package dev.atelier.goldenpaths;

import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressionFactory;
import com.networknt.schema.regex.RegularExpressions;
import dev.atelier.platform.problems.Invalid;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Patterns of templates, which anybody may have written: one that tries too many ways ({@code
 * (a+)+$} on a long text) is stopped instead of holding the portal.
 */
final class BoundedPatterns implements RegularExpressionFactory {

    private static final Duration LIMIT = Duration.ofMillis(250);

    /** Letters that are read between two looks at the clock. */
    private static final int STRIDE = 1 << 10;

    @Override
    public RegularExpression getRegularExpression(String regex) {
        try {
            var pattern =
                    Pattern.compile(
                            RegularExpressions.replaceLongformCharacterProperties(
                                    RegularExpressions.replaceDollarAnchors(regex)));
            return value -> find(pattern, value, regex);
        } catch (PatternSyntaxException e) {
            throw new Invalid(
                    "The template's pattern %s is wrong: %s."
                            .formatted(Workspace.shown(regex), e.getDescription()));
        }
    }

    private static boolean find(Pattern pattern, String value, String regex) {
        try {
            return pattern.matcher(new Timed(value, System.nanoTime() + LIMIT.toNanos())).find();
        } catch (TooLong | StackOverflowError e) {
            throw new Invalid(
                    "The template's pattern %s cannot decide about this text: it has too many ways to try. Tell its owner."
                            .formatted(Workspace.shown(regex)));
        }
    }

    private static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooLong() {
            super(null, null, false, false);
        }
    }

    /** A text that looks at the clock while it is read. */
    private static final class Timed implements CharSequence {
        private final String text;
        private final long until;
        private int read;

        Timed(String text, long until) {
            this.text = text;
            this.until = until;
        }

        @Override
        public char charAt(int index) {
            if (++read % STRIDE == 0 && System.nanoTime() > until) {
                throw new TooLong();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
