package dev.atelier.notifications;

import java.util.Arrays;
import java.util.Optional;

/** How often a digest is sent, when there is something in it. */
enum Pace {
    AT_ONCE("at-once", "At once"),
    HOURLY("hourly", "Every hour"),
    DAILY("daily", "Every morning");

    private final String id;
    private final String label;

    Pace(String id, String label) {
        this.id = id;
        this.label = label;
    }

    public String id() {
        return id;
    }

    public String label() {
        return label;
    }

    static Optional<Pace> of(String id) {
        return Arrays.stream(values()).filter(pace -> pace.id.equals(id)).findFirst();
    }
}
