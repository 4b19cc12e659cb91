package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a registration says beside its files; everything is optional.
 *
 * @param owner of the model, set when it has none yet
 * @param license of this version; the card's otherwise
 * @param aliases that name the version as soon as it is ready
 * @param modelInterface becomes {@code interface.json} unless the bundle has one
 * @param batch rows that one run of it may merge at most; 1: its calls are never merged
 * @param note what this version is, in a sentence
 * @param source where its files were taken from, as its client names it
 * @param runLink address of the run that made it, in another tracking server
 * @param force registers files that the newest version has already
 */
record Parameters(
        @Nullable String owner,
        @Nullable String license,
        @Nullable String description,
        List<String> aliases,
        Map<String, String> tags,
        @Nullable Lineage lineage,
        @JsonProperty("interface") @Nullable JsonNode modelInterface,
        @Nullable Integer batch,
        @Nullable String note,
        @Nullable String source,
        @Nullable String runLink,
        boolean force) {

    static final Parameters NONE =
            new Parameters(
                    null, null, null, List.of(), Map.of(), null, null, null, null, null, null,
                    false);

    Parameters {
        aliases = aliases == null ? List.of() : List.copyOf(aliases);
        tags = tags == null ? Map.of() : Map.copyOf(tags);
    }
}
