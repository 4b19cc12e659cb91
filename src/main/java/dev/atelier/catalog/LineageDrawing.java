package dev.atelier.catalog;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where an entity comes from and what is made of it, two steps each way, as a drawing with its
 * numbers ready for the template and as a table.
 *
 * @param leftOut arrows that are neither in the drawing nor in the table
 */
public record LineageDrawing(
        List<Box> boxes,
        List<Edge> edges,
        List<Column> columns,
        int width,
        int height,
        String sentence,
        List<Step> steps,
        int leftOut) {

    /**
     * @param title what fits of the name
     * @param address null when the entity is not in the catalog
     * @param style class of the group: {@code me}, {@code warn}, {@code shut} or nothing
     */
    public record Box(
            int x,
            int y,
            String title,
            String name,
            String note,
            @Nullable String address,
            String style) {
        /** What fits of the note. */
        public String brief() {
            return cut(note, 24);
        }

        public int textX() {
            return x + 12;
        }

        public int titleY() {
            return y + 18;
        }

        public int noteY() {
            return y + 34;
        }
    }

    public record Edge(String path, String style) {}

    public record Column(int x, String title) {}

    /**
     * One arrow as a sentence.
     *
     * @param note what the first is; may be empty
     */
    public record Step(
            String from,
            String note,
            String what,
            String to,
            @Nullable String fromAddress,
            @Nullable String toAddress) {}

    static final Set<String> UP =
            Set.of("trainedOn", "derivedFrom", "dependsOn", "consumesApi", "serves");
    static final Set<String> DOWN =
            Set.of(
                    "usedToTrain",
                    "derivedInto",
                    "dependencyOf",
                    "apiConsumedBy",
                    "servedBy",
                    "providesApi",
                    "runsAt");

    static final int BOX_WIDTH = 176;
    static final int BOX_HEIGHT = 44;
    private static final int STEP = 226;
    private static final int ROW = 60;
    private static final int TOP = 30;
    private static final int MOST = 6;
    private static final int DEEPEST = 6;
    private static final int TABLE = 200;
    private static final String[] TITLES = {"Comes from", "", "Goes into"};

    public boolean isEmpty() {
        return boxes.size() <= 1;
    }

    /** A relation of the neighbourhood, by references. */
    record Arrow(String source, String type, String target) {}

    /** What the drawing says of one entity. */
    record Face(String title, String kind, @Nullable String address) {}

    static LineageDrawing draw(EntityRef centre, List<Arrow> arrows, Map<String, Face> faces) {
        var up = next(List.of(centre.toString()), UP, arrows, Set.of());
        var down = next(List.of(centre.toString()), DOWN, arrows, Set.copyOf(up));
        var near = new HashSet<>(up);
        near.addAll(down);
        near.add(centre.toString());
        var farUp = next(up, UP, arrows, near);
        near.addAll(farUp);
        var farDown = next(down, DOWN, arrows, near);
        var columns = new ArrayList<List<String>>();
        var titles = new ArrayList<String>();
        if (!farUp.isEmpty()) {
            columns.add(farUp);
            titles.add("Further back");
        }
        if (!up.isEmpty()) {
            columns.add(up);
            titles.add("Comes from");
        }
        columns.add(List.of(centre.toString()));
        titles.add("This entry");
        if (!down.isEmpty()) {
            columns.add(down);
            titles.add("Used by");
        }
        if (!farDown.isEmpty()) {
            columns.add(farDown);
            titles.add("Further on");
        }
        int rows = columns.stream().mapToInt(c -> Math.min(c.size(), MOST + 1)).max().orElse(1);
        int height = TOP + rows * ROW;
        var boxes = new LinkedHashMap<String, Box>();
        var heads = new ArrayList<Column>();
        for (int c = 0; c < columns.size(); c++) {
            var column = columns.get(c);
            int shown = column.size() > MOST + 1 ? MOST : column.size();
            int lines = shown < column.size() ? shown + 1 : shown;
            int x = 10 + c * STEP;
            int y = TOP + (rows - lines) * ROW / 2;
            heads.add(new Column(x, titles.get(c)));
            for (int r = 0; r < shown; r++) {
                var ref = column.get(r);
                var face = faces.get(ref);
                boolean me = ref.equals(centre.toString());
                boxes.put(
                        ref,
                        new Box(
                                x,
                                y + r * ROW,
                                cut(name(ref, faces)),
                                name(ref, faces),
                                face == null ? "not in the catalog" : face.kind,
                                me || face == null ? null : face.address,
                                me ? "me" : face == null ? "warn" : ""));
            }
            if (shown < column.size()) {
                boxes.put(
                        "more" + c,
                        new Box(
                                x,
                                y + shown * ROW,
                                "%d more".formatted(column.size() - shown),
                                "%d more".formatted(column.size() - shown),
                                "in the table below",
                                null,
                                ""));
            }
        }
        var edges = new LinkedHashMap<String, Edge>();
        var steps = new LinkedHashMap<String, Step>();
        for (var arrow : arrows) {
            var from = UP.contains(arrow.type) ? arrow.target : arrow.source;
            var to = UP.contains(arrow.type) ? arrow.source : arrow.target;
            if (!UP.contains(arrow.type) && !DOWN.contains(arrow.type)) {
                continue;
            }
            var a = boxes.get(from);
            var b = boxes.get(to);
            if (a != null && b != null && a.x < b.x) {
                boolean me = from.equals(centre.toString()) || to.equals(centre.toString());
                edges.put(from + "\n" + to, edge(a, b, me));
            }
            if (near.contains(from) && near.contains(to) && UP.contains(arrow.type)
                    || DIRECT.contains(arrow.type) && near.contains(from) && near.contains(to)) {
                var step =
                        new Step(
                                name(from, faces),
                                "",
                                words(arrow.type),
                                name(to, faces),
                                address(from, faces),
                                address(to, faces));
                // The same arrow is there in Backstage's words too; ours says more.
                if (steps.size() < 200) {
                    steps.merge(
                            from + "\n" + to,
                            step,
                            (old, now) -> arrow.type.equals("dependsOn") ? old : now);
                }
            }
        }
        int width = 10 + (columns.size() - 1) * STEP + BOX_WIDTH + 10;
        return new LineageDrawing(
                List.copyOf(boxes.values()),
                List.copyOf(edges.values()),
                heads,
                width,
                height,
                "Lineage of %s: %s, %s"
                        .formatted(
                                name(centre.toString(), faces),
                                count(up.size(), "it comes from"),
                                count(down.size(), "it is used by")),
                List.copyOf(steps.values()),
                0);
    }

    /**
     * A thing in a lineage that somebody else gathered.
     *
     * @param note what it is, and what it was for
     * @param style as of a {@link Box}
     */
    public record Node(
            String id, String name, String note, @Nullable String address, String style) {}

    /** One thing went into another. */
    public record Line(String from, String what, String to) {}

    /**
     * Any lineage: what is the furthest away from its centre stands at the edge.
     *
     * @param nodes the centre first; of two with one id the first counts
     */
    public static LineageDrawing of(
            String sentence, String title, List<Node> nodes, List<Line> lines) {
        var all = new LinkedHashMap<String, Node>();
        nodes.forEach(node -> all.putIfAbsent(node.id, node));
        var centre = nodes.getFirst().id;
        var places = new LinkedHashMap<String, Integer>(Map.of(centre, 0));
        // However they are tangled, each round can only move things further out, up to a bound.
        for (int round = 0; round < DEEPEST; round++) {
            for (var line : lines) {
                var to = places.get(line.to);
                var from = places.get(line.from);
                if (to != null && to <= 0 && to > -DEEPEST && !line.from.equals(centre)) {
                    places.merge(line.from, to - 1, Math::min);
                }
                if (from != null && from >= 0 && from < DEEPEST && !line.to.equals(centre)) {
                    places.merge(line.to, from + 1, Math::max);
                }
            }
        }
        var columns = new TreeMap<Integer, List<Node>>();
        for (var node : all.values()) {
            var place = places.get(node.id);
            if (place != null) {
                columns.computeIfAbsent(place, _ -> new ArrayList<>()).add(node);
            }
        }
        int rows = columns.values().stream().mapToInt(c -> lines(c.size())).max().orElse(1);
        var boxes = new LinkedHashMap<String, Box>();
        var heads = new ArrayList<Column>();
        int x = 10;
        for (var column : columns.entrySet()) {
            var here = column.getValue();
            int shown = here.size() > MOST + 1 ? MOST : here.size();
            int y = TOP + (rows - lines(here.size())) * ROW / 2;
            if (column.getKey() >= -1 && column.getKey() <= 1) {
                heads.add(
                        new Column(x, column.getKey() == 0 ? title : TITLES[column.getKey() + 1]));
            }
            for (int r = 0; r < shown; r++) {
                var node = here.get(r);
                boxes.put(
                        node.id,
                        new Box(
                                x,
                                y + r * ROW,
                                cut(node.name),
                                node.name,
                                node.note,
                                node.address,
                                node.style));
            }
            if (shown < here.size()) {
                var more = "%d more".formatted(here.size() - shown);
                boxes.put(
                        "more " + column.getKey(),
                        new Box(x, y + shown * ROW, more, more, "in the table below", null, ""));
            }
            x += STEP;
        }
        var edges = new LinkedHashMap<String, Edge>();
        var steps = new ArrayList<Step>();
        for (var line : lines) {
            var a = boxes.get(line.from);
            var b = boxes.get(line.to);
            if (a != null && b != null && a.x < b.x) {
                boolean me = line.from.equals(centre) || line.to.equals(centre);
                edges.put(line.from + "\n" + line.to, edge(a, b, me));
            }
            var from = all.get(line.from);
            var to = all.get(line.to);
            if (from != null && to != null && steps.size() < TABLE) {
                steps.add(
                        new Step(
                                from.name,
                                from.note,
                                line.what,
                                to.name,
                                from.address,
                                to.address));
            }
        }
        return new LineageDrawing(
                List.copyOf(boxes.values()),
                List.copyOf(edges.values()),
                heads,
                x - STEP + BOX_WIDTH + 10,
                TOP + rows * ROW,
                sentence,
                steps,
                lines.size() - steps.size());
    }

    private static int lines(int nodes) {
        return Math.min(nodes, MOST + 1);
    }

    private static final Set<String> DIRECT = Set.of("providesApi", "runsAt");

    private static String count(int n, String what) {
        return what + " " + n + (n == 1 ? " entry" : " entries");
    }

    private static List<String> next(
            List<String> from, Set<String> types, List<Arrow> arrows, Set<String> seen) {
        var found = new LinkedHashSet<String>();
        for (var arrow : arrows) {
            if (from.contains(arrow.source)
                    && types.contains(arrow.type)
                    && !seen.contains(arrow.target)
                    && !from.contains(arrow.target)) {
                found.add(arrow.target);
            }
        }
        return List.copyOf(found);
    }

    private static Edge edge(Box a, Box b, boolean me) {
        int x1 = a.x + BOX_WIDTH;
        int y1 = a.y + BOX_HEIGHT / 2;
        int y2 = b.y + BOX_HEIGHT / 2;
        int middle = (x1 + b.x) / 2;
        return new Edge(
                "M%d %dC%d %d %d %d %d %d".formatted(x1, y1, middle, y1, middle, y2, b.x, y2),
                me ? "edge me" : "edge");
    }

    private static String name(String ref, Map<String, Face> faces) {
        var face = faces.get(ref);
        return face == null ? EntityRef.parse(ref).name() : face.title;
    }

    private static @Nullable String address(String ref, Map<String, Face> faces) {
        var face = faces.get(ref);
        return face == null ? null : face.address;
    }

    private static String words(String type) {
        return switch (type) {
            case "trainedOn" -> "trained";
            case "derivedFrom" -> "became";
            case "consumesApi" -> "is called by";
            case "serves" -> "is served by";
            case "providesApi" -> "provides";
            case "runsAt" -> "runs at";
            default -> "is needed by";
        };
    }

    /** What fits the box at 12.5 px. */
    private static String cut(String text) {
        return cut(text, 20);
    }

    private static String cut(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length - 1) + "…";
    }
}
