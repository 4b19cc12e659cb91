package dev.atelier.monitoring;

import dev.atelier.monitoring.statistics.Counts;
import dev.atelier.monitoring.statistics.Reference;
import dev.atelier.platform.web.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The likely cause of a trouble, in words, with what speaks for it. */
final class Cause {

    private static final int SHOWN = 3;

    private Cause() {}

    /** A column with what the reference has of it, and what came. */
    record Moved(Reference reference, Counts now) {}

    /**
     * @param watched columns of that kind
     * @param affected sites
     * @param sites all that send rows
     */
    static String of(
            IncidentKind kind,
            List<Moved> columns,
            int watched,
            List<String> affected,
            int sites,
            List<Changes.Change> changes) {
        var sentences = new ArrayList<String>();
        columns.stream()
                .limit(SHOWN)
                .map(
                        one ->
                                kind == IncidentKind.DATA
                                        ? Evidence.faults(one.reference(), one.now())
                                        : Evidence.moved(one.reference(), one.now()))
                .forEach(sentences::add);
        if (columns.size() > SHOWN) {
            sentences.add("So are %d more.".formatted(columns.size() - SHOWN));
        }
        sentences.add(likely(kind, columns.size(), watched, affected, sites, changes));
        return String.join(" ", sentences);
    }

    private static String likely(
            IncidentKind kind,
            int columns,
            int watched,
            List<String> affected,
            int sites,
            List<Changes.Change> changes) {
        Optional<Changes.Change> early = changes.stream().filter(Changes.Change::early).findFirst();
        if (early.isPresent()) {
            return "Likely: %s at about that time (%s, %s)."
                    .formatted(
                            lower(early.get().what()),
                            Figures.minute(early.get().at()),
                            early.get().detail());
        }
        if (sites > 1 && affected.size() < sites) {
            return "Likely a change at %s: the other %s what the reference has."
                    .formatted(
                            String.join(", ", affected),
                            sites - affected.size() == 1
                                    ? "site sends"
                                    : (sites - affected.size()) + " sites send");
        }
        if (kind == IncidentKind.DATA) {
            return "Likely: whoever sends the data sends it in another way since then.";
        }
        if (kind == IncidentKind.OUTPUT) {
            return "Look at the inputs first: where they have not drifted, the model itself is another one.";
        }
        return watched > 2 && 2 * columns >= watched
                ? "Most inputs moved at once: likely other cases than the model was made for, or columns in another order."
                : columns == 1
                        ? "One input alone: likely how it is measured or computed has changed, or the world has."
                        : "Likely one source that feeds these inputs has changed, or the world has.";
    }

    private static String lower(String sentence) {
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }
}
