package dev.atelier.models;

import dev.atelier.models.GateRules.CardPart;
import dev.atelier.models.GateRules.Flaw;
import dev.atelier.models.GateRules.MetricRule;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One gate before an alias, and how a version stands before it.
 *
 * @param id say {@code card}, {@code metric:accuracy}
 * @param why the version stands so
 * @param todo what opens it; null when it is open
 */
public record Gate(String id, String name, State state, String why, @Nullable String todo) {

    /** How a gate stands. */
    public enum State {
        PASSED("ok", "Passed"),
        FAILED("fail", "Not passed"),
        WAITING("wait", "Waits");

        private final String status;
        private final String label;

        State(String status, String label) {
            this.status = status;
            this.label = label;
        }

        /** One of the states of the style sheet. */
        public String status() {
            return status;
        }

        public String label() {
            return label;
        }
    }

    private static final int TEXT = 200;

    /**
     * A version with what gates look at.
     *
     * @param license of the version, its card or its model
     */
    record Candidate(
            ModelVersion version,
            @Nullable Card card,
            @Nullable String license,
            Map<String, Measures.Measure> measures) {}

    static Gate passed(String id, String name, String why) {
        return new Gate(id, name, State.PASSED, why, null);
    }

    static Gate failed(String id, String name, String why, String todo) {
        return new Gate(id, name, State.FAILED, why, todo);
    }

    /** All but the approval, which depends on people. */
    static List<Gate> of(GateRules rules, Candidate candidate, @Nullable Candidate holder) {
        var gates = new ArrayList<Gate>();
        if (!rules.card().isEmpty() || !rules.headings().isEmpty()) {
            gates.add(card(rules, candidate));
        }
        if (!rules.scan().isEmpty()) {
            gates.add(scan(rules, candidate.version()));
        }
        rules.metrics().forEach(rule -> gates.add(metric(rule, candidate, holder)));
        return gates;
    }

    private static Gate card(GateRules rules, Candidate candidate) {
        var missing = new ArrayList<String>();
        for (var part : rules.card()) {
            if (!has(part, candidate)) {
                missing.add(part.label().toLowerCase(Locale.ROOT));
            }
        }
        for (var heading : rules.headings()) {
            if (candidate.card() == null || !says(candidate.card().text(), heading)) {
                missing.add("“" + heading + "”");
            }
        }
        return missing.isEmpty()
                ? passed("card", "Card complete", "It has all that is asked for.")
                : failed(
                        "card",
                        "Card complete",
                        (candidate.card() == null ? "It has no card. Missing: " : "Missing: ")
                                + String.join(", ", missing)
                                + ".",
                        "A version never changes: register the files again with the card completed.");
    }

    private static boolean has(CardPart part, Candidate candidate) {
        var card = candidate.card();
        return switch (part) {
            case TEXT -> card != null && card.body().strip().length() >= TEXT;
            case LICENSE -> candidate.license() != null && !candidate.license().isBlank();
            case TASK -> card != null && card.task() != null;
            case DATASETS ->
                    !candidate.version().lineage().datasets().isEmpty()
                            || (card != null && !card.datasets().isEmpty());
            case RESULTS ->
                    card != null
                            && card.results().stream().anyMatch(r -> !Double.isNaN(r.number()));
        };
    }

    /** Whether a heading of that name has text below it, before the next one of its level. */
    static boolean says(String markdown, String heading) {
        var lines = markdown.lines().toList();
        var head = Pattern.compile("(#{1,6})\\s+(.*?)\\s*#*\\s*");
        for (int i = 0; i < lines.size(); i++) {
            var match = head.matcher(lines.get(i));
            if (match.matches() && match.group(2).strip().equalsIgnoreCase(heading.strip())) {
                int level = match.group(1).length();
                for (var line : lines.subList(i + 1, lines.size())) {
                    var next = head.matcher(line);
                    if (next.matches()) {
                        if (next.group(1).length() <= level) {
                            break;
                        }
                    } else if (!line.isBlank()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static Gate scan(GateRules rules, ModelVersion version) {
        var found = new ArrayList<String>();
        for (var report : version.scan()) {
            if ((report.verdict() == FileReport.Verdict.CODE && rules.scan().contains(Flaw.CODE))
                    || (report.verdict() == FileReport.Verdict.NOTED
                            && rules.scan().contains(Flaw.NOTED))) {
                found.add(
                        "%s: %s"
                                .formatted(
                                        report.path(),
                                        report.verdict().label().toLowerCase(Locale.ROOT)));
            }
        }
        if (rules.scan().contains(Flaw.WARNING)) {
            found.addAll(version.warnings());
        }
        var unservable = version.unservable();
        if (rules.scan().contains(Flaw.UNSERVABLE) && !version.servable()) {
            found.add(unservable == null ? "It holds nothing that can be served." : unservable);
        }
        if (found.isEmpty()) {
            return passed("scan", "Scan clean", "The scan found nothing of what is looked for.");
        }
        var shown = found.subList(0, Math.min(5, found.size()));
        return failed(
                "scan",
                "Scan clean",
                String.join("; ", shown)
                        + (found.size() > shown.size()
                                ? "; and %d more".formatted(found.size() - shown.size())
                                : ""),
                "The version's page says more of each. Mend the files and register them as a new"
                        + " version.");
    }

    private static Gate metric(MetricRule rule, Candidate candidate, @Nullable Candidate holder) {
        var id = "metric:" + rule.metric();
        var name = rule.metric() + " not worse";
        var key = Measures.key(rule.metric());
        var ours = candidate.measures().get(key);
        if (ours == null) {
            return failed(
                    id,
                    name,
                    "Version %d has no such metric.".formatted(candidate.version().number()),
                    "State it in the card (model-index), in a tag \"%s\", or log it in the run."
                            .formatted(rule.metric()));
        }
        if (holder == null) {
            return passed(
                    id,
                    name,
                    "%s, %s. Nobody holds the alias yet."
                            .formatted(text(ours.value()), "as " + ours.source()));
        }
        var theirs = holder.measures().get(key);
        if (theirs == null) {
            return passed(
                    id,
                    name,
                    "%s, as %s. Version %d, which holds the alias, states none."
                            .formatted(
                                    text(ours.value()), ours.source(), holder.version().number()));
        }
        var why =
                "%s against %s of version %d; %s is better%s."
                        .formatted(
                                text(ours.value()),
                                text(theirs.value()),
                                holder.version().number(),
                                rule.better().id(),
                                rule.tolerance() == 0
                                        ? ""
                                        : ", %s worse is tolerated"
                                                .formatted(text(rule.tolerance())));
        return rule.holds(ours.value(), theirs.value())
                ? passed(id, name, why)
                : failed(id, name, why, "Register a version that is as good.");
    }

    /** Six digits at most. */
    static String text(double value) {
        return Double.isInfinite(value)
                ? Double.toString(value)
                : new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
    }
}
