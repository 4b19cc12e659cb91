package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a column of a table of runs shows, written as in filters: {@code metrics.auc}, {@code
 * params.depth}, {@code tags.site}, {@code attributes.status}.
 */
record Column(Kind kind, String key) {

    enum Kind {
        ATTRIBUTE("attributes"),
        METRIC("metrics"),
        PARAM("params"),
        TAG("tags");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /**
     * What stands in a row.
     *
     * @param mark shape of a state, else empty
     * @param title more than the text says, or empty
     */
    record Cell(String text, String css, String mark, String title) {}

    private static final int SHOWN = 60;

    static final Column STATUS = attribute("status");
    static final Column STARTED = attribute("start_time");
    static final Column DURATION = attribute("duration");
    static final Column USER = attribute("user_id");
    static final Column SOURCE = new Column(Kind.TAG, "mlflow.source.name");
    static final Column COMMIT = new Column(Kind.TAG, "mlflow.source.git.commit");

    /** What every run has, in the order of the page. */
    static final List<Column> OF_EVERY_RUN =
            List.of(
                    STATUS,
                    STARTED,
                    DURATION,
                    USER,
                    attribute("end_time"),
                    attribute("run_id"),
                    SOURCE,
                    COMMIT);

    private static Column attribute(String key) {
        return new Column(Kind.ATTRIBUTE, key);
    }

    static Optional<Column> of(String text) {
        var dot = text.indexOf('.');
        if (dot < 0 || dot == text.length() - 1) {
            return Optional.empty();
        }
        var key = text.substring(dot + 1);
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.word.equals(text.substring(0, dot)))
                .map(kind -> new Column(kind, key))
                .filter(column -> column.kind != Kind.ATTRIBUTE || OF_EVERY_RUN.contains(column))
                .findFirst();
    }

    public String text() {
        return kind.word + "." + key;
    }

    /** As the grammar takes any key. */
    public String quoted() {
        return key.matches("\\w+") ? text() : kind.word + ".`" + key + "`";
    }

    public String title() {
        return switch (text()) {
            case "attributes.status" -> "State";
            case "attributes.start_time" -> "Started";
            case "attributes.end_time" -> "Ended";
            case "attributes.duration" -> "Took";
            case "attributes.user_id" -> "By";
            case "attributes.run_id" -> "Run id";
            case "tags.mlflow.source.name" -> "Source";
            case "tags.mlflow.source.git.commit" -> "Commit";
            default -> key;
        };
    }

    /** Class of its heading. */
    public String css() {
        return kind == Kind.METRIC || equals(DURATION) ? "r" : "";
    }

    /** Whether what it shows of runs can be grouped by. */
    public boolean groups() {
        return kind == Kind.PARAM || kind == Kind.TAG;
    }

    Cell cell(FullRun full) {
        return switch (kind) {
            case METRIC ->
                    full.metrics().stream()
                            .filter(point -> point.key().equals(key))
                            .findFirst()
                            .map(
                                    point ->
                                            new Cell(
                                                    Figures.number(point.value()),
                                                    "r",
                                                    "",
                                                    "%s at step %d"
                                                            .formatted(
                                                                    point.value(), point.step())))
                            .orElse(new Cell("", "r", "", ""));
            case PARAM -> shortened(full.params().getOrDefault(key, ""), "mono");
            case TAG ->
                    equals(COMMIT)
                            ? commit(full.tags().getOrDefault(key, ""))
                            : shortened(full.tags().getOrDefault(key, ""), "");
            case ATTRIBUTE -> attributeCell(full.run());
        };
    }

    private static Cell commit(String hash) {
        return new Cell(hash.substring(0, Math.min(8, hash.length())), "mono", "", hash);
    }

    private static Cell shortened(String text, String css) {
        return text.length() <= SHOWN
                ? new Cell(text, css, "", "")
                : new Cell(text.substring(0, SHOWN) + "…", css, "", text);
    }

    private Cell attributeCell(Run run) {
        return switch (key) {
            case "status" -> {
                var state = RunState.of(run.status());
                yield new Cell(state.word(), "", state.mark(), "");
            }
            case "start_time" -> time(run.startTime());
            case "end_time" -> {
                var end = run.endTime();
                yield end == null ? new Cell("", "", "", "") : time(end);
            }
            case "duration" -> new Cell(RunState.took(run), "r", "", "");
            case "run_id" -> new Cell(run.hex(), "mono", "", "");
            default -> shortened(run.userId(), "soft");
        };
    }

    private static Cell time(long milliseconds) {
        var at = Instant.ofEpochMilli(milliseconds);
        return new Cell(Figures.minute(at), "soft nowrap", "", at.toString());
    }
}
