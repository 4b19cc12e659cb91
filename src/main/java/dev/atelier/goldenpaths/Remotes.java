package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.atelier.githosts.GitHost;
import dev.atelier.githosts.GitHosts;
import dev.atelier.githosts.HostFailed;
import dev.atelier.githosts.HostKind;
import dev.atelier.githosts.Proposal;
import dev.atelier.githosts.Site;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.Scratch;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/** What all actions do that reach Git hosts elsewhere. */
@ApplicationScoped
class Remotes {

    /**
     * Where an action goes to.
     *
     * @param path owner and name, as the host's addresses have them
     */
    record Place(Site site, String owner, String repo) {
        String path() {
            return owner + "/" + repo;
        }

        String shown() {
            return site.host() + "/" + path();
        }

        String page() {
            return site.url() + "/" + path();
        }

        /** As what came of golden paths is named, and as the audit log has it. */
        String ref() {
            return Made.ELSEWHERE + shown();
        }
    }

    private final GitHosts hosts;
    private final Scratch scratch;
    private final Caller caller;
    private final Audit audit;

    Remotes(GitHosts hosts, Scratch scratch, Caller caller, Audit audit) {
        this.hosts = hosts;
        this.scratch = scratch;
        this.caller = caller;
        this.audit = audit;
    }

    /** The repository that {@code repoUrl} names, on a host of that kind that is offered. */
    Place place(ActionContext context, HostKind kind, String action) throws ActionFailed {
        var address = address(context);
        var site = site(address);
        if (site.kind() != kind) {
            throw new ActionFailed(
                    "%s is a host of %s, and %s is for %s."
                            .formatted(site.host(), site.kind().label(), action, kind.label()));
        }
        var fault = RepositoryHosts.nameFault(address, Optional.of(kind));
        if (fault.isPresent()) {
            throw new ActionFailed(fault.get());
        }
        if (!site.offers(address.owner())) {
            throw new ActionFailed(
                    "Golden paths may not publish for %s on %s. Choose one of: %s."
                            .formatted(
                                    address.owner(),
                                    site.host(),
                                    String.join(", ", site.owners())));
        }
        return new Place(site, address.owner(), address.repo());
    }

    /** What {@code repoUrl} names, whole. */
    static RepositoryAddress address(ActionContext context) throws ActionFailed {
        var url = context.input().path("repoUrl").asText();
        var address = RepositoryAddress.parse(url);
        if (address.host().isEmpty() || address.owner().isEmpty() || address.repo().isEmpty()) {
            throw new ActionFailed(
                    "\"%s\" names no repository. Write host?owner=name&repo=name."
                            .formatted(Workspace.shown(url)));
        }
        return address;
    }

    /** What software a host runs. */
    HostKind kind(RepositoryAddress address) throws ActionFailed {
        return site(address).kind();
    }

    private Site site(RepositoryAddress address) throws ActionFailed {
        return hosts.find(address.host())
                .orElseThrow(
                        () ->
                                new ActionFailed(
                                        "The host %s is not offered here. An administrator adds it to atelier.git-hosts; there are: %s."
                                                .formatted(
                                                        Workspace.shown(address.host()), known())));
    }

    private String known() {
        var names = hosts.all().stream().map(Site::host).collect(Collectors.joining(", "));
        return names.isEmpty() ? "none" : names;
    }

    /** The host, with the step's token or else the portal's. */
    GitHost open(ActionContext context, Place place) throws ActionFailed {
        try {
            return hosts.open(
                    place.site(), context.input().path("token").asText(null), context::log);
        } catch (HostFailed e) {
            throw new ActionFailed(e.reason());
        }
    }

    /**
     * A file that only the portal's token may see, of a repository that golden paths may publish.
     *
     * @param url as {@code repoContentsUrl} of a publishing step begins
     */
    Optional<String> file(String url) throws ActionFailed, IOException, InterruptedException {
        for (var site : hosts.all()) {
            var place = site.locate(url);
            if (place.isPresent() && site.offers(place.get().owner())) {
                return asked(() -> hosts.open(site, null, null).file(place.get()));
            }
        }
        return Optional.empty();
    }

    Scratch.Opened scratch() throws IOException {
        return scratch.open();
    }

    /** When this step began for the first time, to the second: its commits have this time. */
    Instant begun(ActionContext context) throws ActionFailed, IOException, InterruptedException {
        return Instant.ofEpochSecond(
                context.checkpoint("begun", () -> LongNode.valueOf(Instant.now().getEpochSecond()))
                        .asLong());
    }

    /** Whoever the input names as author, or else whoever started the task. */
    Author author(JsonNode input) {
        var self = Author.of(caller.signedIn());
        return new Author(
                input.path("gitAuthorName").asText(self.name()),
                input.path("gitAuthorEmail").asText(self.email()));
    }

    /**
     * Files of the task as a commit has them.
     *
     * @param below folder of the task's files; empty for all
     * @param into folder of the repository; empty for its root
     */
    static Map<String, FileContent> files(ActionContext context, String below, String into)
            throws ActionFailed, IOException {
        var folder = context.workspace().path(below);
        var target = into.replaceAll("^(\\./)+|/+$", "");
        var files = new LinkedHashMap<String, FileContent>();
        for (var name : Workspace.filesBelow(folder)) {
            var path = folder.resolve(name);
            files.put(
                    FetchPlain.under(target, name),
                    new FileContent(Files.readAllBytes(path), Workspace.isExecutable(path)));
        }
        return files;
    }

    /** Says of inputs that are Backstage's and are not done here that they are not. */
    static void warnOf(ActionContext context, Set<String> notDone) {
        for (var name : notDone) {
            if (context.input().has(name)) {
                context.warn(
                        "%s is not done here; set it on the host if it is needed.".formatted(name));
            }
        }
    }

    /**
     * The branch that a change is to go into.
     *
     * @param wanted null for the one that the host shows first
     */
    String into(ActionContext context, GitHost host, Place place, @Nullable String wanted)
            throws ActionFailed, IOException, InterruptedException {
        return context.checkpoint(
                        "into",
                        () ->
                                TextNode.valueOf(
                                        wanted == null ? defaultBranch(host, place) : wanted))
                .asText();
    }

    private static String defaultBranch(GitHost host, Place place)
            throws ActionFailed, IOException, InterruptedException {
        return asked(() -> host.find(place.owner(), place.repo()))
                .orElseThrow(
                        () ->
                                new ActionFailed(
                                        "There is no repository %s, or the token does not see it."
                                                .formatted(place.shown())))
                .defaultBranch();
    }

    /** Opens a request for a branch, once. */
    Proposal.Opened opened(ActionContext context, GitHost host, Place place, Proposal wish)
            throws ActionFailed, IOException, InterruptedException {
        var kept =
                context.checkpoint(
                        "opened",
                        () -> {
                            var warnings = new ArrayList<String>();
                            var one = asked(() -> host.propose(wish, warnings));
                            warnings.forEach(context::warn);
                            record(
                                    "repository.propose",
                                    place,
                                    Map.of(
                                            "branch", wish.branch(),
                                            "into", wish.into(),
                                            "page", one.page()));
                            return JsonNodeFactory.instance
                                    .objectNode()
                                    .put("page", one.page())
                                    .put("number", one.number())
                                    .put("into", one.into());
                        });
        var opened =
                new Proposal.Opened(
                        kept.path("page").asText(),
                        kept.path("number").asLong(),
                        kept.path("into").asText());
        context.log("Opened " + opened.page());
        return opened;
    }

    void record(String action, Place place, Map<String, ?> detail) {
        QuarkusTransaction.requiringNew().run(() -> audit.record(action, place.ref(), detail));
    }

    /** Refuses what cannot be a branch, before anything is made. */
    static String branch(String name) throws ActionFailed {
        if (!Repository.isValidRefName(Constants.R_HEADS + name) || name.startsWith("-")) {
            throw new ActionFailed(
                    "\"%s\" cannot be the name of a branch.".formatted(Workspace.shown(name)));
        }
        return name;
    }

    /** Something that a host is asked for. */
    interface Asking<T> {
        T ask() throws HostFailed, ActionFailed, IOException, InterruptedException;
    }

    /** What a host fails at, the step fails at. */
    static <T> T asked(Asking<T> asking) throws ActionFailed, IOException, InterruptedException {
        try {
            return asking.ask();
        } catch (HostFailed e) {
            throw new ActionFailed(e.reason());
        }
    }
}
