package dev.atelier.models;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.githosts.GitHosts;
import dev.atelier.githosts.HostKind;
import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import dev.atelier.goldenpaths.RepositoryAddress;
import dev.atelier.goldenpaths.Workspace;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.Repositories;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code atelier:model:repository}: from a version back to the code that trained it. */
@Singleton
class ModelRepository extends BuiltIn {

    private static final String GITEA = kind(HostKind.GITEA);
    private static final String EXAMPLE = "atelier?owner=example&repo=example";

    /** As MLflow's clients and CI write it: an address, and a commit behind it. */
    private static final Pattern SOURCE =
            Pattern.compile("(?<repository>.+?)(@(?<commit>[0-9a-fA-F]{7,64}))?");

    /** The address that {@code git clone} is given for a repository of a portal. */
    private static final Pattern HOSTED =
            Pattern.compile("https?://[^/]+/git/(?<owner>[^/]+)/(?<repo>[^/]+?)(\\.git)?/*");

    /** Git's short form for SSH: {@code git@host:owner/name.git}. */
    private static final Pattern SHORT = Pattern.compile("(?:[^@/\\s]+@)?([\\w.-]+):([^/].*)");

    /**
     * A repository, and what hosts it.
     *
     * @param kind {@code atelier}, or that of a Git host elsewhere
     */
    private record Place(RepositoryAddress address, String kind) {
        @Override
        public String toString() {
            return (address.host().equals(RepositoryAddress.OWN) ? "" : address.host() + "/")
                    + address.owner()
                    + "/"
                    + address.repo();
        }
    }

    private final Models models;
    private final Versions versions;
    private final HiddenMakers makers;
    private final GitHosts hosts;
    private final Repositories repositories;
    private final Contents contents;
    private final Caller caller;

    ModelRepository(
            Models models,
            Versions versions,
            HiddenMakers makers,
            GitHosts hosts,
            Repositories repositories,
            Contents contents,
            Caller caller) {
        super(
                "atelier:model:repository",
                "Finds the repository that a version of a model was trained from, by what its run or whoever"
                        + " registered it said of the code.",
                """
                {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                  "name": {"type": "string", "maxLength": 300, "title": "Name of the model, or its entity"},
                  "version": {"type": ["integer", "string"],
                    "title": "Number or alias; the version that serves unless given"},
                  "repoUrl": {"type": "string", "maxLength": 1000,
                    "title": "The repository, where one knows it: host?owner=name&repo=name"},
                  "proposes": {"type": "boolean",
                    "title": "Fails on a host where no step of a golden path can propose a branch"}}}
                """,
                """
                {"type": "object", "properties": {
                  "name": {"type": "string", "title": "Name of the model"},
                  "version": {"type": "integer", "title": "Number of the version"},
                  "champion": {"type": "integer", "title": "The version that calls without one get"},
                  "repoUrl": {"type": "string", "title": "The repository, as publishing steps take it"},
                  "kind": {"type": "string", "enum": ["atelier", "github", "gitlab", "gitea"], "title": "What hosts it"},
                  "commit": {"type": "string", "title": "The commit that trained the version; empty when it is not known"},
                  "versionUrl": {"type": "string", "title": "Page of the version"},
                  "portalUrl": {"type": "string", "title": "This portal"}}}
                """,
                new Example(
                        "Propose a change where the champion comes from",
                        """
                        - id: code
                          action: atelier:model:repository
                          input:
                            name: penguins
                            version: champion
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                        - action: publish:atelier:branch
                          if: ${{ steps.code.output.kind === "atelier" }}
                          input:
                            repoUrl: ${{ steps.code.output.repoUrl }}
                            branchName: look-at-it
                            title: Say what to look at
                        """));
        this.models = models;
        this.versions = versions;
        this.makers = makers;
        this.hosts = hosts;
        this.repositories = repositories;
        this.contents = contents;
        this.caller = caller;
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed {
        var input = context.input();
        var name = name(input.path("name").asText());
        var given = input.path("repoUrl").asText("");
        if (context.dryRun()) {
            context.log("Would look up where %s comes from.".formatted(name));
            output(context, name, 0, 0, named(given.isEmpty() ? EXAMPLE : given), "");
            return;
        }
        var model = models.get(name);
        caller.require(Permission.MODEL_READ, Resource.model(model.name()));
        var version =
                input.path("version").asText("").isBlank()
                        ? versions.ready(model.name())
                        : versions.find(model, input.path("version").asText().strip());
        var source = makers.shown(version).source();
        var match = SOURCE.matcher(source == null ? "" : source);
        var commit = match.matches() ? match.group("commit") : null;
        var place =
                given.isEmpty()
                        ? found(
                                context,
                                version,
                                match.matches() ? match.group("repository") : "",
                                commit)
                        : named(given);
        if (input.path("proposes").asBoolean() && place.kind.equals(GITEA)) {
            throw new ActionFailed(
                    "%s is on Gitea, where golden paths cannot propose a branch yet. Ask its people."
                            .formatted(place));
        }
        var serving = model.serving();
        output(
                context,
                model.name(),
                version.number(),
                serving == null ? version.number() : serving,
                place,
                commit == null ? "" : commit);
        context.log(
                "%s version %d %s %s%s."
                        .formatted(
                                model.name(),
                                version.number(),
                                given.isEmpty() ? "was trained from" : "is trained in",
                                place,
                                commit == null ? "" : " at " + commit));
    }

    private static String kind(HostKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private static String name(String text) throws ActionFailed {
        try {
            return EntityRef.parse(text, "model", EntityRef.DEFAULT_NAMESPACE).name();
        } catch (IllegalArgumentException e) {
            throw new ActionFailed("\"%s\" names no model.".formatted(Workspace.shown(text)));
        }
    }

    private static void output(
            ActionContext context,
            String model,
            int number,
            int champion,
            Place place,
            String commit) {
        context.output("name", model);
        context.output("version", IntNode.valueOf(number));
        context.output("champion", IntNode.valueOf(champion));
        context.output("repoUrl", place.address.toString());
        context.output("kind", place.kind);
        context.output("portalUrl", context.portal());
        context.output("commit", commit);
        context.output(
                "versionUrl",
                "%s/models/%s/versions/%d".formatted(context.portal(), model, number));
    }

    private Place named(String repoUrl) throws ActionFailed {
        var address = RepositoryAddress.parse(repoUrl);
        if (address.host().isEmpty() || address.owner().isEmpty() || address.repo().isEmpty()) {
            throw new ActionFailed(
                    "\"%s\" names no repository. Write host?owner=name&repo=name."
                            .formatted(Workspace.shown(repoUrl)));
        }
        return place(address)
                .orElseThrow(
                        () ->
                                new ActionFailed(
                                        "The host %s is not offered here. An administrator adds it to atelier.git-hosts."
                                                .formatted(Workspace.shown(address.host()))));
    }

    /** Where it is, if the portal reaches it. */
    private Optional<Place> place(RepositoryAddress address) {
        return address.host().equals(RepositoryAddress.OWN)
                ? Optional.of(new Place(address, RepositoryAddress.OWN))
                : hosts.find(address.host()).map(site -> new Place(address, kind(site.kind())));
    }

    private Place found(
            ActionContext context, ModelVersion version, String repository, @Nullable String commit)
            throws ActionFailed {
        return address(context, repository)
                .flatMap(this::place)
                .or(() -> byOtherName(repository, commit))
                .orElseThrow(
                        () ->
                                new ActionFailed(
                                        "Version %d of %s %s. Say which repository trains it."
                                                .formatted(
                                                        version.number(),
                                                        version.model(),
                                                        repository.isEmpty()
                                                                ? "does not say which code it was trained by"
                                                                : "was trained by %s, which is no repository of this portal or of a Git host that it knows"
                                                                        .formatted(
                                                                                Workspace.shown(
                                                                                        open(
                                                                                                repository))))));
    }

    /**
     * A repository of this portal by another of its names: CI within a cluster clones from another
     * host than people do. The commit tells that it is the same one.
     */
    private Optional<Place> byOtherName(String repository, @Nullable String commit) {
        var match = HOSTED.matcher(repository);
        return commit == null || !match.matches()
                ? Optional.empty()
                : repositories
                        .find(match.group("owner"), match.group("repo"))
                        .filter(one -> caller.may(Permission.REPOSITORY_READ, one.ref()))
                        .filter(one -> contents.commit(one, commit).isPresent())
                        .flatMap(
                                one ->
                                        place(
                                                new RepositoryAddress(
                                                        RepositoryAddress.OWN,
                                                        one.team(),
                                                        one.name())));
    }

    /** Without what stands before the host, which may be a credential. */
    private static String open(String repository) {
        return repository.replaceFirst("//[^/@]*@", "//");
    }

    /**
     * The repository behind an address that Git is given, or that browsers are.
     *
     * @param repository say {@code https://github.com/acme/penguins.git}
     */
    private static Optional<RepositoryAddress> address(ActionContext context, String repository) {
        var text = repository.strip().replaceAll("(\\.git)?/*$", "");
        for (var own : List.of("/git/", "/repositories/")) {
            var beginning = context.portal() + own;
            if (text.startsWith(beginning)) {
                return split(RepositoryAddress.OWN, text.substring(beginning.length()));
            }
        }
        var brief = SHORT.matcher(text);
        if (!text.contains("://") && brief.matches()) {
            return split(brief.group(1), brief.group(2));
        }
        try {
            var uri = new URI(text);
            if (uri.getHost() == null || uri.getPath() == null) {
                return Optional.empty();
            }
            var port =
                    uri.getPort() < 0 || "ssh".equals(uri.getScheme()) ? "" : ":" + uri.getPort();
            return split(uri.getHost() + port, uri.getPath().replaceFirst("^/+", ""));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static Optional<RepositoryAddress> split(String host, String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 || slash == path.length() - 1
                ? Optional.empty()
                : Optional.of(
                        new RepositoryAddress(
                                host, path.substring(0, slash), path.substring(slash + 1)));
    }
}
