package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a version must show.
 *
 * @param card parts that its card must have
 * @param headings of the card, each with text below it
 * @param scan what the scan must not have found
 * @param metrics that must not be worse than those of the present holder of the alias
 * @param approval whether another person must approve
 */
public record GateRules(
        Set<CardPart> card,
        List<String> headings,
        Set<Flaw> scan,
        List<MetricRule> metrics,
        boolean approval) {

    public static final GateRules NONE =
            new GateRules(Set.of(), List.of(), Set.of(), List.of(), false);

    /** Written in rules by its name in lower case. */
    private interface Named {
        String name();

        @JsonValue
        default String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A part of a card that programs can read. */
    public enum CardPart implements Named {
        TEXT("A text", "The card has a text of at least 200 characters"),
        LICENSE("Licence", "The card or the version states a licence"),
        TASK("Task", "The front matter has pipeline_tag"),
        DATASETS("Data", "The front matter has datasets, or the version's lineage does"),
        RESULTS("Results", "The front matter has model-index with measured results");

        private final String label;
        private final String sentence;

        CardPart(String label, String sentence) {
            this.label = label;
            this.sentence = sentence;
        }

        @JsonCreator
        static CardPart of(String id) {
            return one(values(), id);
        }

        public String label() {
            return label;
        }

        public String sentence() {
            return sentence;
        }
    }

    /** A kind of thing that the scan notes without refusing the version. */
    public enum Flaw implements Named {
        CODE("No code", "No file holds code that loading it would execute"),
        NOTED("No remarks", "The scan noted nothing about any file"),
        WARNING("No warnings", "There is nothing that whoever registered it should mend"),
        UNSERVABLE("Servable", "It can be served and tried");

        private final String label;
        private final String sentence;

        Flaw(String label, String sentence) {
            this.label = label;
            this.sentence = sentence;
        }

        @JsonCreator
        static Flaw of(String id) {
            return one(values(), id);
        }

        public String label() {
            return label;
        }

        public String sentence() {
            return sentence;
        }
    }

    /**
     * A metric that must not get worse.
     *
     * @param tolerance by how much it may, in the metric's own unit
     */
    public record MetricRule(String metric, Better better, double tolerance) {

        /** Which values are better. */
        public enum Better implements Named {
            HIGHER,
            LOWER;

            @JsonCreator
            static Better of(String id) {
                return one(values(), id);
            }
        }

        public MetricRule {
            if (better == null) {
                better = Better.HIGHER;
            }
        }

        boolean holds(double candidate, double holder) {
            return better == Better.HIGHER
                    ? candidate >= holder - tolerance
                    : candidate <= holder + tolerance;
        }
    }

    public GateRules {
        card = card == null || card.isEmpty() ? Set.of() : EnumSet.copyOf(card);
        headings = headings == null ? List.of() : List.copyOf(headings);
        scan = scan == null || scan.isEmpty() ? Set.of() : EnumSet.copyOf(scan);
        metrics = metrics == null ? List.of() : List.copyOf(metrics);
    }

    private static <E extends Enum<E>> E one(E[] values, @Nullable String id) {
        return Arrays.stream(values)
                .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "%s is none of %s".formatted(id, Arrays.toString(values))));
    }
}
