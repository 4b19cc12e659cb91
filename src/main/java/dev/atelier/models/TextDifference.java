package dev.atelier.models;

import java.util.ArrayList;
import java.util.List;

/** Lines before and after, by the longest common subsequence. */
final class TextDifference {

    /**
     * Part of the difference.
     *
     * @param kind {@code same}, {@code del} or {@code ins}; {@code skip} for lines left out
     */
    public record Part(String kind, String text) {}

    private static final int MOST_LINES = 1_500;

    private TextDifference() {}

    /** What changed with one line around it; empty when nothing did. */
    static List<Part> of(String before, String after) {
        var a = before.lines().limit(MOST_LINES).toList();
        var b = after.lines().limit(MOST_LINES).toList();
        if (a.equals(b)) {
            return List.of();
        }
        var common = new int[a.size() + 1][b.size() + 1];
        for (int i = a.size() - 1; i >= 0; i--) {
            for (int j = b.size() - 1; j >= 0; j--) {
                common[i][j] =
                        a.get(i).equals(b.get(j))
                                ? common[i + 1][j + 1] + 1
                                : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        var all = new ArrayList<Part>();
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
                all.add(new Part("same", a.get(i)));
                i++;
                j++;
            } else if (j >= b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
                all.add(new Part("del", a.get(i++)));
            } else {
                all.add(new Part("ins", b.get(j++)));
            }
        }
        return withoutDistant(all);
    }

    private static List<Part> withoutDistant(List<Part> all) {
        var near = new ArrayList<Part>();
        for (int i = 0; i < all.size(); i++) {
            boolean changes =
                    !all.get(i).kind.equals("same")
                            || (i > 0 && !all.get(i - 1).kind.equals("same"))
                            || (i + 1 < all.size() && !all.get(i + 1).kind.equals("same"));
            if (changes) {
                near.add(all.get(i));
            } else if (near.isEmpty() || !near.getLast().kind.equals("skip")) {
                near.add(new Part("skip", "…"));
            }
        }
        return near;
    }
}
