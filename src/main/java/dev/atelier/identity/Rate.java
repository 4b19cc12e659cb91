package dev.atelier.identity;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * So many within that time: {@code 300/1h}; a burst may use all of it at once.
 *
 * @param most 0 when nothing is counted ({@code off})
 */
public record Rate(int most, Duration window) {

    private static final Pattern FORM =
            Pattern.compile("([1-9][0-9]{0,8})/([1-9][0-9]{0,3})([smhd])");
    private static final Rate OFF = new Rate(0, Duration.ZERO);

    /**
     * As written in the configuration.
     *
     * @throws IllegalArgumentException when it is neither a rate nor {@code off}
     */
    public static Rate of(String text) {
        if (text.strip().equals("off")) {
            return OFF;
        }
        var match = FORM.matcher(text.strip());
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "A limit is a number and a time, as in 300/1h, 20/10s or 5/1d, or off; not \""
                            + text
                            + "\"");
        }
        return new Rate(
                Integer.parseInt(match.group(1)),
                Duration.parse(
                        match.group(3).equals("d")
                                ? "P" + match.group(2) + "D"
                                : "PT" + match.group(2) + match.group(3)));
    }

    boolean off() {
        return most == 0;
    }

    /** How long one use takes to drain. */
    Duration step() {
        return window.dividedBy(most);
    }
}
