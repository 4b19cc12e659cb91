package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Source;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which kinds a location may give. Files below the configured folders are the administrator's own
 * and give every kind, unless a rule names files. Addresses give what their rules allow; without
 * any rule every kind but users and groups, because whoever may register an address could put
 * himself into a team.
 */
final class AllowedKinds {

    /** A kind, or a kind with one type. */
    private record Allowed(String kind, Optional<String> type) {
        static Allowed parse(String text) {
            var colon = text.indexOf(':');
            return colon < 0
                    ? new Allowed(text.strip(), Optional.empty())
                    : new Allowed(
                            text.substring(0, colon).strip(),
                            Optional.of(text.substring(colon + 1).strip()));
        }

        boolean holds(EntityDocument document) {
            return kind.equalsIgnoreCase(document.kind())
                    && (type.isEmpty() || document.specText("type").equals(type));
        }
    }

    private record Place(String type, Optional<String> pattern) {
        boolean holds(Source source) {
            return type.equals(source.type())
                    && (pattern.isEmpty() || source.target().matches(pattern.get()));
        }
    }

    private record Rule(List<Allowed> allowed, List<Place> places) {
        boolean isAbout(Source source) {
            return places.stream().anyMatch(place -> place.holds(source));
        }
    }

    private static final List<String> PEOPLE = List.of("user", "group");

    /** For documents that are only looked at. */
    static final AllowedKinds ALL =
            new AllowedKinds(
                    List.of(
                            new Rule(
                                    EntityRules.kinds().stream().map(Allowed::parse).toList(),
                                    List.of(new Place("url", Optional.empty())))));

    private final List<Rule> rules;

    private AllowedKinds(List<Rule> rules) {
        this.rules = rules;
    }

    static AllowedKinds of(CatalogConfig config) {
        return new AllowedKinds(
                config.rules().stream()
                        .map(
                                rule ->
                                        new Rule(
                                                rule.allow().stream().map(Allowed::parse).toList(),
                                                rule.locations().isEmpty()
                                                        ? List.of(
                                                                new Place("url", Optional.empty()))
                                                        : rule.locations().stream()
                                                                .map(AllowedKinds::place)
                                                                .toList()))
                        .toList());
    }

    private static Place place(CatalogConfig.Rule.Location location) {
        return new Place(
                location.type(),
                location.exact()
                        .map(Pattern::quote)
                        .or(() -> location.pattern().map(AllowedKinds::regex)));
    }

    /**
     * {@code *} stays within a part of the path, {@code **} does not, {@code ?} is one character.
     */
    private static String regex(String glob) {
        var regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (c == '*' && i + 1 < glob.length() && glob.charAt(i + 1) == '*') {
                regex.append(".*");
                i++;
            } else {
                regex.append(
                        switch (c) {
                            case '*' -> "[^/]*";
                            case '?' -> "[^/]";
                            default -> Pattern.quote(String.valueOf(c));
                        });
            }
        }
        return regex.toString();
    }

    /**
     * Says so when a document's kind may not come from there; unknown kinds are refused elsewhere.
     */
    Optional<Fault> refuse(Source source, EntityDocument document) {
        if (!EntityRules.kinds().contains(document.kind()) || isAllowed(source, document)) {
            return Optional.empty();
        }
        return Optional.of(
                Fault.error(
                        "kind",
                        "This location may not give the kind " + document.kind(),
                        "Move the document to a location that may, or ask an administrator to allow"
                                + " it with atelier.catalog.rules."));
    }

    private boolean isAllowed(Source source, EntityDocument document) {
        boolean file = !source.type().equals("url");
        if (file ? rules.stream().noneMatch(rule -> rule.isAbout(source)) : rules.isEmpty()) {
            return file || !PEOPLE.contains(document.kind().toLowerCase(Locale.ROOT));
        }
        return rules.stream()
                .filter(rule -> rule.isAbout(source))
                .flatMap(rule -> rule.allowed.stream())
                .anyMatch(allowed -> allowed.holds(document));
    }

    @Override
    public String toString() {
        return rules.toString();
    }
}
