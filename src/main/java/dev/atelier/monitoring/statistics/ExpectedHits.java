package dev.atelier.monitoring.statistics;

/**
 * How many of some rows are expected to be of a kind, given how likely each is: the mean and
 * variance of a sum of independent Bernoulli variables. Adds up.
 *
 * @param n rows
 * @param sum of their probabilities
 * @param variance sum of {@code p (1 - p)}
 */
public record ExpectedHits(long n, double sum, double variance) {

    public static final ExpectedHits NONE = new ExpectedHits(0, 0, 0);

    /**
     * @param probability 0 to 1
     */
    public static ExpectedHits of(double probability) {
        return new ExpectedHits(1, probability, probability * (1 - probability));
    }

    public ExpectedHits plus(ExpectedHits other) {
        return new ExpectedHits(n + other.n, sum + other.sum, variance + other.variance);
    }

    /**
     * The share of them. Where each row stands for its predicted class, this is the estimated
     * accuracy, of any number of classes.
     */
    public Estimate share() {
        return new Estimate(sum / n, Math.sqrt(variance) / n);
    }
}
