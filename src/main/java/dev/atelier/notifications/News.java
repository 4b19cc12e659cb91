package dev.atelier.notifications;

/**
 * Something that happened.
 *
 * @param text one sentence without a full stop at its end; cut at 300 characters
 * @param about reference of the entity it is about, say {@code model:default/churn}; whoever may
 *     not see that one never sees this
 * @param address page inside the portal where one looks or acts
 */
public record News(Topic topic, String text, String about, String address) {

    static final int LONGEST = 300;

    public News {
        text = oneLine(text);
        if (text.isEmpty() || about.isBlank()) {
            throw new IllegalArgumentException("News says something about something");
        }
        if (!address.startsWith("/")
                || address.startsWith("//")
                || address.indexOf('\\') >= 0
                || address.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("News leads to a page of the portal: " + address);
        }
    }

    private static String oneLine(String text) {
        var line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
        if (line.length() <= LONGEST) {
            return line;
        }
        var end = LONGEST - 1;
        return line.substring(0, Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end)
                + "…";
    }
}
