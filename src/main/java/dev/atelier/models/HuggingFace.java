package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.inference.DataType;
import dev.atelier.inference.Signature;
import dev.atelier.inference.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a Hugging Face repository say about a model's interface: the card's {@code
 * widget} and {@code inference.parameters}, {@code config.json}, {@code preprocessor_config.json}
 * and {@code tokenizer.json}. It only fills in what {@code interface.json} leaves out; what cannot
 * be used is noted. Nothing is ever fetched: a picture counts when it lies in the bundle.
 */
final class HuggingFace {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** More examples fit no page. */
    private static final int MOST_EXAMPLES = 24;

    private static final int LONGEST_TEXT = 20_000;

    /** A file of a repository on the Hub, by its address; its tail may lie in the bundle. */
    private static final Pattern RESOLVED =
            Pattern.compile("https?://[^/]+/[^/]+/[^/]+/(?:resolve|raw|blob)/[^/]+/(.+)");

    private final ObjectNode description;
    private final Signature signature;
    private final Function<String, Optional<String>> texts;
    private final Predicate<String> exists;
    private final List<String> notes = new ArrayList<>();

    private HuggingFace(
            ObjectNode description,
            Signature signature,
            Function<String, Optional<String>> texts,
            Predicate<String> exists) {
        this.description = description;
        this.signature = signature;
        this.texts = texts;
        this.exists = exists;
    }

    /**
     * Completes a description.
     *
     * @param description the content of {@code interface.json}, or an empty object; is changed
     * @param card the card's front matter; missing where there is none
     * @param texts the content of a small file of the bundle, by its path
     * @param exists whether the bundle has such a file
     * @return whether anything was added
     */
    static boolean complete(
            ObjectNode description,
            Signature signature,
            JsonNode card,
            Function<String, Optional<String>> texts,
            Predicate<String> exists) {
        var before = description.deepCopy();
        new HuggingFace(description, signature, texts, exists).complete(card);
        return !description.equals(before);
    }

    private void complete(JsonNode card) {
        var config = json("config.json");
        if (fields().isEmpty()) {
            textField(config);
            pictureField();
        }
        outputs(config, task(card, config));
        parameters(card.path("inference").path("parameters"));
        examples(card.path("widget"));
        if (!notes.isEmpty()) {
            var all = array("notes");
            notes.forEach(all::add);
        }
    }

    private String task(JsonNode card, JsonNode config) {
        var tag = card.path("pipeline_tag").asText("");
        var architecture = config.path("architectures").path(0).asText("");
        var task =
                !tag.isEmpty()
                        ? tag
                        : architecture.endsWith("ForSequenceClassification")
                                ? "text-classification"
                                : architecture.endsWith("ForImageClassification")
                                        ? "image-classification"
                                        : architecture.endsWith("ForObjectDetection")
                                                ? "object-detection"
                                                : "";
        if (!description.has("task") && !task.isEmpty()) {
            description.put("task", task);
        }
        return description.path("task").asText("");
    }

    // ---- what comes in

    private void textField(JsonNode config) {
        if (input("input_ids") == null || !exists.test("tokenizer.json")) {
            return;
        }
        var longest = json("tokenizer_config.json").path("model_max_length").asDouble(1e30);
        if (longest > 1e6) {
            longest = config.path("max_position_embeddings").asDouble(512);
        }
        array("fields")
                .addObject()
                .put("name", "text")
                .put("type", "text")
                .put("title", "Text")
                .put("tokenizer", "tokenizer.json")
                .put("maxTokens", (int) Math.clamp(longest, 1, 8_192))
                .put("multiline", true);
    }

    /** The steps of an image processor; where ours differ, a note says so. */
    private void pictureField() {
        var steps = json("preprocessor_config.json");
        var input =
                signature.inputs().stream()
                        .filter(i -> i.shape().size() == 4 && i.datatype() == DataType.FP32)
                        .findFirst()
                        .orElse(null);
        if (input == null || signature.inputs().size() != 1 || steps.isMissingNode()) {
            return;
        }
        var last = input.shape().getLast() == 3 || input.shape().getLast() == 1;
        var channels = input.shape().get(last ? 3 : 1);
        if (channels != 3 && channels != 1) {
            return;
        }
        var crops = steps.path("do_center_crop").asBoolean(false);
        var size = size(crops ? steps.path("crop_size") : steps.path("size"));
        var height = side(input.shape().get(last ? 1 : 2), size[0]);
        var width = side(input.shape().get(last ? 2 : 3), size[1]);
        if (height <= 0 || width <= 0) {
            return;
        }
        var shortest = steps.path("size").path("shortest_edge");
        var edge = shortest.isNumber() ? shortest.asInt() : steps.path("size").asInt(0);
        var field =
                array("fields")
                        .addObject()
                        .put("name", "image")
                        .put("input", input.name())
                        .put("type", "image")
                        .put("title", "Picture")
                        .put("layout", last ? "NHWC" : "NCHW")
                        .put("width", width)
                        .put("height", height)
                        .put("channels", channels == 1 ? "L" : "RGB")
                        .put("resize", crops || edge > 0 ? "crop" : "stretch");
        if (steps.path("do_rescale").asBoolean(true)) {
            field.put("scale", steps.path("rescale_factor").asDouble(1 / 255.0));
        }
        if (steps.path("do_normalize").asBoolean(true)) {
            copy(steps.path("image_mean"), field, "mean");
            copy(steps.path("image_std"), field, "std");
        }
        if (crops && edge > Math.min(width, height)) {
            notes.add(
                    ("preprocessor_config.json resizes to %d and crops to %d × %d; here the whole"
                                    + " shorter side is kept, so answers may differ a little.")
                            .formatted(edge, width, height));
        }
    }

    private static void copy(JsonNode numbers, ObjectNode to, String name) {
        if (numbers.isArray()) {
            to.set(name, numbers);
        }
    }

    private static int side(long fixed, int said) {
        return fixed > 0 && fixed < 10_000 ? (int) fixed : said;
    }

    /** Height and width of {@code 224}, {@code {height, width}} or {@code {shortest_edge}}. */
    private static int[] size(JsonNode size) {
        var edge = size.path("shortest_edge").asInt(size.asInt(0));
        return new int[] {size.path("height").asInt(edge), size.path("width").asInt(edge)};
    }

    // ---- what comes out

    private void outputs(JsonNode config, String task) {
        var labels = labels(config);
        for (var output : description.path("outputs")) {
            if (output instanceof ObjectNode described
                    && described
                            .path("kind")
                            .asText()
                            .toLowerCase(Locale.ROOT)
                            .matches("probabilities|label")
                    && described.path("labels").isEmpty()
                    && !labels.isEmpty()) {
                described.set("labels", labels);
            }
        }
        if (!description.path("outputs").isEmpty()) {
            return;
        }
        switch (task) {
            case "text-classification", "image-classification" -> classes(config, labels);
            case "sentence-similarity", "feature-extraction" -> embedding();
            case "object-detection" -> detections(labels);
            default -> {
                var only = signature.outputs().size() == 1 ? signature.outputs().getFirst() : null;
                if (!labels.isEmpty()
                        && only != null
                        && only.shape().size() == 2
                        && only.shape().getLast() == labels.size()) {
                    classes(config, labels);
                }
            }
        }
    }

    private void classes(JsonNode config, ArrayNode labels) {
        var logits = output("logits");
        if (logits == null || logits.shape().size() != 2) {
            return;
        }
        var output = array("outputs").addObject().put("name", logits.name());
        if (config.path("problem_type").asText().equals("regression")
                || logits.shape().getLast() == 1) {
            output.put("kind", "value");
            if (labels.size() == 1) {
                output.put("title", labels.get(0).asText());
            }
            return;
        }
        output.put("kind", "probabilities");
        if (!labels.isEmpty()) {
            output.set("labels", labels);
        }
        var several = config.path("problem_type").asText().equals("multi_label_classification");
        // Probabilities that the graph makes itself must not be squashed again.
        if (logits.name().equals("logits")) {
            output.put("activation", several ? "sigmoid" : "softmax");
        }
    }

    private void embedding() {
        for (var name : List.of("sentence_embedding", "last_hidden_state", "token_embeddings")) {
            var found = signature.outputs().stream().filter(o -> o.name().equals(name)).findFirst();
            if (found.isPresent()) {
                var output =
                        array("outputs").addObject().put("name", name).put("kind", "embedding");
                if (found.get().shape().size() == 3) {
                    var pooling = json("1_Pooling/config.json");
                    output.put(
                            "pooling",
                            pooling.path("pooling_mode_cls_token").asBoolean(false)
                                    ? "cls"
                                    : "mean");
                }
                return;
            }
        }
    }

    /** DETR, YOLOS and their kin: boxes as centre and size, the last class is "nothing". */
    private void detections(ArrayNode labels) {
        if (output("pred_boxes") == null
                || signature.outputs().stream().noneMatch(o -> o.name().equals("logits"))) {
            return;
        }
        var output =
                array("outputs")
                        .addObject()
                        .put("name", "pred_boxes")
                        .put("kind", "detections")
                        .put("title", "Found")
                        .put("format", "boxes")
                        .put("box", "cxcywh")
                        .put("coordinates", "relative")
                        .put("scores", "logits")
                        .put("activation", "softmax")
                        .put("background", -1)
                        .put("scoreThreshold", 0.5);
        if (!labels.isEmpty()) {
            output.set("labels", labels);
        }
    }

    /** {@code id2label}, when its numbers run from 0 without a gap. */
    private static ArrayNode labels(JsonNode config) {
        var byId = config.path("id2label");
        var labels = NODES.arrayNode();
        for (int i = 0; i < byId.size(); i++) {
            var label = byId.path(Integer.toString(i));
            if (!label.isTextual()) {
                return NODES.arrayNode();
            }
            labels.add(label.asText());
        }
        return labels;
    }

    /** The parameters of the hosted widget that mean something here. */
    private void parameters(JsonNode parameters) {
        var unused = new ArrayList<String>();
        parameters
                .properties()
                .forEach(
                        entry -> {
                            var value = entry.getValue();
                            var used =
                                    switch (entry.getKey()) {
                                        case "threshold" ->
                                                value.isNumber()
                                                        && set(
                                                                "detections",
                                                                "scoreThreshold",
                                                                value);
                                        case "function_to_apply" ->
                                                value.asText().matches("softmax|sigmoid|none")
                                                        && set(
                                                                "probabilities",
                                                                "activation",
                                                                value);
                                        default -> false;
                                    };
                            if (!used) {
                                unused.add(entry.getKey());
                            }
                        });
        if (!unused.isEmpty()) {
            notes.add(
                    "Not used here of the card’s inference parameters: "
                            + String.join(", ", unused.stream().limit(20).toList())
                            + ".");
        }
    }

    private boolean set(String kind, String member, JsonNode value) {
        for (var output : description.path("outputs")) {
            if (output instanceof ObjectNode described
                    && described.path("kind").asText().equalsIgnoreCase(kind)) {
                described.set(member, value);
                return true;
            }
        }
        return false;
    }

    // ---- examples

    private void examples(JsonNode widget) {
        int number = 0;
        for (var example : widget) {
            number++;
            if (array("examples").size() >= MOST_EXAMPLES) {
                notes.add(
                        "Of the card’s %d widget examples the first %d are here."
                                .formatted(widget.size(), number - 1));
                return;
            }
            var title = title(example, number);
            var reason = example(example, title);
            if (reason != null) {
                notes.add("Left out of the card’s examples: “%s”. %s".formatted(title, reason));
            }
        }
        if (array("examples").isEmpty()) {
            description.remove("examples");
        }
    }

    private static String title(JsonNode example, int number) {
        var given = example.path("example_title").asText("");
        var text = example.path("text").asText(example.path("source_sentence").asText(""));
        var title = !given.isEmpty() ? given : !text.isEmpty() ? text : "Example " + number;
        return title.length() <= 60 ? title : title.substring(0, 60) + "…";
    }

    /** Adds it, or says why it cannot be used. */
    private @Nullable String example(JsonNode example, String title) {
        if (example.has("structured_data")) {
            return table(example.path("structured_data"), title, example);
        }
        for (var other : List.of("table", "messages", "context", "prompt", "candidate_labels")) {
            if (example.has(other)) {
                return "It gives “%s”, and this model’s form has no field for it.".formatted(other);
            }
        }
        if (example.has("src")) {
            return picture(example.path("src").asText(), title, example);
        }
        var field = fieldOf("text");
        if (example.has("source_sentence") || example.has("text")) {
            if (field == null) {
                return "It is a text, and this model’s form has no field for one.";
            }
            if (example.has("source_sentence")) {
                return sentences(example, title, field);
            }
            var text = example.path("text").asText();
            if (text.length() > LONGEST_TEXT) {
                return "The text is longer than %d characters.".formatted(LONGEST_TEXT);
            }
            add(title, example).put(field.path("name").asText(), text);
            return null;
        }
        return "It holds none of text, src, structured_data and source_sentence.";
    }

    /** One comparison for each of the sentences. */
    private @Nullable String sentences(JsonNode example, String title, ObjectNode field) {
        var source = example.path("source_sentence").asText();
        var others = example.path("sentences");
        for (int i = 0; i < Math.min(4, others.size()); i++) {
            add(others.size() == 1 ? title : title + ", sentence " + (i + 1), example)
                    .putArray(field.path("name").asText())
                    .add(source)
                    .add(others.get(i).asText());
        }
        return others.isEmpty() ? "It names no sentences to compare with." : null;
    }

    private @Nullable String picture(String src, String title, JsonNode example) {
        var field = fieldOf("image");
        field = field == null ? fieldOf("audio") : field;
        if (field == null) {
            return "It is a file, and this model’s form has no field for one.";
        }
        var address = RESOLVED.matcher(src);
        var path = address.matches() ? address.group(1) : src.replaceFirst("^\\./", "");
        if (!path.contains(":") && exists.test(path)) {
            add(title, example).put(field.path("name").asText(), path);
            return null;
        }
        return src.contains(":")
                ? "%s lies outside the bundle, and nothing is fetched from the network. Put the file in the bundle to see it here."
                        .formatted(shortened(src))
                : "The bundle has no file %s.".formatted(shortened(src));
    }

    /** Columns by name; each row is an example. */
    private @Nullable String table(JsonNode data, String title, JsonNode example) {
        var columns = new ArrayList<String>();
        data.fieldNames().forEachRemaining(columns::add);
        if (columns.isEmpty() || columns.size() > 2_000) {
            return "Its table has no columns.";
        }
        columnsAsFields(data, columns);
        var targets = columns.stream().map(this::fieldFor).toList();
        if (targets.stream().allMatch(t -> t == null)) {
            return "None of its columns is an input of this model: %s."
                    .formatted(String.join(", ", columns.stream().limit(8).toList()));
        }
        var rows = data.path(columns.getFirst()).size();
        for (int row = 0; row < Math.min(rows, 6); row++) {
            var values = add(rows == 1 ? title : title + ", row " + (row + 1), example);
            for (int i = 0; i < columns.size(); i++) {
                var target = targets.get(i);
                var value = data.path(columns.get(i)).path(row);
                if (target != null && value.isValueNode() && !value.isNull()) {
                    values.set(target, value);
                }
            }
        }
        var unknown = new ArrayList<String>();
        for (int i = 0; i < columns.size(); i++) {
            if (targets.get(i) == null) {
                unknown.add(columns.get(i));
            }
        }
        if (!unknown.isEmpty()) {
            notes.add(
                    "“%s” of the card’s examples: no input is called %s."
                            .formatted(
                                    title, String.join(", ", unknown.stream().limit(8).toList())));
        }
        return rows == 0 ? "Its table has no rows." : null;
    }

    /** A lone wide input that nobody described gets the names of a table as wide as it is. */
    private void columnsAsFields(JsonNode data, List<String> columns) {
        var inputs = signature.inputs();
        if (!fields().isEmpty() || inputs.size() != 1) {
            return;
        }
        var shape = inputs.getFirst().shape();
        if (shape.size() != 2 || shape.getLast() != columns.size() || columns.size() < 2) {
            return;
        }
        if (columns.stream().anyMatch(c -> !data.path(c).path(0).isNumber())) {
            return;
        }
        for (int i = 0; i < columns.size(); i++) {
            array("fields")
                    .addObject()
                    .put("name", columns.get(i))
                    .put("input", inputs.getFirst().name())
                    .put("index", i)
                    .put("type", "number");
        }
    }

    /** The name of the field that a column means: by name, title or input, whatever the case. */
    private @Nullable String fieldFor(String column) {
        var wanted = plain(column);
        for (var field : fields()) {
            for (var member : List.of("name", "title")) {
                if (plain(field.path(member).asText()).equals(wanted)) {
                    return field.path("name").asText();
                }
            }
        }
        return signature.inputs().stream()
                .map(TensorSpec::name)
                .filter(name -> plain(name).equals(wanted))
                .findFirst()
                .orElse(null);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{Alnum}]+", "");
    }

    private ObjectNode add(String title, JsonNode example) {
        var added = array("examples").addObject().put("title", title);
        var said = example.path("output");
        var best = said.path(0).path("label").asText(said.path("text").asText(""));
        if (!best.isEmpty()) {
            added.put("expect", best);
        }
        return added.putObject("values");
    }

    // ---- the description

    private JsonNode fields() {
        return description.path("fields");
    }

    private @Nullable ObjectNode fieldOf(String type) {
        for (var field : fields()) {
            if (field instanceof ObjectNode described
                    && described.path("type").asText().equalsIgnoreCase(type)) {
                return described;
            }
        }
        var lone =
                type.equals("text")
                                && signature.inputs().size() == 1
                                && signature.inputs().getFirst().datatype() == DataType.BYTES
                        ? signature.inputs().getFirst()
                        : null;
        return lone == null || !fields().isEmpty()
                ? null
                : NODES.objectNode().put("name", lone.name());
    }

    private ArrayNode array(String name) {
        return description.path(name) instanceof ArrayNode there
                ? there
                : description.putArray(name);
    }

    private @Nullable TensorSpec input(String name) {
        return signature.inputs().stream()
                .filter(i -> i.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** The output of that name, else the only one there is. */
    private @Nullable TensorSpec output(String name) {
        return signature.outputs().stream()
                .filter(o -> o.name().equals(name))
                .findFirst()
                .orElseGet(
                        () ->
                                signature.outputs().size() == 1
                                        ? signature.outputs().getFirst()
                                        : null);
    }

    private JsonNode json(String path) {
        try {
            var text = texts.apply(path);
            return text.isEmpty() ? NODES.missingNode() : JSON.readTree(text.get());
        } catch (JsonProcessingException e) {
            notes.add("%s is not JSON and was not read.".formatted(path));
            return NODES.missingNode();
        }
    }

    private static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
