package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import jakarta.inject.Singleton;
import java.io.IOException;

/** {@code catalog:write}. */
@Singleton
class CatalogWrite extends BuiltIn {

    private static final YAMLMapper YAML =
            new YAMLMapper(
                    new YAMLFactory()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES));

    CatalogWrite() {
        super(
                "catalog:write",
                "Writes an entity into a file of the task, catalog-info.yaml unless named otherwise.",
                """
                {"type": "object", "required": ["entity"], "properties": {
                  "entity": {"type": "object", "title": "The entity",
                    "required": ["apiVersion", "kind", "metadata"]},
                  "filePath": {"type": "string", "title": "File in the task's files"}}}
                """,
                "",
                new Example(
                        "Write catalog-info.yaml",
                        """
                        - action: catalog:write
                          input:
                            entity:
                              apiVersion: backstage.io/v1alpha1
                              kind: Component
                              metadata:
                                name: penguins
                              spec:
                                type: service
                                lifecycle: experimental
                                owner: user:default/guest
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var entity = (ObjectNode) context.input().path("entity").deepCopy();
        // What Backstage's catalog knows an entity's golden path by.
        var template = context.taskSpec().path("templateInfo").path("entityRef");
        if (template.isTextual()) {
            ((ObjectNode) entity.get("metadata"))
                    .withObjectProperty("annotations")
                    .put("backstage.io/source-template", template.asText());
        }
        var file = context.input().path("filePath").asText("catalog-info.yaml");
        context.workspace().write(file, YAML.writeValueAsBytes(entity), false);
        context.log("Wrote " + file);
    }
}
