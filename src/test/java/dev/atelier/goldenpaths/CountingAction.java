package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.node.IntNode;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** {@code test:count}: stands for what reaches further than its task; says how often it did. */
@Singleton
class CountingAction implements Action {

    private final Map<UUID, Integer> counts = new ConcurrentHashMap<>();

    @Override
    public String id() {
        return "test:count";
    }

    @Override
    public String description() {
        return "Counts how often a task ran it.";
    }

    @Override
    public String input() {
        return "{\"type\": \"object\"}";
    }

    @Override
    public String output() {
        return "{\"type\": \"object\", \"properties\": {\"number\": {\"type\": \"integer\"}}}";
    }

    @Override
    public List<Example> examples() {
        return List.of(new Example("Count", "- action: test:count"));
    }

    @Override
    public void run(ActionContext context) {
        context.output("number", IntNode.valueOf(counts.merge(context.taskId(), 1, Integer::sum)));
    }
}
