package dev.atelier.goldenpaths;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Patterns of paths as Backstage's actions take them: {@code *} and {@code ?} within a name, {@code
 * **} across folders (also none), {@code {a,b}}, {@code [a-z]}, {@code !} before one that takes
 * away.
 */
final class Globs {

    private record Rule(boolean takes, Pattern pattern) {}

    private final List<Rule> rules;

    Globs(Collection<String> patterns) {
        rules =
                patterns.stream()
                        .map(
                                text ->
                                        text.startsWith("!")
                                                ? new Rule(false, pattern(text.substring(1)))
                                                : new Rule(true, pattern(text)))
                        .toList();
    }

    /** Whether the last pattern that says something about a path takes it. */
    boolean match(String path) {
        boolean taken = false;
        for (var rule : rules) {
            if (rule.pattern.matcher(path).matches()) {
                taken = rule.takes;
            }
        }
        return taken;
    }

    private static Pattern pattern(String glob) {
        var text = glob.startsWith("./") ? glob.substring(2) : glob;
        var regex = new StringBuilder();
        int braces = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '*' -> {
                    if (text.startsWith("**/", i)) {
                        regex.append("(?:[^/]+/)*+");
                        i += 2;
                    } else if (text.startsWith("**", i)) {
                        regex.append(".*+");
                        i++;
                    } else {
                        regex.append("[^/]*");
                    }
                }
                case '?' -> regex.append("[^/]");
                case '{' -> {
                    braces++;
                    regex.append("(?:");
                }
                case '}' -> regex.append(braces-- > 0 ? ")" : "\\}");
                case ',' -> regex.append(braces > 0 ? "|" : ",");
                case '[' -> {
                    int end = text.indexOf(']', i + 1);
                    if (end < 0) {
                        regex.append("\\[");
                    } else {
                        var set = text.substring(i + 1, end).replace("\\", "").replace("[", "");
                        regex.append('[')
                                .append(set.startsWith("!") ? "^" + set.substring(1) : set)
                                .append(']');
                        i = end;
                    }
                }
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        regex.append(")".repeat(Math.max(0, braces)));
        try {
            return Pattern.compile(regex.toString(), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            return Pattern.compile(Pattern.quote(glob));
        }
    }
}
