package dev.atelier.monitoring;

import dev.atelier.platform.problems.Invalid;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

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

    /**
     * @throws Invalid when one is none of them
     */
    static Set<IncidentKind> of(Set<String> ids) {
        var kinds = EnumSet.noneOf(IncidentKind.class);
        for (var id : ids) {
            kinds.add(
                    Arrays.stream(values())
                            .filter(one -> one.id().equals(id))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new Invalid(
                                                    "There is no kind of incident of that name.",
                                                    List.of(
                                                            new Invalid.Field(
                                                                    "off",
                                                                    "is drift, output or data")))));
        }
        return kinds;
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
