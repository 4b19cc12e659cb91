package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model card: Markdown with the front matter of Hugging Face, taken unchanged.
 *
 * @param fault why the front matter could not be read; null when it could or there is none
 */
record Card(JsonNode frontMatter, String text, @Nullable String fault) {

    private static final Pattern FRONT =
            Pattern.compile(
                    "\\A\\uFEFF?---[ \\t]*\\r?\\n(.*?)\\r?\\n---[ \\t]*(\\r?\\n|\\z)",
                    Pattern.DOTALL);

    /** A measured figure of {@code model-index}, as it was stated. */
    record Result(String metric, String value, String dataset, String split, double number) {}

    static Card parse(String markdown) {
        var front = FRONT.matcher(markdown);
        if (!front.find()) {
            return new Card(MissingNode.getInstance(), markdown, null);
        }
        var text = markdown.substring(front.end());
        try {
            return new Card(Yaml.read(front.group(1)), text, null);
        } catch (JsonProcessingException e) {
            return new Card(MissingNode.getInstance(), text, e.getOriginalMessage());
        }
    }

    @Nullable String license() {
        var license = frontMatter.path("license");
        var name = frontMatter.path("license_name");
        return name.isTextual() ? name.asText() : license.isTextual() ? license.asText() : null;
    }

    @Nullable String task() {
        var task = frontMatter.path("pipeline_tag");
        return task.isTextual() ? task.asText() : null;
    }

    @Nullable String library() {
        var library = frontMatter.path("library_name");
        return library.isTextual() ? library.asText() : null;
    }

    /** What it was made from, by its name on Hugging Face or here. */
    List<String> baseModels() {
        return strings(frontMatter.path("base_model"));
    }

    List<String> datasets() {
        return strings(frontMatter.path("datasets"));
    }

    private static List<String> strings(JsonNode node) {
        var all = new ArrayList<String>();
        if (node.isTextual()) {
            all.add(node.asText());
        }
        node.forEach(item -> all.add(item.asText()));
        return all;
    }

    /** The text without a first heading that repeats the page's own. */
    String body() {
        return text.replaceFirst("\\A\\s*# [^\\n]*\\n", "");
    }

    List<Result> results() {
        var results = new ArrayList<Result>();
        for (var model : frontMatter.path("model-index")) {
            for (var result : model.path("results")) {
                var dataset = result.path("dataset");
                for (var metric : result.path("metrics")) {
                    var value = metric.path("value");
                    results.add(
                            new Result(
                                    metric.path("name")
                                            .asText(metric.path("type").asText().replace('_', ' ')),
                                    value.isNumber()
                                            ? rounded(value.decimalValue())
                                            : value.asText(),
                                    dataset.path("name").asText(dataset.path("type").asText()),
                                    dataset.path("split").asText(),
                                    value.asDouble(Double.NaN)));
                }
            }
        }
        return results.size() > 200 ? results.subList(0, 200) : results;
    }

    private static String rounded(BigDecimal value) {
        return value.scale() > 4
                ? value.setScale(4, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString()
                : value.toPlainString();
    }
}
