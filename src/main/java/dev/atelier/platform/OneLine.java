package dev.atelier.platform;

import io.quarkus.logging.LoggingFilter;
import java.util.Arrays;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtLogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what people typed on the line of the log that tells of it: line ends, escape sequences and
 * the like in a message, its values, or what an exception says, are written as {@code \\u000a}.
 * Only the announcement of the start has several lines.
 */
@LoggingFilter(name = "one-line")
public final class OneLine implements Filter {

    private static final Pattern CONTROL =
            Pattern.compile("[\\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069&&[^\\t]]");

    /** The logger of the announcement, whose values are the portal's own. */
    public static final String SEVERAL_LINES = "atelier";

    @Override
    public boolean isLoggable(LogRecord record) {
        if (SEVERAL_LINES.equals(record.getLoggerName())) {
            return true;
        }
        var message = record.getMessage();
        if (message != null && record instanceof ExtLogRecord log) {
            var clean = of(message);
            if (!clean.equals(message)) {
                log.setMessage(clean, log.getFormatStyle());
            }
        }
        var values = record.getParameters();
        if (values != null && values.length > 0) {
            record.setParameters(Arrays.stream(values).map(OneLine::value).toArray());
        }
        var thrown = record.getThrown();
        if (thrown != null && odd(thrown, 0)) {
            record.setThrown(new Said(thrown, 0));
        }
        return true;
    }

    /** The same text without what could end its line or move the cursor. */
    public static String of(String text) {
        return CONTROL.matcher(text)
                .replaceAll(match -> "\\\\u%04x".formatted((int) match.group().charAt(0)));
    }

    private static @Nullable Object value(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Number number -> number;
            case Object other -> of(String.valueOf(other));
        };
    }

    /** Deep enough for any honest chain of causes. */
    private static final int DEEPEST = 20;

    private static boolean odd(Throwable thrown, int depth) {
        var cause = thrown.getCause();
        return CONTROL.matcher(String.valueOf(thrown.getMessage())).find()
                || (cause != null && depth < DEEPEST && odd(cause, depth + 1));
    }

    /** An exception as it may be printed. */
    private static final class Said extends Exception {
        private static final long serialVersionUID = 1;
        private final String words;

        Said(Throwable real, int depth) {
            super(
                    null,
                    real.getCause() == null || depth >= DEEPEST
                            ? null
                            : new Said(real.getCause(), depth + 1));
            words = of(real.toString());
            setStackTrace(real.getStackTrace());
        }

        @Override
        public String toString() {
            return words;
        }
    }
}
