package dev.atelier.monitoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Columns of a report, as a table. */
final class FeatureTable {

    private FeatureTable() {}

    static Table of(String name, List<Reports.Feature> features) {
        var rows = new ArrayList<List<@Nullable Object>>();
        for (var one : features) {
            rows.add(
                    Arrays.asList(
                            one.name(),
                            one.role(),
                            one.kind(),
                            one.state().name(),
                            one.n(),
                            one.psi(),
                            one.threshold(),
                            one.pValue(),
                            one.js(),
                            one.ks(),
                            one.hellinger(),
                            one.lInfinity(),
                            one.chiSquare(),
                            one.meanShift(),
                            one.missing(),
                            one.wrongType(),
                            one.nonFinite(),
                            one.outOfRange(),
                            one.newCategories()));
        }
        return new Table(
                name,
                "All figures",
                List.of(
                        "Column",
                        "Role",
                        "Kind",
                        "State",
                        "Values",
                        "PSI",
                        "Limit",
                        "p-value",
                        "Jensen-Shannon",
                        "Kolmogorov-Smirnov",
                        "Hellinger",
                        "L-infinity",
                        "Chi-square",
                        "Mean shift (sd)",
                        "Missing",
                        "Wrong type",
                        "Not finite",
                        "Out of range",
                        "Never seen"),
                rows);
    }
}
