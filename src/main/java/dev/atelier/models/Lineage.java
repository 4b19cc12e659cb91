package dev.atelier.models;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a version came from, as whoever registered it said.
 *
 * @param datasets entity references or names
 * @param run the training run, by its id
 * @param parent number of the version of the same model it was made from
 * @param source where the code lies, say a commit's address
 * @param loggedModel the logged model of MLflow 3 that its files are, by its id
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Lineage(
        List<String> datasets,
        @Nullable String run,
        @Nullable Integer parent,
        @Nullable String source,
        @Nullable String loggedModel) {

    static final Lineage NONE = new Lineage(List.of(), null, null, null, null);

    public Lineage {
        datasets = datasets == null ? List.of() : List.copyOf(datasets);
    }
}
