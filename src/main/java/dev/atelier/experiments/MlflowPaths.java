package dev.atelier.experiments;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Lets MLflow's clients find its protocol at the root and below {@code /mlflow} and {@code
 * /mlflow/<team>}, whose address makes what is created there that team's; and under the name that
 * MLflow's own pages use, {@code /ajax-api}. These addresses in a browser lead home, where the
 * fragment that clients print opens a run.
 */
@ApplicationScoped
public class MlflowPaths {

    private static final Pattern PATH =
            Pattern.compile(
                    "(?:/mlflow(?:/(?<team>[^/]+))?)?/(?:ajax-)?(?<rest>api/2\\.0/mlflow(?:-artifacts)?/.*|health|version|get-artifact)");
    private static final Pattern PREFIX = Pattern.compile("/mlflow(/[^/]*)?/?");
    private static final Pattern MLFLOW =
            Pattern.compile("/?(ajax-)?api/[23]\\.0/mlflow(-artifacts)?(/.*)?|/?get-artifact");
    private static final String TEAM = "mlflow.team";

    /** Before all that answers or adds to an answer: a request takes that way from its start. */
    private static final int PRIORITY = 1200;

    /**
     * @param path not decoded
     */
    static boolean isMlflow(String path) {
        return MLFLOW.matcher(path).matches();
    }

    /** The team whose address a client uses; empty at the root. */
    public static Optional<String> team(RoutingContext request) {
        return Optional.ofNullable(request.get(TEAM));
    }

    void install(@Observes Filters filters) {
        filters.register(this::lead, PRIORITY);
    }

    private void lead(RoutingContext context) {
        // Not decoded: what is behind the prefix must arrive as it was sent.
        var path = context.request().path();
        // Most requests are for something else.
        if (path == null || !(path.startsWith("/mlflow") || path.startsWith("/ajax-api/"))) {
            context.next();
            return;
        }
        var match = PATH.matcher(path);
        if (match.matches()) {
            if (match.group("team") != null) {
                context.put(TEAM, match.group("team"));
            }
            var query = context.request().query();
            context.reroute("/" + match.group("rest") + (query == null ? "" : "?" + query));
        } else if (context.request().method().equals(HttpMethod.GET)
                && PREFIX.matcher(path).matches()) {
            context.response().setStatusCode(303).putHeader("Location", "/").end();
        } else {
            context.next();
        }
    }
}
