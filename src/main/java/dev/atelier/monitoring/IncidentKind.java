package dev.atelier.monitoring;

import java.util.Locale;

/** What an incident is about. */
public enum IncidentKind {
    DRIFT("Input drift", "inputs are no longer what they were in the reference"),
    OUTPUT("Prediction drift", "answers are no longer what they were in the reference"),
    DATA("Data quality", "values are missing, unusable or strange");

    private final String label;
    private final String sentence;

    IncidentKind(String label, String sentence) {
        this.label = label;
        this.sentence = sentence;
    }

    /** In addresses and answers. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String label() {
        return label;
    }

    public String sentence() {
        return sentence;
    }
}
