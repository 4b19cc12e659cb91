package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The OpenAPI document of Backstage's API")
class BackstageOpenApiTest {

    private static final List<Class<?>> RESOURCES =
            List.of(BackstageCatalog.class, BackstageEntities.class, BackstageLocations.class);

    @Test
    void names_every_route_with_its_parameters_and_no_other() throws IOException {
        assertThat(documented()).isEqualTo(built());
    }

    @Test
    void refers_only_to_what_it_holds() throws IOException {
        var document = document();

        assertThat(document.findValuesAsText("$ref"))
                .isNotEmpty()
                .allSatisfy(
                        ref -> assertThat(document.at(ref.substring(1)).isMissingNode()).isFalse());
    }

    private static JsonNode document() throws IOException {
        try (var yaml =
                BackstageCatalog.class.getResourceAsStream("/catalog/backstage-openapi.yaml")) {
            return new YAMLMapper().readTree(Objects.requireNonNull(yaml));
        }
    }

    /** Parameters by route, say {@code GET /entities}. */
    private static Map<String, Set<String>> documented() throws IOException {
        var document = document();
        var routes = new TreeMap<String, Set<String>>();
        document.path("paths")
                .properties()
                .forEach(
                        path ->
                                path.getValue()
                                        .properties()
                                        .forEach(
                                                operation -> {
                                                    if (!operation.getKey().equals("parameters")) {
                                                        var names = new TreeSet<String>();
                                                        parameters(document, path.getValue())
                                                                .forEach(names::add);
                                                        parameters(document, operation.getValue())
                                                                .forEach(names::add);
                                                        routes.put(
                                                                operation
                                                                                .getKey()
                                                                                .toUpperCase(
                                                                                        Locale.ROOT)
                                                                        + " "
                                                                        + path.getKey(),
                                                                names);
                                                    }
                                                }));
        return routes;
    }

    private static Stream<String> parameters(JsonNode document, JsonNode node) {
        return StreamSupport.stream(node.path("parameters").spliterator(), false)
                .map(ref -> document.at(ref.path("$ref").asText().substring(1)))
                .map(parameter -> parameter.path("name").asText());
    }

    private static Map<String, Set<String>> built() {
        var routes = new TreeMap<String, Set<String>>();
        for (var resource : RESOURCES) {
            for (var method : resource.getMethods()) {
                verb(method)
                        .ifPresent(
                                verb ->
                                        routes.put(
                                                verb
                                                        + " /"
                                                        + method.getAnnotation(Path.class).value(),
                                                names(method)));
            }
        }
        return routes;
    }

    private static Optional<String> verb(Method method) {
        return Arrays.stream(method.getAnnotations())
                .map(a -> a.annotationType().getAnnotation(HttpMethod.class))
                .filter(Objects::nonNull)
                .map(HttpMethod::value)
                .findFirst();
    }

    private static Set<String> names(Method method) {
        var names = new TreeSet<String>();
        for (AnnotatedElement parameter : method.getParameters()) {
            if (parameter.isAnnotationPresent(QueryParam.class)) {
                names.add(parameter.getAnnotation(QueryParam.class).value());
            } else if (parameter.isAnnotationPresent(PathParam.class)) {
                names.add(parameter.getAnnotation(PathParam.class).value());
            } else if (parameter.isAnnotationPresent(HeaderParam.class)) {
                names.add(parameter.getAnnotation(HeaderParam.class).value());
            }
        }
        return names;
    }
}
