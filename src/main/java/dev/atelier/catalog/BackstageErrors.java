package dev.atelier.catalog;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.ProblemMappers;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Says every error of Backstage's catalog and scaffolder in Backstage's form, whoever raised it: a
 * resource method, the permission check before it, or the router.
 */
@Provider
public class BackstageErrors implements ContainerResponseFilter {

    private static final List<String> ROOTS = List.of("/api/catalog/", "/api/scaffolder/");

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (!(response.getEntity() instanceof ProblemMappers.Body problem)) {
            return;
        }
        var address = request.getUriInfo().getRequestUri();
        if (ROOTS.stream().noneMatch(address.getPath()::startsWith)) {
            return;
        }
        var query = address.getRawQuery();
        response.setEntity(
                Map.of(
                        "error",
                        Map.of(
                                "name",
                                name(problem.status()),
                                "message",
                                message(problem.detail(), problem.errors())),
                        "request",
                        Map.of(
                                "method",
                                request.getMethod(),
                                "url",
                                address.getRawPath() + (query == null ? "" : "?" + query)),
                        "response",
                        Map.of("statusCode", problem.status())),
                null,
                MediaType.APPLICATION_JSON_TYPE);
    }

    private static String name(int status) {
        return switch (status) {
            case 400, 413, 415, 422 -> "InputError";
            case 401 -> "AuthenticationError";
            case 403 -> "NotAllowedError";
            case 404, 405 -> "NotFoundError";
            case 409 -> "ConflictError";
            case 429, 503, 507 -> "ServiceUnavailableError";
            default -> "Error";
        };
    }

    private static String message(String detail, List<Invalid.Field> fields) {
        return fields.isEmpty()
                ? detail
                : fields.stream()
                        .map(field -> field.name() + ": " + field.reason())
                        .collect(Collectors.joining("; ", detail + " (", ")"));
    }
}
