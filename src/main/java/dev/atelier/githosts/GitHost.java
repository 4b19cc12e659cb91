package dev.atelier.githosts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;

/**
 * A Git host, with the credential of whoever asks. Every method asks the host; each throws {@link
 * HostFailed} with a sentence for people, and {@link InterruptedException} when a task is
 * cancelled.
 */
public abstract sealed class GitHost permits ReposHost, GitLab {

    /** What hosts give on one page at most. */
    static final int PAGE = 100;

    final Site site;
    final HostApi api;
    private final RemoteGit git;

    GitHost(Site site, HostApi api, RemoteGit git) {
        this.site = site;
        this.api = api;
        this.git = git;
    }

    public final Site site() {
        return site;
    }

    /** Empty when there is none, or the credential does not see it. */
    public abstract Optional<RemoteRepository> find(String owner, String repo)
            throws HostFailed, InterruptedException;

    /**
     * Makes an empty repository.
     *
     * @throws HostFailed {@link HostFailed#taken} when there is one of that name
     */
    public abstract RemoteRepository create(NewRepository wish)
            throws HostFailed, InterruptedException;

    /**
     * Protects a branch; one that is protected already stays as it is, or gets these rules.
     *
     * @param rules in the words of the host's API
     * @return a sentence why the host does not, where that is a matter of what was paid for
     */
    public abstract Optional<String> protect(
            RemoteRepository repository, String branch, ObjectNode rules)
            throws HostFailed, InterruptedException;

    /** Accounts and organisations that the credential may publish for. */
    public abstract List<String> owners() throws HostFailed, InterruptedException;

    /** The first hundred, as the host orders them. */
    public abstract List<String> branches(String owner, String repo)
            throws HostFailed, InterruptedException;

    /**
     * Opens a pull or merge request. One that is open for the branch is given back.
     *
     * @param warnings gets sentences about what could not be set of it
     */
    public abstract Proposal.Opened propose(Proposal wish, List<String> warnings)
            throws HostFailed, InterruptedException;

    /**
     * What became of a pull or merge request.
     *
     * @return empty when there is none of that number, or the credential does not see it
     */
    public abstract Optional<Proposal.State> proposal(String owner, String repo, long number)
            throws HostFailed, InterruptedException;

    /** The text of a file; empty when there is none. */
    public abstract Optional<String> file(Site.Place place) throws HostFailed, InterruptedException;

    /**
     * Moves a branch to a commit, or makes it. Where it is at the commit already, nothing is done.
     *
     * @param from where the branch must be; zero where it must not be there
     */
    public final void push(
            Repository from, String path, String branch, ObjectId commit, ObjectId before)
            throws HostFailed, InterruptedException {
        git.push(from, path, branch, commit, before);
    }

    /**
     * Brings the last commits of those branches that are there, with their trees.
     *
     * @param files whether their files come along
     * @return by branch
     */
    public final Map<String, ObjectId> fetch(
            Repository into, String path, List<String> branches, boolean files)
            throws HostFailed, InterruptedException {
        return git.fetch(into, path, branches, files);
    }

    // For those that speak to one kind of host
    // -----------------------------------------------------

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static Instant time(JsonNode node) {
        try {
            return OffsetDateTime.parse(node.asText()).toInstant();
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    /** All three hosts give a file's bytes as {@code content}, in Base64. */
    static String content(JsonNode file) {
        return new String(
                Base64.getMimeDecoder().decode(file.path("content").asText("")),
                StandardCharsets.UTF_8);
    }

    static List<String> texts(JsonNode list, String member) {
        var texts = new ArrayList<String>();
        for (var one : list) {
            if (one.path(member).isTextual()) {
                texts.add(one.path(member).textValue());
            }
        }
        return texts;
    }

    final HostFailed taken(String owner, String repo) {
        return new HostFailed(
                "There is a repository %s/%s on %s already. Choose another name."
                        .formatted(owner, repo, site.host()),
                true);
    }

    final HostFailed nobody(String owner) {
        return new HostFailed(
                "There is no owner %s on %s, or the token does not see it. Check the name, or give the token access."
                        .formatted(owner, site.host()));
    }

    final HostFailed somebodyElse(String owner, String self) {
        return new HostFailed(
                "%s is somebody's own account on %s, and the token is %s's. Choose an organisation, or let the step bring that person's token."
                        .formatted(owner, site.host(), self));
    }
}
