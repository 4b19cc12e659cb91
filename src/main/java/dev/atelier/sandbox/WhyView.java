package dev.atelier.sandbox;

import org.jspecify.annotations.Nullable;

/**
 * The panel that explains an answer.
 *
 * @param reason why there is no explanation, where there is none
 * @param back address of the call
 */
record WhyView(String id, @Nullable Why why, String reason, String back) {

    public String spoken() {
        return why == null
                ? reason
                : String.join(
                        ", ", why.bars().stream().map(b -> b.field() + " " + b.amount()).toList());
    }
}
