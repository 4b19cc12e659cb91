package dev.atelier.webhooks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What happens in the registry, with the names and examples of MLflow. */
public enum RegistryEvent {
    MODEL_CREATED("REGISTERED_MODEL", "CREATED", "A model is registered"),
    VERSION_CREATED("MODEL_VERSION", "CREATED", "A version is registered"),
    TAG_SET("MODEL_VERSION_TAG", "SET", "A tag of a version is set"),
    TAG_DELETED("MODEL_VERSION_TAG", "DELETED", "A tag of a version is taken away"),
    ALIAS_CREATED("MODEL_VERSION_ALIAS", "CREATED", "An alias names a version, or another one"),
    ALIAS_DELETED("MODEL_VERSION_ALIAS", "DELETED", "An alias is taken away");

    private final String entity;
    private final String action;
    private final String sentence;

    RegistryEvent(String entity, String action, String sentence) {
        this.entity = entity;
        this.action = action;
        this.sentence = sentence;
    }

    /** As stored, and as MLflow writes it: {@code model_version.created}. */
    public String id() {
        return (entity + "." + action).toLowerCase(Locale.ROOT);
    }

    /** In protocol answers. */
    public String entity() {
        return entity;
    }

    public String action() {
        return action;
    }

    public String sentence() {
        return sentence;
    }

    static Optional<RegistryEvent> of(String id) {
        return Arrays.stream(values()).filter(event -> event.id().equals(id)).findFirst();
    }

    static Optional<RegistryEvent> of(String entity, String action) {
        return of((entity + "." + action).toLowerCase(Locale.ROOT));
    }

    /** What MLflow's own server sends when a webhook is tried out. */
    Map<String, Object> example() {
        var data = new LinkedHashMap<String, Object>();
        data.put("name", "example_model");
        switch (this) {
            case MODEL_CREATED -> {
                data.put("tags", Map.of("example_key", "example_value"));
                data.put("description", "An example registered model");
            }
            case VERSION_CREATED -> {
                data.put("version", "1");
                data.put("source", "models:/123");
                data.put("run_id", "abcd1234abcd5678");
                data.put("tags", Map.of("example_key", "example_value"));
                data.put("description", "An example model version");
            }
            case TAG_SET -> {
                data.put("version", "1");
                data.put("key", "example_key");
                data.put("value", "example_value");
            }
            case TAG_DELETED -> {
                data.put("version", "1");
                data.put("key", "example_key");
            }
            case ALIAS_CREATED -> {
                data.put("alias", "example_alias");
                data.put("version", "1");
            }
            case ALIAS_DELETED -> data.put("alias", "example_alias");
        }
        return data;
    }
}
