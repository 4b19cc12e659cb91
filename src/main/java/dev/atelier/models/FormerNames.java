package dev.atelier.models;

import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.net.URI;
import java.util.regex.Pattern;

/**
 * Leads links to pages of a renamed model on to its new name: they are in mails and documents. Only
 * people are led; programs get the 404, so that nothing is done to another model than they name.
 */
@Provider
public class FormerNames implements ContainerResponseFilter {

    private static final Pattern PAGE = Pattern.compile("/models/([A-Za-z0-9._-]+)(/.*)?");

    private final Renaming renaming;
    private final Sight sight;

    FormerNames(Renaming renaming, Sight sight) {
        this.renaming = renaming;
        this.sight = sight;
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getStatus() != 404 || !request.getMethod().equals("GET")) {
            return;
        }
        var address = request.getUriInfo().getRequestUri();
        var page = PAGE.matcher(address.getRawPath());
        if (!page.matches()) {
            return;
        }
        var rest = page.group(2) == null ? "" : page.group(2);
        var query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
        renaming.now(page.group(1))
                .filter(name -> !sight.closes(Resource.model(name)))
                .ifPresent(
                        name -> {
                            response.setStatus(303);
                            response.setEntity(null);
                            response.getHeaders()
                                    .putSingle(
                                            HttpHeaders.LOCATION,
                                            URI.create("/models/" + name + rest + query));
                        });
    }
}
