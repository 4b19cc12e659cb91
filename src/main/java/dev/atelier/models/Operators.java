package dev.atelier.models;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The operators that the runner has; a model that wants others would have to bring native code. */
final class Operators {

    private static final Map<String, Set<String>> KNOWN = read();

    private Operators() {}

    /** One sentence for each domain or operator that the runner does not have. */
    static List<String> faults(OnnxGraph graph) {
        var faults = new ArrayList<String>();
        var own = Set.copyOf(graph.functions());
        for (var domain : graph.opsets().keySet()) {
            var byModel = own.stream().anyMatch(function -> function.startsWith(domain + ":"));
            var used =
                    graph.operators().keySet().stream()
                            .anyMatch(operator -> operator.startsWith(domain + ":"));
            if (!KNOWN.containsKey(domain) && !byModel && used) {
                faults.add(
                        "It needs operators of the domain \"%s\", which is not one that the runner"
                                        .formatted(domain)
                                + " has: a custom operator is native code and is never loaded.");
            }
        }
        for (var operator : graph.operators().keySet()) {
            int colon = operator.lastIndexOf(':');
            var domain = colon < 0 ? "ai.onnx" : operator.substring(0, colon);
            var name = operator.substring(colon + 1);
            var known = KNOWN.get(domain);
            if (own.contains(operator) || (known != null && known.contains(name))) {
                continue;
            }
            if (known != null) {
                faults.add(
                        "It uses the operator \"%s\", which the domain %s does not have."
                                .formatted(name, domain));
            } else if (!graph.opsets().containsKey(domain)) {
                faults.add(
                        "It uses the operator \"%s\" of the unknown domain \"%s\"."
                                .formatted(name, domain));
            } else if (own.stream().anyMatch(function -> function.startsWith(domain + ":"))) {
                faults.add(
                        "It uses the operator \"%s\", which the model does not bring along."
                                .formatted(operator));
            }
            if (faults.size() > 20) {
                faults.add("And more.");
                break;
            }
        }
        return faults;
    }

    private static Map<String, Set<String>> read() {
        try (var in = Operators.class.getResourceAsStream("operators.txt")) {
            if (in == null) {
                throw new IllegalStateException("operators.txt is missing");
            }
            var known = new HashMap<String, Set<String>>();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .forEach(
                            line -> {
                                var sides = line.split(": ", 2);
                                known.put(sides[0], new HashSet<>(List.of(sides[1].split(" "))));
                            });
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
