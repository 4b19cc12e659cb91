package dev.atelier.monitoring.statistics;

/**
 * How far predictions of numbers were off. Adds up; all figures follow exactly, to rounding.
 *
 * @param error predicted less actual: its mean is the bias, its spread that of the residuals
 * @param absolute of the error
 * @param relative absolute error by absolute actual, where that is not 0
 * @param actual what happened
 * @param zeros actuals that are 0, or so near that the relative error exceeds a double
 * @param invalid pairs that were not finite, or whose difference was not; in no other figure
 */
public record RegressionErrors(
        Moments error,
        Moments absolute,
        Moments relative,
        Moments actual,
        long zeros,
        long invalid) {

    static final int FORMAT = 1;

    public static final RegressionErrors NONE =
            new RegressionErrors(Moments.NONE, Moments.NONE, Moments.NONE, Moments.NONE, 0, 0);

    public static RegressionErrors of(double[] predicted, double[] actual) {
        var error = new RunningMoments();
        var absolute = new RunningMoments();
        var relative = new RunningMoments();
        var happened = new RunningMoments();
        long zeros = 0;
        long invalid = 0;
        for (int i = 0; i < predicted.length; i++) {
            double apart = predicted[i] - actual[i];
            if (!Double.isFinite(apart)) {
                invalid++;
                continue;
            }
            error.add(apart);
            absolute.add(Math.abs(apart));
            happened.add(actual[i]);
            double share = Math.abs(apart / actual[i]);
            if (Double.isFinite(share)) {
                relative.add(share);
            } else {
                zeros++;
            }
        }
        return new RegressionErrors(
                error.moments(),
                absolute.moments(),
                relative.moments(),
                happened.moments(),
                zeros,
                invalid);
    }

    public RegressionErrors plus(RegressionErrors other) {
        return new RegressionErrors(
                error.plus(other.error),
                absolute.plus(other.absolute),
                relative.plus(other.relative),
                actual.plus(other.actual),
                zeros + other.zeros,
                invalid + other.invalid);
    }

    public long n() {
        return error.n();
    }

    /** Mean absolute error, in the unit of what is predicted; NaN without rows. */
    public double mae() {
        return n() == 0 ? Double.NaN : absolute.mean();
    }

    /** Root of the mean squared error, in the unit of what is predicted; NaN without rows. */
    public double rmse() {
        return n() == 0 ? Double.NaN : Math.hypot(error.standardDeviation(), error.mean());
    }

    /**
     * Mean absolute percentage error as a share, over the rows whose actual is not 0: {@link
     * #zeros} says how many are left out. NaN where none is left.
     */
    public double mape() {
        return relative.n() == 0 ? Double.NaN : relative.mean();
    }

    /**
     * Share of the variance that is explained, {@code 1 - Σ error² / Σ (actual - mean)²}: 1 at
     * best, below 0 where the mean would predict better. NaN where the actual never differs.
     */
    public double r2() {
        double squares = error.m2() + error.mean() * error.mean() * n();
        return n() < 2 || actual.m2() == 0 ? Double.NaN : 1 - squares / actual.m2();
    }

    /** Serial form: the format's number, the four moments, and both counts. */
    public byte[] bytes() {
        return new ByteSink(FORMAT)
                .moments(error)
                .moments(absolute)
                .moments(relative)
                .moments(actual)
                .count(zeros)
                .count(invalid)
                .bytes();
    }

    /**
     * @throws IllegalArgumentException when that is none, or one of a later format
     */
    public static RegressionErrors of(byte[] bytes) {
        var in = new ByteSource(bytes, FORMAT);
        var errors =
                new RegressionErrors(
                        in.moments(),
                        in.moments(),
                        in.moments(),
                        in.moments(),
                        in.count(),
                        in.count());
        in.end();
        return errors;
    }
}
