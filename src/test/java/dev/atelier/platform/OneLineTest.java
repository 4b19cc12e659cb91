package dev.atelier.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.logging.LoggingFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Properties;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A line of the log")
class OneLineTest {

    private static final PatternFormatter FORMATTER = new PatternFormatter("%-5p %s%n");

    private static String logged(ExtLogRecord record) {
        assertThat(new OneLine().isLoggable(record)).isTrue();
        return FORMATTER.format(record);
    }

    private static ExtLogRecord record(String message, Object... values) {
        var record =
                new ExtLogRecord(
                        Level.WARN,
                        message,
                        ExtLogRecord.FormatStyle.PRINTF,
                        OneLineTest.class.getName());
        record.setLoggerName("dev.atelier.test");
        record.setParameters(values);
        return record;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n12:00:00 INFO  forged",
                "\n",
                "\r",
                "\u001b[2J\u001b[31m",
                "\u2028forged",
                "\u2029forged",
                "\u0085forged",
                "\u009b31m",
                "\b\b\b\b",
                "\0",
                "\u202egnihton",
                "\u2066x"
            })
    void stays_one_whatever_somebody_is_called(String name) {
        var line = logged(record("No account \"%s\" (%d tries)", name, 3));

        assertThat(line.strip().codePoints().filter(c -> c < ' ' || (c >= 0x7f && c < 0xa0)))
                .isEmpty();
        assertThat(line).doesNotContain("\u2028", "\u2029", "\u202e", "\u2066").contains("\\u");
        assertThat(line.lines()).hasSize(1);
        assertThat(line).contains("(3 tries)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\nforged", "\u001b[2J", "\u2028forged"})
    void stays_one_whatever_others_put_into_the_message_itself(String text) {
        assertThat(logged(record("Request to /" + text + " failed")).lines()).hasSize(1);
    }

    @Test
    void keeps_what_an_exception_says_on_its_line() {
        var record = record("It failed");
        record.setThrown(
                new IllegalStateException(
                        "outer\nforged", new IllegalArgumentException("inner\u001b[2J")));
        assertThat(new OneLine().isLoggable(record)).isTrue();
        var seen = new ArrayList<String>();
        for (var thrown = record.getThrown(); thrown != null; thrown = thrown.getCause()) {
            seen.add(thrown.toString());
            assertThat(thrown.getStackTrace()).isNotEmpty();
        }
        assertThat(seen)
                .containsExactly(
                        "java.lang.IllegalStateException: outer\\u000aforged",
                        "java.lang.IllegalArgumentException: inner\\u001b[2J");
    }

    @Test
    void is_as_it_was_when_nothing_is_odd() {
        assertThat(logged(record("%s took %d ms, café\tnaïve 日本", "scan", 12)))
                .contains("scan took 12 ms, café\tnaïve 日本");
    }

    @Test
    void passes_the_filter_on_its_way_to_the_console() throws IOException {
        var settings = new Properties();
        try (var file = OneLine.class.getResourceAsStream("/application.properties")) {
            settings.load(file);
        }
        assertThat(settings.getProperty("quarkus.log.console.filter"))
                .isEqualTo(OneLine.class.getAnnotation(LoggingFilter.class).name());
    }
}
