package dev.atelier.identity;

import dev.atelier.platform.problems.Denied;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every route and asks what its {@link Needs} or {@link Open} says. A route that says
 * nothing is closed.
 */
@Provider
@Priority(Priorities.AUTHORIZATION)
public class Gate implements ContainerRequestFilter {

    /** What a route asks; a route that needs nothing and is not open says nothing. */
    record Rule(@Nullable Needs needs, @Nullable Open open, @Nullable Limit limit) {
        static Rule of(Method method) {
            var type = method.getDeclaringClass();
            var needs = method.getAnnotation(Needs.class);
            var open = method.getAnnotation(Open.class);
            var limited = method.getAnnotation(Limited.class);
            var limit = limited == null ? null : limited.value();
            return needs != null || open != null
                    ? new Rule(needs, open, limit)
                    : new Rule(
                            type.getAnnotation(Needs.class), type.getAnnotation(Open.class), limit);
        }
    }

    @Context ResourceInfo route;
    private final Caller caller;
    private final Limits limits;
    private final Map<Method, Rule> rules = new ConcurrentHashMap<>();

    @SuppressWarnings("NullAway.Init") // JAX-RS sets the route
    Gate(Caller caller, Limits limits) {
        this.caller = caller;
        this.limits = limits;
    }

    @Override
    public void filter(ContainerRequestContext request) {
        var rule = rules.computeIfAbsent(route.getResourceMethod(), Rule::of);
        var open = rule.open();
        if (open != null && open.value() == Open.To.EVERYONE) {
            return;
        }
        var subject = caller.signedIn();
        if (subject.session() != null && caller.unprovenOrigin()) {
            throw new Denied(
                    "A browser session must say where a change comes from (Origin). Programs use an"
                            + " access token.");
        }
        if (open == null) {
            require(rule, request);
        }
        if (rule.limit() != null) {
            limits.use(rule.limit(), subject);
        }
    }

    private void require(Rule rule, ContainerRequestContext request) {
        var needs = rule.needs();
        if (needs == null) {
            throw new IllegalStateException(
                    "No permission is stated for " + route.getResourceMethod());
        }
        var resource = resource(needs, request);
        // Which experiment or repository it is, the method learns and asks about; whoever was
        // granted this on
        // one alone must come so far.
        if (resource == null && caller.mayOnSomeThing(needs.value())) {
            return;
        }
        caller.require(needs.value(), resource);
    }

    private static @Nullable String resource(Needs needs, ContainerRequestContext request) {
        if (needs.model().isEmpty()) {
            return null;
        }
        var name = request.getUriInfo().getPathParameters().getFirst(needs.model());
        return Resource.model(String.valueOf(name));
    }
}
