package dev.atelier.monitoring.statistics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HexFormat;

/**
 * A profile as JSON:
 *
 * <pre>{@code
 * {"format": 1, "columns": [
 *   {"name": "age", "kind": "quantiles", "lowest": 17, "bounds": [19, …],
 *    "missing": 0, "nonFinite": 0, "wrongType": 0, "cells": [0, 12, …, 0],
 *    "moments": {"n": 1200, "mean": 38.6, "m2": 22000, "min": 17, "max": 90}},
 *   {"name": "doors", "kind": "values", "values": [3, 5], …},
 *   {"name": "city", "kind": "categories", "names": ["Oslo", …], "others": ["00c5…", …],
 *    "complete": true, "closed": true, …}]}
 * }</pre>
 *
 * Fingerprints are 16 hexadecimal digits; an {@code m2} beyond a double is null; a column without
 * numbers has no moments.
 */
public final class ProfileJson {

    static final int FORMAT = 1;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ProfileJson() {}

    static ObjectNode write(Profile profile) {
        var root = JSON.objectNode().put("format", FORMAT);
        var columns = root.putArray("columns");
        for (var column : profile.columns()) {
            columns.add(write(column));
        }
        return root;
    }

    private static ObjectNode write(Reference column) {
        var node = JSON.objectNode().put("name", column.name());
        switch (column.binning()) {
            case QuantileBins bins ->
                    node.put("kind", "quantiles")
                            .put("lowest", bins.lowest())
                            .set("bounds", numbers(bins.bounds()));
            case DistinctValues distinct ->
                    node.put("kind", "values").set("values", numbers(distinct.values()));
            case Categories categories -> {
                node.put("kind", "categories")
                        .put("complete", categories.complete())
                        .put("closed", categories.closed());
                var names = node.putArray("names");
                categories.names().forEach(names::add);
                var others = node.putArray("others");
                for (long one : categories.others()) {
                    others.add(HexFormat.of().toHexDigits(one));
                }
            }
        }
        var counts = column.counts();
        node.put("missing", counts.missing())
                .put("nonFinite", counts.nonFinite())
                .put("wrongType", counts.wrongType());
        var cells = node.putArray("cells");
        for (long count : counts.cells()) {
            cells.add(count);
        }
        var moments = counts.moments();
        if (moments.n() > 0) {
            var figures =
                    node.putObject("moments")
                            .put("n", moments.n())
                            .put("mean", moments.mean())
                            .put("min", moments.min())
                            .put("max", moments.max());
            if (Double.isInfinite(moments.m2())) {
                figures.putNull("m2");
            } else {
                figures.put("m2", moments.m2());
            }
        }
        return node;
    }

    private static ArrayNode numbers(double[] values) {
        var array = JSON.arrayNode();
        for (double value : values) {
            array.add(value);
        }
        return array;
    }

    /**
     * Reads a profile, and trusts nothing in it.
     *
     * @throws IllegalArgumentException with a sentence for people that says what is wrong and where
     */
    public static Profile read(JsonNode root) {
        int format = root.path("format").asInt();
        require(format == FORMAT, "A profile of format " + format + " cannot be read; 1 can");
        require(root.path("columns").isArray(), "The profile has no list of columns");
        var columns = new ArrayList<Reference>();
        for (var node : root.path("columns")) {
            columns.add(new ProfileColumn(node).read());
        }
        return new Profile(columns);
    }

    static void require(boolean held, String otherwise) {
        if (!held) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
