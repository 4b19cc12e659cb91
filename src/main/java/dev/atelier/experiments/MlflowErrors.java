package dev.atelier.experiments;

import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.ProblemMappers;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Says every error below {@code /api/2.0/mlflow} in MLflow's form, whoever raised it. Its clients
 * send again what was answered by 408, 429 or 5xx, for minutes: no mistake of a user's may be one.
 */
@Provider
public class MlflowErrors implements ContainerResponseFilter {

    /** An error with a code that its status alone does not say. */
    public static WebApplicationException of(int status, String code, String message) {
        return new WebApplicationException(
                message,
                Response.status(status)
                        .type(MediaType.APPLICATION_JSON_TYPE)
                        .entity(body(code, message))
                        .build());
    }

    /** What a client that makes sure that something is there swallows; its status is 400. */
    public static WebApplicationException alreadyExists(String message) {
        return of(400, "RESOURCE_ALREADY_EXISTS", message);
    }

    private static Map<String, String> body(String code, String message) {
        return Map.of("error_code", code, "message", message);
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (!(response.getEntity() instanceof ProblemMappers.Body problem)
                || !MlflowPaths.isMlflow(request.getUriInfo().getRequestUri().getRawPath())) {
            return;
        }
        var known = !request.getUriInfo().getMatchedResources().isEmpty();
        if (problem.status() == 405 || (problem.status() == 404 && !known)) {
            response.setStatus(404);
            response.setEntity(
                    body(
                            "ENDPOINT_NOT_FOUND",
                            "Atelier does not offer %s %s. docs/mlflow.md lists what it offers."
                                    .formatted(
                                            request.getMethod(),
                                            request.getUriInfo().getRequestUri().getRawPath())),
                    null,
                    MediaType.APPLICATION_JSON_TYPE);
            return;
        }
        response.setEntity(
                body(code(problem.status()), message(problem.detail(), problem.errors())),
                null,
                MediaType.APPLICATION_JSON_TYPE);
    }

    private static String code(int status) {
        return switch (status) {
            case 400, 422 -> "INVALID_PARAMETER_VALUE";
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "RESOURCE_DOES_NOT_EXIST";
            case 409 -> "RESOURCE_CONFLICT";
            case 413, 415 -> "BAD_REQUEST";
            case 429 -> "REQUEST_LIMIT_EXCEEDED";
            case 503 -> "TEMPORARILY_UNAVAILABLE";
            case 507 -> "RESOURCE_EXHAUSTED";
            default -> "INTERNAL_ERROR";
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
