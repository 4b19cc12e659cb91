package dev.atelier.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.platform.problems.Invalid;
import java.util.List;

/** Entity documents as people write them. */
public final class EntityYaml {

    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES)
                    .build();

    private EntityYaml() {}

    /**
     * Reads one document, by the same rules as the catalog reads files.
     *
     * @throws Invalid with line and reason when it is no YAML, or not one document
     */
    public static JsonNode read(String text) {
        var documents = YamlDocuments.read(text);
        if (documents.size() != 1) {
            throw new Invalid(
                    documents.isEmpty()
                            ? "There is no document."
                            : "There are %d documents; write one.".formatted(documents.size()),
                    List.of(new Invalid.Field("text", "is not one document")));
        }
        var document = documents.getFirst();
        var value = document.value();
        if (value == null) {
            var fault = document.fault();
            throw new Invalid(
                    fault == null
                            ? "It cannot be read as YAML."
                            : "%s%s %s"
                                    .formatted(
                                            fault.line() == null
                                                    ? ""
                                                    : "Line %d: ".formatted(fault.line()),
                                            fault.reason(),
                                            fault.remedy()),
                    List.of(new Invalid.Field("text", "is no YAML")));
        }
        return value;
    }

    public static String write(JsonNode document) {
        try {
            return YAML.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
