package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whose word a task or a step waits for, once its expressions are rendered. Written as
 *
 * <pre>
 * approval:
 *   by: [group:default/ml-platform]  # people and teams; without, the owner of the template
 *   within: 3d                       # minutes, hours or days; a week without
 *   shows: Makes ${{ parameters.name }}.   # what they read, as Markdown
 *   if: ${{ parameters.gpus > 1 }}   # asked only when it is truthy
 * </pre>
 *
 * @param by references; empty for whoever runs the portal
 */
record ApprovalRule(List<String> by, Duration within, String shows) {

    static final Duration USUAL = Duration.ofDays(7);
    private static final Duration LONGEST = Duration.ofDays(90);
    private static final int MOST = 20;
    private static final int LONGEST_TEXT = 20_000;
    private static final Pattern REF = Pattern.compile("[A-Za-z0-9:/._@-]{1,250}");
    private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,4})([mhd])");

    /**
     * The rule as a task keeps it, with its default; checked as far as it can be before anything is
     * rendered.
     *
     * @return an object, or false
     * @throws Template.Wrong with the place in the template
     */
    static JsonNode written(JsonNode approval, String where, String owner) throws Template.Wrong {
        if (approval.isMissingNode() || approval.isNull() || approval.equals(BooleanNode.FALSE)) {
            return BooleanNode.FALSE;
        }
        if (approval.isBoolean() && approval.booleanValue()) {
            return JsonNodeFactory.instance.objectNode().put("by", owner);
        }
        if (!approval.isObject()) {
            throw new Template.Wrong(
                    "%s is neither true nor an object with by, within, shows and if."
                            .formatted(where));
        }
        for (var member : approval.properties()) {
            if (!List.of("by", "within", "shows", "if").contains(member.getKey())) {
                throw new Template.Wrong(
                        "%s has no member \"%s\"; it has by, within, shows and if."
                                .formatted(where, Workspace.shown(member.getKey())));
            }
        }
        var within = approval.path("within");
        if (within.isTextual() && !within.textValue().contains("${{")) {
            try {
                time(within);
            } catch (ActionFailed e) {
                throw new Template.Wrong("%s: %s".formatted(where, e.reason()));
            }
        }
        if (approval.hasNonNull("by")) {
            return approval;
        }
        return ((ObjectNode) approval.deepCopy()).put("by", owner);
    }

    /**
     * @param rendered an object
     * @throws ActionFailed when it names nobody who could be asked
     */
    static ApprovalRule of(JsonNode rendered) throws ActionFailed {
        var by = new ArrayList<String>();
        var given = rendered.path("by");
        for (var one : given.isArray() ? given : List.of(given)) {
            var text = one.asText("").strip();
            if (text.isEmpty()) {
                continue;
            }
            try {
                if (!REF.matcher(text).matches()) {
                    throw new IllegalArgumentException(text);
                }
                var ref = EntityRef.parse(text, "group", "default");
                if (!ref.kind().equalsIgnoreCase("group") && !ref.kind().equalsIgnoreCase("user")) {
                    throw new ActionFailed(
                            "approval.by names %s; people and teams approve.".formatted(ref));
                }
                by.add(ref.toString());
            } catch (IllegalArgumentException e) {
                throw new ActionFailed(
                        "approval.by is no person or team: " + Workspace.shown(text));
            }
        }
        if (by.size() > MOST) {
            throw new ActionFailed("approval.by names more than %d.".formatted(MOST));
        }
        var shows = rendered.path("shows").asText("");
        if (shows.length() > LONGEST_TEXT) {
            throw new ActionFailed(
                    "approval.shows has more than %,d characters.".formatted(LONGEST_TEXT));
        }
        return new ApprovalRule(List.copyOf(by), time(rendered.path("within")), shows);
    }

    private static Duration time(JsonNode text) throws ActionFailed {
        if (text.isMissingNode() || text.isNull()) {
            return USUAL;
        }
        var found = TIME.matcher(text.asText().strip().toLowerCase(Locale.ROOT));
        if (!found.matches()) {
            throw new ActionFailed(
                    "approval.within is a time such as 30m, 12h or 3d, not \"%s\"."
                            .formatted(Workspace.shown(text.asText())));
        }
        long number = Long.parseLong(found.group(1));
        var time =
                switch (found.group(2)) {
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    default -> Duration.ofDays(number);
                };
        if (time.compareTo(LONGEST) > 0) {
            throw new ActionFailed(
                    "approval.within is at most %d days.".formatted(LONGEST.toDays()));
        }
        return time;
    }
}
