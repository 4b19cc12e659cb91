package dev.atelier.models;

import dev.atelier.platform.web.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a version came from and where it answers, as boxes in columns with arrows between them. All
 * geometry is here, the template only draws.
 */
public record LineageGraph(
        List<Column> columns, List<Box> boxes, List<Arrow> arrows, int width, int height) {

    private static final int BOX_WIDTH = 180;
    private static final int BOX_HEIGHT = 44;
    private static final int GAP = 60;
    private static final int STEP = 60;
    private static final int TOP = 30;

    public record Column(String title, int x) {}

    public record Box(
            String text, String note, @Nullable String link, boolean me, int x, int y, int height) {
        public int width() {
            return BOX_WIDTH;
        }

        public int textX() {
            return x + 12;
        }

        public int textY() {
            return y + 18;
        }

        public int noteY() {
            return y + 34;
        }
    }

    /** From the right edge of one box to the left edge of another. */
    public record Arrow(String from, String to, String path, boolean me) {}

    private record Part(String title, List<Box> boxes) {}

    /**
     * @param titles what data sets are called, by their reference as given
     */
    static LineageGraph of(ModelVersion version, Map<String, DataSet> titles) {
        var parts = new ArrayList<Part>();
        var data = new ArrayList<Box>();
        for (var name : version.lineage().datasets()) {
            var set = titles.get(name);
            data.add(
                    set == null
                            ? box(name, "not in the catalog", null, false)
                            : box(set.title, "data set", set.address, false));
        }
        if (!data.isEmpty()) {
            parts.add(new Part("Data", data.size() > 6 ? data.subList(0, 6) : data));
        }
        var made = new ArrayList<Box>();
        if (version.lineage().run() != null) {
            made.add(box("run " + version.lineage().run(), "training", null, false));
        }
        if (version.lineage().parent() != null) {
            made.add(
                    box(
                            "v" + version.lineage().parent(),
                            "parent version",
                            "/models/"
                                    + version.model()
                                    + "/versions/"
                                    + version.lineage().parent(),
                            false));
        }
        if (!made.isEmpty()) {
            parts.add(new Part("Made from", made));
        }
        parts.add(
                new Part(
                        "Version",
                        List.of(
                                box(
                                        "v" + version.number(),
                                        (version.mainFile() == null ? "files" : "ONNX")
                                                + ", "
                                                + Figures.bytes(version.size()),
                                        null,
                                        true))));
        parts.add(
                new Part(
                        "Answers at",
                        List.of(
                                version.servable()
                                        ? box("Sandbox", "this portal, on demand", null, false)
                                        : box("Nowhere", "it cannot be served", null, false))));
        return placed(parts);
    }

    /** A data set as the catalog knows it. */
    record DataSet(String title, String address) {}

    private static Box box(String text, String note, @Nullable String link, boolean me) {
        return new Box(shortened(text, 22), shortened(note, 28), link, me, 0, 0, BOX_HEIGHT);
    }

    private static String shortened(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length - 1) + "…";
    }

    private static LineageGraph placed(List<Part> parts) {
        int rows = parts.stream().mapToInt(part -> part.boxes.size()).max().orElse(1);
        int height = TOP + rows * STEP - (STEP - BOX_HEIGHT) + 6;
        var columns = new ArrayList<Column>();
        var boxes = new ArrayList<Box>();
        var arrows = new ArrayList<Arrow>();
        List<Box> before = List.of();
        for (int i = 0; i < parts.size(); i++) {
            int x = 10 + i * (BOX_WIDTH + GAP);
            columns.add(new Column(parts.get(i).title, x));
            int top = TOP + (rows - parts.get(i).boxes.size()) * STEP / 2;
            var here = new ArrayList<Box>();
            for (var box : parts.get(i).boxes) {
                here.add(
                        new Box(
                                box.text,
                                box.note,
                                box.link,
                                box.me,
                                x,
                                top + here.size() * STEP,
                                BOX_HEIGHT));
            }
            for (var from : before) {
                for (var to : here) {
                    arrows.add(arrow(from, to));
                }
            }
            boxes.addAll(here);
            before = here;
        }
        return new LineageGraph(
                columns, boxes, arrows, 20 + parts.size() * (BOX_WIDTH + GAP) - GAP, height);
    }

    private static Arrow arrow(Box from, Box to) {
        int x1 = from.x + BOX_WIDTH;
        int y1 = from.y + BOX_HEIGHT / 2;
        int x2 = to.x;
        int y2 = to.y + BOX_HEIGHT / 2;
        int middle = (x1 + x2) / 2;
        return new Arrow(
                from.text,
                to.text,
                "M%d %dC%d %d %d %d %d %d".formatted(x1, y1, middle, y1, middle, y2, x2, y2),
                from.me || to.me);
    }

    /** The picture as a sentence. */
    public String spoken() {
        var sentence = new StringBuilder("Lineage: ");
        for (int i = 0; i < arrows.size(); i++) {
            sentence.append(i == 0 ? "" : ", ")
                    .append(arrows.get(i).from)
                    .append(" to ")
                    .append(arrows.get(i).to);
        }
        return sentence.toString();
    }
}
