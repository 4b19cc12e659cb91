package dev.atelier.identity;

import dev.atelier.platform.problems.DatabaseAway;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.Callable;

/**
 * Guards what Quarkus itself serves below {@code /q}: metrics and the OpenAPI document. Health
 * stays open, since whoever restarts the portal must ask without a token.
 */
@ApplicationScoped
class OperationsGate {

    private final Subjects subjects;
    private final Access access;

    OperationsGate(Subjects subjects, Access access) {
        this.subjects = subjects;
        this.access = access;
    }

    void install(@Observes Filters filters) {
        // After the cross-site check.
        filters.register(this::guard, 900);
    }

    private void guard(RoutingContext context) {
        var path = context.normalizedPath();
        if (!path.startsWith("/q/") || path.startsWith("/q/health")) {
            context.next();
            return;
        }
        var permission =
                path.startsWith("/q/openapi")
                        ? Permission.CATALOG_READ
                        : Permission.OPERATIONS_READ;
        Callable<Integer> status =
                () ->
                        Credentials.of(context, subjects)
                                .map(
                                        subject ->
                                                access.decide(subject, permission, null).allowed()
                                                        ? 200
                                                        : 403)
                                .orElse(401);
        context.vertx()
                .executeBlocking(status, false)
                .onSuccess(answer -> end(context, answer, permission))
                .onFailure(
                        failure -> {
                            if (DatabaseAway.causes(failure)) {
                                away(context);
                            } else {
                                context.fail(failure);
                            }
                        });
    }

    private static void away(RoutingContext context) {
        context.response()
                .setStatusCode(503)
                .putHeader("Retry-After", "5")
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end("The database does not answer, so nobody can be let in here.\n");
    }

    private static void end(RoutingContext context, int status, Permission permission) {
        if (status == 200) {
            context.next();
            return;
        }
        if (status == 401) {
            context.response().putHeader("WWW-Authenticate", "Bearer realm=\"atelier\"");
        }
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .end(
                        "This needs an access token that may %s (%s).\n"
                                .formatted(permission.words(), permission.id()));
    }
}
