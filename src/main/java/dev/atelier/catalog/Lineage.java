package dev.atelier.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where an entity comes from and what is made of it, two steps each way, as a drawing with its
 * numbers ready for the template and as a table.
 */
public record Lineage(
        List<Box> boxes,
        List<Edge> edges,
        List<Column> columns,
        int width,
        int height,
        String sentence,
        List<Step> steps) {

    /**
     * @param address null when the entity is not in the catalog
     * @param style class of the group: {@code me}, {@code warn} or nothing
     */
    public record Box(
            int x, int y, String title, String note, @Nullable String address, String style) {
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

    /** One arrow as a sentence. */
    public record Step(
            String from,
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

    public boolean isEmpty() {
        return boxes.size() <= 1;
    }

    /** A relation of the neighbourhood, by references. */
    record Arrow(String source, String type, String target) {}

    /** What the drawing says of one entity. */
    record Face(String title, String kind, @Nullable String address) {}

    static Lineage draw(EntityRef centre, List<Arrow> arrows, Map<String, Face> faces) {
        var up = next(List.of(centre.toString()), UP, arrows, Set.of());
        var down = next(List.of(centre.toString()), DOWN, arrows, Set.copyOf(up));
        var near = new java.util.HashSet<>(up);
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
                                cut(face == null ? EntityRef.parse(ref).name() : face.title),
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
        return new Lineage(
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
                List.copyOf(steps.values()));
    }

    private static final Set<String> DIRECT = Set.of("providesApi", "runsAt");

    private static String count(int n, String what) {
        return what + " " + n + (n == 1 ? " entry" : " entries");
    }

    private static List<String> next(
            List<String> from, Set<String> types, List<Arrow> arrows, Set<String> seen) {
        var found = new java.util.LinkedHashSet<String>();
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
        return text.length() <= 21 ? text : text.substring(0, 20) + "…";
    }
}
