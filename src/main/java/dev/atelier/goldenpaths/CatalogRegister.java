package dev.atelier.goldenpaths;

import dev.atelier.catalog.EntityRef;
import dev.atelier.catalog.Registration;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.Repositories;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.List;

/** {@code catalog:register}. */
@Singleton
class CatalogRegister extends BuiltIn {

    private static final String OWN = "/repositories/";

    private final Registration registration;
    private final Repositories repositories;
    private final Contents contents;
    private final Remotes remotes;
    private final Caller caller;

    CatalogRegister(
            Registration registration,
            Repositories repositories,
            Contents contents,
            Remotes remotes,
            Caller caller) {
        super(
                "catalog:register",
                "Registers the entities of an address, or of a repository of this portal.",
                """
                {"type": "object", "properties": {
                  "catalogInfoUrl": {"type": "string", "title": "Address of the file"},
                  "repoContentsUrl": {"type": "string",
                    "title": "Address of the repository's files, as a publishing step gives it, or atelier?owner=team&repo=name"},
                  "catalogInfoPath": {"type": "string",
                    "title": "The file in it, /catalog-info.yaml unless given"},
                  "optional": {"type": "boolean", "title": "A file that is missing is no failure"}}}
                """,
                """
                {"type": "object", "properties": {
                  "entityRef": {"type": "string", "title": "The first entity"},
                  "catalogInfoUrl": {"type": "string", "title": "What was registered"}}}
                """,
                new Example(
                        "Register what was published",
                        """
                        - action: catalog:write
                          input:
                            entity:
                              apiVersion: backstage.io/v1alpha1
                              kind: Component
                              metadata: {name: penguins}
                              spec: {type: training, lifecycle: experimental, owner: "group:default/vision"}
                        - id: publish
                          action: publish:atelier
                          input:
                            repoUrl: atelier?owner=vision&repo=penguins
                        - action: catalog:register
                          input:
                            repoContentsUrl: ${{ steps.publish.output.repoContentsUrl }}
                        """));
        this.registration = registration;
        this.repositories = repositories;
        this.contents = contents;
        this.remotes = remotes;
        this.caller = caller;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        var input = context.input();
        var file = input.path("catalogInfoPath").asText("/catalog-info.yaml");
        var place =
                input.has("catalogInfoUrl")
                        ? input.path("catalogInfoUrl").asText()
                        : input.path("repoContentsUrl").asText("");
        if (place.isEmpty()) {
            throw new ActionFailed("Give catalogInfoUrl or repoContentsUrl.");
        }
        var own = context.portal() + OWN;
        if (place.startsWith(RepositoryHosts.OWN + "?")) {
            var address = RepositoryAddress.parse(place);
            place = own + address.owner() + "/" + address.repo();
        }
        var url =
                input.has("catalogInfoUrl") || place.startsWith(own)
                        ? place
                        : place.replaceAll("/+$", "") + (file.startsWith("/") ? "" : "/") + file;
        context.output("catalogInfoUrl", url);
        if (context.dryRun()) {
            context.log("Would register " + url);
            context.output("entityRef", "component:default/example");
            return;
        }
        try {
            var refs =
                    url.startsWith(own)
                            ? ofRepository(url.substring(own.length()), url, file)
                            : elsewhere(url);
            if (refs.isEmpty()) {
                throw new Invalid("%s names no entity.".formatted(url));
            }
            for (var ref : refs) {
                context.log("Registered " + ref);
                context.made(ref.toString());
            }
            context.output("entityRef", refs.getFirst().toString());
        } catch (Invalid | NotFound e) {
            if (!input.path("optional").asBoolean()) {
                throw new ActionFailed(e.detail());
            }
            context.warn(e.detail());
        }
    }

    /**
     * What everybody may read is read again by and by; what only the portal may see is read now.
     */
    private List<EntityRef> elsewhere(String url)
            throws ActionFailed, IOException, InterruptedException {
        try {
            return registration.register(url);
        } catch (Invalid e) {
            var text = remotes.file(url);
            if (text.isEmpty()) {
                throw e;
            }
            return registration.publish("git:" + url, url, text.get());
        }
    }

    private List<EntityRef> ofRepository(String name, String url, String file) {
        var parts = name.split("/", -1);
        if (parts.length != 2) {
            throw new Invalid("%s is no repository of this portal.".formatted(url));
        }
        var repository = repositories.get(parts[0], parts[1]);
        caller.require(Permission.REPOSITORY_READ, repository.ref());
        var path = file.replaceFirst("^/+", "");
        var content =
                contents.read(repository, "", path)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "There is no %s in %s."
                                                        .formatted(path, repository.fullName())));
        return registration.publish(
                Skeletons.HOSTED + repository.id() + ":" + path, url, content.text());
    }
}
