package dev.atelier.inference;

/** Where the time of one call went inside the runner, in nanoseconds. */
public record Timings(long queue, long decode, long run, long encode) {

    public static final Timings NONE = new Timings(0, 0, 0, 0);

    boolean negative() {
        return queue < 0 || decode < 0 || run < 0 || encode < 0;
    }
}
