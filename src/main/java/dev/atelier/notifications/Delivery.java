package dev.atelier.notifications;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where somebody hears of a topic. */
public enum Delivery {
    DIGEST("Bell and digest"),
    BELL("Bell only"),
    NOTHING("Not at all");

    /** For whoever chose nothing; without an address for the digest it is the bell alone. */
    static final Delivery USUAL = DIGEST;

    private final String label;

    Delivery(String label) {
        this.label = label;
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String label() {
        return label;
    }

    static Optional<Delivery> of(String id) {
        return Arrays.stream(values()).filter(delivery -> delivery.id().equals(id)).findFirst();
    }
}
