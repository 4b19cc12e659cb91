package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import org.yaml.snakeyaml.LoaderOptions;

/** YAML of strangers as a tree: bounded, no types, aliases not followed. */
final class Yaml {

    private static final ObjectMapper YAML = new ObjectMapper(factory());

    private Yaml() {}

    private static YAMLFactory factory() {
        var limits = new LoaderOptions();
        limits.setNestingDepthLimit(50);
        limits.setMaxAliasesForCollections(50);
        limits.setCodePointLimit(4 << 20);
        limits.setAllowDuplicateKeys(false);
        return YAMLFactory.builder()
                .loaderOptions(limits)
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .build();
    }

    static JsonNode read(String text) throws JsonProcessingException {
        return YAML.readTree(text);
    }
}
