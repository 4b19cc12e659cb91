package dev.atelier.sandbox;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The panel that explains an answer: one of the three kinds, or the reason why there is none.
 *
 * @param address of the panel, to try again; empty where that would not help
 * @param back address of the call
 */
record WhyView(
        String id,
        @Nullable Why why,
        @Nullable WordsWhy words,
        @Nullable PatchesWhy patches,
        String reason,
        String address,
        String back) {

    static WhyView none(String id, String reason, String address, String back) {
        return new WhyView(id, null, null, null, reason, address, back);
    }

    /** The title of what is explained. */
    public String heading() {
        return why != null
                ? why.target().title() + ": " + why.answer() + ", on average " + why.average()
                : words != null
                        ? words.title() + ": " + words.answer()
                        : patches != null ? patches.title() + ": " + patches.answer() : "";
    }

    public String spoken() {
        var bars = why != null ? why.bars() : words != null ? words.bars() : null;
        return bars == null
                ? patches == null ? reason : patches.finding()
                : bars.stream()
                        .map(b -> b.field() + " " + b.amount())
                        .collect(Collectors.joining(", "));
    }
}
