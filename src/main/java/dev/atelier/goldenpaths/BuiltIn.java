package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** An action that comes with the portal: one of Backstage's, or one of its features'. */
public abstract class BuiltIn implements Action {

    private final String id;
    private final String description;
    private final String input;
    private final String output;
    private final List<Example> examples;

    /**
     * @param input JSON Schema
     * @param output JSON Schema; empty for none
     */
    protected BuiltIn(
            String id, String description, String input, String output, Example... examples) {
        this.id = id;
        this.description = description;
        this.input = input;
        this.output = output.isEmpty() ? "{\"type\": \"object\", \"properties\": {}}" : output;
        this.examples = List.of(examples);
    }

    @Override
    public final String id() {
        return id;
    }

    @Override
    public final String description() {
        return description;
    }

    @Override
    public final String input() {
        return input;
    }

    @Override
    public final String output() {
        return output;
    }

    @Override
    public final List<Example> examples() {
        return examples;
    }

    /** What these actions do stays in the task's files; those that reach further look for it. */
    @Override
    public boolean hasDryRun() {
        return true;
    }

    /** The texts of a JSON list. */
    protected static List<String> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        list.forEach(one -> texts.add(one.asText()));
        return texts;
    }
}
