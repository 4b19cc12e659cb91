package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Locale;

/** Holds JSON against JSON Schema (draft 7, as Backstage's templates are written). */
@ApplicationScoped
class Schemas {

    /**
     * What is wrong.
     *
     * @param at JSON pointer into the value; to the object where a member is missing
     * @param keyword of the schema, say {@code required}
     * @param member the missing member; empty for others
     * @param schema the part of the schema that says so
     */
    record Fault(String at, String keyword, String member, String message, JsonNode schema) {

        /** The value that is wrong or missing, as a JSON pointer. */
        String place() {
            return member.isEmpty() ? at : at + "/" + member.replace("~", "~0").replace("/", "~1");
        }
    }

    private final ObjectMapper json;
    private final SchemaRegistry registry =
            SchemaRegistry.withDefaultDialect(
                    SpecificationVersion.DRAFT_7,
                    builder ->
                            builder.schemaRegistryConfig(
                                            SchemaRegistryConfig.builder()
                                                    .formatAssertionsEnabled(true)
                                                    .locale(Locale.ENGLISH)
                                                    .regularExpressionFactory(new BoundedPatterns())
                                                    .build())
                                    // A schema never makes the portal fetch another one.
                                    .schemaLoader(loader -> loader.fetchRemoteResources(false)));
    private final Cache<String, Schema> known = Caffeine.newBuilder().maximumSize(500).build();

    Schemas(ObjectMapper json) {
        this.json = json;
    }

    /**
     * @param schema JSON text
     */
    List<Fault> check(String schema, JsonNode value) {
        var compiled =
                known.get(
                        schema,
                        text -> {
                            try {
                                return registry.getSchema(json.readTree(text));
                            } catch (JsonProcessingException e) {
                                throw new IllegalArgumentException(e);
                            }
                        });
        return compiled.validate(value).stream().map(Schemas::fault).toList();
    }

    List<Fault> check(JsonNode schema, JsonNode value) {
        return check(schema.toString(), value);
    }

    private static Fault fault(Error error) {
        var keyword = String.valueOf(error.getKeyword());
        return new Fault(
                error.getInstanceLocation().toString(),
                keyword,
                error.getProperty() == null ? "" : error.getProperty(),
                String.valueOf(error.getMessage()),
                error.getSchemaNode());
    }
}
