package dev.atelier.monitoring.statistics;

/**
 * Finds places among rising numbers in about one step where halving takes seven, each of which a
 * processor guesses wrong half of the time: by where a number lies between the first and the last
 * of them, in equal parts.
 */
final class Guide {

    private static final int PARTS = 128;

    private final double[] rising;
    private final double lowest;
    private final double scale;

    /** How many numbers lie before each part, and all of them. */
    private final int[] before = new int[PARTS + 1];

    /**
     * @param rising finite; not copied
     */
    Guide(double[] rising) {
        this.rising = rising;
        int count = rising.length;
        lowest = count == 0 ? 0 : rising[0];
        double span = count == 0 ? 0 : rising[count - 1] - lowest;
        // A span that is nothing, tiny or beyond a double leaves all in the first part.
        double parts = PARTS / span;
        scale = Double.isFinite(parts) ? parts : 0;
        for (double number : rising) {
            before[part(number) + 1]++;
        }
        for (int i = 0; i < PARTS; i++) {
            before[i + 1] += before[i];
        }
    }

    /** Never falls where the number rises, so numbers of other parts need not be looked at. */
    private int part(double value) {
        double part = (value - lowest) * scale;
        return part >= PARTS ? PARTS - 1 : part > 0 ? (int) part : 0;
    }

    /**
     * The first place that holds a number or more; the count of them where none does.
     *
     * @param value finite
     */
    int firstFrom(double value) {
        int part = part(value);
        int at = before[part];
        int end = before[part + 1];
        while (at < end) {
            int middle = end - at <= 8 ? at : (at + end) >>> 1;
            if (rising[middle] < value) {
                at = middle + 1;
            } else if (middle == at) {
                return at;
            } else {
                end = middle;
            }
        }
        return at;
    }
}
