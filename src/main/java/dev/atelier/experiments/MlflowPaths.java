package dev.atelier.experiments;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Lets MLflow's clients find its protocol at the root and below {@code /mlflow} and {@code
 * /mlflow/<team>}, whose address makes what is created there that team's; and under the name that
 * MLflow's own pages use, {@code /ajax-api}.
 */
@Provider
@PreMatching
public class MlflowPaths implements ContainerRequestFilter {

    private static final Pattern PATH =
            Pattern.compile(
                    "(?:/mlflow(?:/(?<team>[^/]+))?)?/(?:ajax-)?(?<rest>api/2\\.0/mlflow(?:-artifacts)?/.*|health|version|get-artifact|model-versions/get-artifact)");
    private static final Pattern MLFLOW =
            Pattern.compile("/?(ajax-)?api/[23]\\.0/mlflow(-artifacts)?(/.*)?|/?get-artifact");
    private static final String TEAM = "mlflow.team";

    static boolean isMlflow(String path) {
        return MLFLOW.matcher(path).matches();
    }

    /** The team whose address a client uses; empty at the root. */
    public static Optional<String> team(ContainerRequestContext request) {
        return Optional.ofNullable((String) request.getProperty(TEAM));
    }

    @Override
    public void filter(ContainerRequestContext request) {
        var address = request.getUriInfo().getRequestUri();
        var path = address.getRawPath();
        // Most requests are for something else.
        if (!path.startsWith("/mlflow/") && !path.startsWith("/ajax-api/")) {
            return;
        }
        var match = PATH.matcher(path);
        if (!match.matches()) {
            return;
        }
        if (match.group("team") != null) {
            request.setProperty(TEAM, match.group("team"));
        }
        var query = address.getRawQuery();
        request.setRequestUri(
                request.getUriInfo()
                        .getBaseUri()
                        .resolve("/" + match.group("rest") + (query == null ? "" : "?" + query)));
    }
}
