package dev.atelier.goldenpaths;

import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All actions that features contribute. */
@ApplicationScoped
class Actions {

    private final Map<String, Action> byId;

    Actions(@All List<Action> actions) {
        byId = actions.stream().collect(Collectors.toMap(Action::id, Function.identity()));
    }

    Optional<Action> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** By id. */
    List<Action> all() {
        return byId.values().stream().sorted(Comparator.comparing(Action::id)).toList();
    }

    /** Ids near to one that is unknown, for the sentence about it. */
    String near(String id) {
        var near =
                byId.keySet().stream()
                        .filter(
                                known ->
                                        known.contains(id)
                                                || id.contains(known)
                                                || known.split(":")[0].equals(id.split(":")[0]))
                        .sorted()
                        .limit(5)
                        .toList();
        return near.isEmpty() ? "" : " Near to it: " + String.join(", ", near) + ".";
    }
}
