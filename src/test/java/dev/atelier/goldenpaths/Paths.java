package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import io.quarkus.arc.Arc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.UUID;

/** Golden paths for tests, put into the catalog as a feature would. */
final class Paths {

    private static final YAMLMapper YAML = new YAMLMapper();

    private Paths() {}

    /**
     * @param spec YAML of {@code spec}
     */
    static EntityRef publish(String spec) {
        return publish("path-" + UUID.randomUUID().toString().substring(0, 8), spec);
    }

    /** The same under a name, in place of what was there. */
    static EntityRef publish(String name, String spec) {
        var document = document(name, spec);
        var refused =
                Arc.container()
                        .instance(Entities.class)
                        .get()
                        .upsert("golden-path-tests", List.of(new EntityDocument(document)));
        if (!refused.isEmpty()) {
            throw new IllegalArgumentException(refused.toString());
        }
        return new EntityRef("template", "default", name);
    }

    static ObjectNode document(String name, String spec) {
        try {
            return (ObjectNode)
                    YAML.readTree(
                            """
                            apiVersion: scaffolder.backstage.io/v1beta3
                            kind: Template
                            metadata:
                              name: %s
                              title: Path of a test
                            spec:
                              type: test
                              owner: group:default/nobody
                            """
                                            .formatted(name)
                                    + spec.indent(2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
