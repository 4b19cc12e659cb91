package dev.atelier.monitoring.statistics;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;

/** One column of a profile that is being read. */
final class ProfileColumn {

    /** As many bounds or numbers as a column may have. */
    private static final int MOST_CELLS = 1000;

    /** Up to here JSON's numbers are exact. */
    private static final long MOST = 1L << 53;

    private static final int FINGERPRINT = 16;
    private static final int HEXADECIMAL = 16;

    private final JsonNode node;
    private final String name;

    ProfileColumn(JsonNode node) {
        this.node = node;
        name = node.path("name").asText();
        ProfileJson.require(
                node.path("name").isTextual() && !name.isEmpty(), "A column has no name");
    }

    Reference read() {
        var binning =
                switch (node.path("kind").asText()) {
                    case "quantiles" -> quantiles();
                    case "values" -> new DistinctValues(rising("values"));
                    case "categories" -> categories();
                    default -> throw wrong("kind is none of quantiles, values, categories");
                };
        var cells = cells(binning);
        var counts =
                new Counts(
                        count(node, "missing"),
                        count(node, "nonFinite"),
                        count(node, "wrongType"),
                        cells,
                        moments());
        long numbers = binning instanceof Categories ? 0 : counts.usable();
        require(counts.moments().n() == numbers, "moments.n is not the sum of cells");
        return new Reference(name, binning, counts);
    }

    private QuantileBins quantiles() {
        var bounds = rising("bounds");
        require(bounds.length > 0, "bounds is empty");
        double lowest = number(node, "lowest");
        require(lowest <= bounds[0], "lowest is above the first of bounds");
        return new QuantileBins(lowest, bounds);
    }

    private Categories categories() {
        var names = new ArrayList<String>();
        for (var one : list("names", Categories.MOST)) {
            require(one.isTextual(), "names holds what is no text");
            names.add(one.textValue());
        }
        require(new HashSet<>(names).size() == names.size(), "names holds one twice");
        var list = list("others", Categories.MOST_OTHERS);
        var others = new long[list.size()];
        for (int i = 0; i < others.length; i++) {
            others[i] = fingerprint(list.get(i).asText());
            require(i == 0 || others[i] > others[i - 1], "others is not rising");
        }
        return new Categories(names, others, flag("complete"), flag("closed"));
    }

    private long fingerprint(String digits) {
        require(digits.matches("[0-9a-f]{" + FINGERPRINT + "}"), "others are 16 digits each");
        return Long.parseUnsignedLong(digits, HEXADECIMAL);
    }

    private long[] cells(Binning binning) {
        var list = list("cells", binning.cells());
        require(list.size() == binning.cells(), "cells has not " + binning.cells() + " counts");
        var cells = new long[list.size()];
        long sum = 0;
        for (int i = 0; i < cells.length; i++) {
            cells[i] = count(list.get(i), "cells");
            sum += cells[i];
            require(sum <= MOST, "cells count more than JSON can");
        }
        return cells;
    }

    private Moments moments() {
        var moments = node.path("moments");
        if (moments.isMissingNode()) {
            return Moments.NONE;
        }
        long n = count(moments, "n");
        double m2 = moments.path("m2").isNull() ? Double.POSITIVE_INFINITY : number(moments, "m2");
        double mean = number(moments, "mean");
        double min = number(moments, "min");
        double max = number(moments, "max");
        require(n > 0 && m2 >= 0, "moments has no count, or an m2 below 0");
        require(min <= mean && mean <= max, "moments has a mean outside of min and max");
        return new Moments(n, mean, m2, min, max);
    }

    private double[] rising(String member) {
        var list = list(member, MOST_CELLS);
        var values = new double[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = NumericBinning.plain(number(list.get(i), member));
            require(i == 0 || values[i] > values[i - 1], member + " is not rising");
        }
        return values;
    }

    private JsonNode list(String member, int most) {
        var list = node.path(member);
        require(list.isArray(), member + " is no list");
        require(list.size() <= most, member + " has more than " + most);
        return list;
    }

    private boolean flag(String member) {
        require(node.path(member).isBoolean(), member + " is neither true nor false");
        return node.path(member).booleanValue();
    }

    private double number(JsonNode in, String member) {
        var number = in.isNumber() ? in : in.path(member);
        require(
                number.isNumber() && Double.isFinite(number.doubleValue()),
                member + " is no finite number");
        return number.doubleValue();
    }

    private long count(JsonNode in, String member) {
        var number = in.isNumber() ? in : in.path(member);
        require(
                number.isIntegralNumber()
                        && number.canConvertToLong()
                        && number.longValue() >= 0
                        && number.longValue() <= MOST,
                member + " is no count");
        return number.longValue();
    }

    private void require(boolean held, String otherwise) {
        if (!held) {
            throw wrong(otherwise);
        }
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("Column " + name + ": " + what);
    }
}
