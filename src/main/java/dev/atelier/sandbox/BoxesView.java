package dev.atelier.sandbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Boxes over their picture, with the threshold that people chose.
 *
 * @param address answers this for another threshold; empty where there is none
 * @param at the threshold, as a share
 */
record BoxesView(String id, String address, @Nullable String picture, Boxes boxes, double at) {

    public List<Boxes.Found> shown() {
        return boxes.above(at);
    }

    public int hidden() {
        return boxes.found().size() - shown().size();
    }

    public String verdict() {
        var count = shown().size();
        return count == 0 ? "Nothing found" : count + " found";
    }

    public String spoken() {
        var first = shown().stream().limit(10).map(f -> f.label() + " " + f.percent()).toList();
        return verdict()
                + ", drawn over the picture"
                + (first.isEmpty() ? "" : ": ")
                + String.join(", ", first);
    }

    public String percent() {
        return Figures.percent(at);
    }

    public String value() {
        return Figures.plain(at);
    }

    /** Height of a label's letters in pixels of the frame: an even share of any frame. */
    public String letters() {
        return Figures.plain(Math.max(boxes.frame().width(), boxes.frame().height()) / 36.0);
    }
}
