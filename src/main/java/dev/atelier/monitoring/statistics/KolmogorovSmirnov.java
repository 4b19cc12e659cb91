package dev.atelier.monitoring.statistics;

/**
 * The Kolmogorov-Smirnov test of two samples, {@code D = sup |F - G|}, on counts in cells.
 *
 * @param distance the largest difference at the ends of the cells: 0 to 1, never above that of the
 *     rows themselves
 * @param error by how much that of the rows may be larger at most; 0 where each number has a cell
 *     of its own. It is a bound for the worst rows, of about the share of the fullest cell;
 *     measured errors are far below (0.0016 at 10,000 rows and 100 bins).
 * @param pValue how likely a distance of that size is where nothing has changed; asymptotic, so
 *     good from some dozens of rows on
 */
public record KolmogorovSmirnov(double distance, double error, double pValue) {

    /** Below it Kolmogorov's series converges slowly, and its transform fast. */
    private static final double SMALL = 1.0;

    private static final int TERMS = 6;

    /**
     * @param reference counts in the order of the cells, not all 0
     * @param now the same, not all 0
     */
    static KolmogorovSmirnov of(NumericBinning binning, long[] reference, long[] now) {
        double n0 = Distances.sum(reference);
        double n = Distances.sum(now);
        long before = 0;
        long since = 0;
        double distance = 0;
        double most = 0;
        for (int i = 0; i < reference.length; i++) {
            double from0 = before / n0;
            double from = since / n;
            before += reference[i];
            since += now[i];
            double to0 = before / n0;
            double to = since / n;
            distance = Math.max(distance, Math.abs(to0 - to));
            if (!single(binning, i)) {
                most = Math.max(most, Math.max(to0 - from, to - from0));
            }
        }
        double error = Math.max(0, most - distance);
        return new KolmogorovSmirnov(distance, error, pValue(distance, n0, n));
    }

    /** Whether a cell holds one number only, so that nothing can differ within. */
    private static boolean single(NumericBinning binning, int cell) {
        return switch (binning) {
            case DistinctValues _ -> cell % 2 == 1;
            case QuantileBins bins -> cell == 1 && bins.lowest() == bins.bounds()[0];
        };
    }

    /** {@code Q(D √(n n0 / (n + n0)))} with Kolmogorov's limit {@code Q}. */
    static double pValue(double distance, double n0, double n) {
        return survival(distance * Math.sqrt(n0 / (n0 + n) * n));
    }

    /**
     * {@code Q(l) = 2 Σ (-1)^(i-1) exp(-2 i² l²)}, and for small l the same sum transformed, {@code
     * 1 - √(2π)/l Σ exp(-(2i-1)² π² / (8 l²))}; each with an error below 1e-15.
     */
    static double survival(double lambda) {
        if (lambda <= 0) {
            return 1;
        }
        double sum = 0;
        for (int i = 1; i <= TERMS; i++) {
            if (lambda < SMALL) {
                double odd = (2 * i - 1) * Math.PI / lambda;
                sum += Math.exp(-odd * odd / 8);
            } else {
                double term = Math.exp(-2 * i * lambda * i * lambda);
                sum += i % 2 == 1 ? term : -term;
            }
        }
        double q = lambda < SMALL ? 1 - Math.sqrt(2 * Math.PI) / lambda * sum : 2 * sum;
        return Math.clamp(q, 0, 1);
    }
}
