package dev.atelier.monitoring.statistics;

/**
 * A figure that was estimated without labels.
 *
 * @param value 0 to 1; NaN where it is undefined
 * @param standardError of the figure that labels would give
 */
public record Estimate(double value, double standardError) {

    /** Half the width of the band, in standard errors. */
    private static final double BAND = 3;

    /** Lower end of the confidence band, three standard errors below; at least 0. */
    public double low() {
        return Math.max(0, value - BAND * standardError);
    }

    /** Upper end of the confidence band, three standard errors above; at most 1. */
    public double high() {
        return Math.min(1, value + BAND * standardError);
    }
}
