package dev.atelier.sandbox;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the Try it page draws.
 *
 * @param model address of the model's pages
 * @param address of this page
 * @param action where the form goes
 * @param filesAt where files of the version's bundle are
 * @param said what a screen reader is told when the result is swapped in
 * @param swapped whether this is an answer to htmx, which carries parts for elsewhere on the page
 */
record TryView(
        String model,
        String address,
        String action,
        String filesAt,
        String openapi,
        int version,
        @Nullable Integer beside,
        List<Choice> versions,
        List<ExampleLink> examples,
        int example,
        @Nullable String exampleTitle,
        @Nullable String expected,
        List<String> notes,
        int fieldCount,
        List<Control.Group> groups,
        List<Control> advanced,
        @Nullable String problem,
        List<Complaint> errors,
        List<Outcome> outcomes,
        @Nullable Beside comparison,
        @Nullable Snippets snippets,
        @Nullable String requestAt,
        List<Recent> recent,
        String said,
        boolean swapped) {

    static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM HH:mm", Locale.ENGLISH)
                    .withZone(ZoneId.systemDefault());

    record Choice(int number, @Nullable String alias) {}

    record ExampleLink(int index, String title) {}

    record Complaint(String id, String label, String reason) {}

    /** One version's answer to the call. */
    record Outcome(
            UUID id,
            String callAt,
            int version,
            Instant at,
            boolean stored,
            @Nullable Verdict verdict,
            @Nullable String error,
            String summary,
            List<Timing> timings,
            String total,
            String why,
            boolean whyAtOnce,
            @Nullable String pictureAt) {

        public String instant() {
            return at.atOffset(ZoneOffset.UTC).toString();
        }

        public String time() {
            return TryView.time(at);
        }

        public BoxesView found(Boxes boxes) {
            return new BoxesView(
                    "found-" + id, callAt + "/found", pictureAt, boxes, boxes.threshold());
        }

        public String timingsSpoken() {
            return String.join(", ", timings.stream().map(t -> t.title + " " + t.text).toList());
        }
    }

    /** A share of the time, as a piece of a bar; {@code series} is its colour. */
    record Timing(String title, String text, String series, String x, String width) {

        static List<Timing> of(Trial.Took took) {
            var inside = took.prepare() + took.decode() + took.queue() + took.run() + took.encode();
            var pieces =
                    new Object[][] {
                        {"prepare", took.prepare(), "c5"},
                        {"check input", took.decode(), "c6"},
                        {"wait", took.queue(), "c4"},
                        {"model", took.run(), "c1"},
                        {"encode", took.encode(), "c3"},
                        {"transport", Math.max(0, took.total() - inside), "c2"},
                    };
            var timings = new ArrayList<Timing>();
            var x = 0.0;
            for (var piece : pieces) {
                var nanos = (Long) piece[1];
                var width = 100.0 * nanos / Math.max(1, took.total());
                if (width >= 1) {
                    timings.add(
                            new Timing(
                                    (String) piece[0],
                                    millis(nanos),
                                    (String) piece[2],
                                    Figures.plain(x),
                                    Figures.plain(Math.min(width, 100 - x))));
                }
                x += width;
            }
            return timings;
        }
    }

    record Recent(UUID id, Instant at, String input, int version, String summary, String took) {
        public String instant() {
            return at.atOffset(ZoneOffset.UTC).toString();
        }

        public String time() {
            return TryView.time(at);
        }
    }

    static String time(Instant at) {
        return (at.isBefore(Instant.now().minusSeconds(20 * 3600)) ? DAY : CLOCK).format(at);
    }

    static String millis(long nanos) {
        var millis = nanos / 1e6;
        return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }
}
