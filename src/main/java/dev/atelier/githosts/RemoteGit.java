package dev.atelier.githosts;

import dev.atelier.platform.net.OutboundHttp;
import java.io.IOException;
import java.net.Proxy;
import java.net.URISyntaxException;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.eclipse.jgit.errors.NotSupportedException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.FilterSpec;
import org.eclipse.jgit.transport.PushResult;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.TagOpt;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;

/**
 * Git's smart HTTP protocol towards a host, by JGit over the portal's own client. The credential is
 * a header of each request: no address and no setting of a repository ever holds it.
 */
final class RemoteGit {

    /** A host looks through all of a push before it answers. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** What a fetch brings: one commit, its trees, and its files where they are asked for. */
    private static final long LARGEST_FETCH = 256L << 20;

    private static final int LONGEST_MESSAGE = 500;

    /** A push is held in memory, and is as large as the files of a task may be. */
    private static final Semaphore TURNS = new Semaphore(2, true);

    private final OutboundHttp http;
    private final Site site;
    private final Credential credential;
    private final String user;

    RemoteGit(OutboundHttp http, Site site, Credential credential, String user) {
        this.http = http;
        this.site = site;
        this.credential = credential;
        this.user = user;
    }

    private interface Work<T> {
        T with(Transport transport) throws IOException, HostFailed;
    }

    /** JGit's connections, so that they can be asked how they ended. */
    private final class Connections implements HttpConnectionFactory, AutoCloseable {

        private final List<OutboundConnection> all = new ArrayList<>();

        @Override
        public HttpConnection create(URL url) {
            var connection = new OutboundConnection(http, url, PATIENCE, LARGEST_FETCH);
            all.add(connection);
            return connection;
        }

        @Override
        public HttpConnection create(URL url, Proxy proxy) {
            return create(url);
        }

        int status() {
            return all.isEmpty() ? 0 : all.getLast().status();
        }

        @Override
        public void close() throws IOException {
            for (var one : all) {
                one.close();
            }
        }
    }

    private <T> T over(Repository git, String path, String doing, Work<T> work)
            throws HostFailed, InterruptedException {
        TURNS.acquire();
        var connections = new Connections();
        try (connections) {
            git.getConfig().setString("http", null, "followRedirects", "false");
            try (var transport =
                    Transport.open(git, new URIish("%s/%s.git".formatted(site.url(), path)))) {
                if (!(transport instanceof TransportHttp overHttp)) {
                    throw new IllegalStateException("Not over HTTP: " + site.url());
                }
                overHttp.setHttpConnectionFactory(connections);
                if (credential.given()) {
                    overHttp.setAdditionalHeaders(Map.of("Authorization", credential.basic(user)));
                }
                return work.with(transport);
            }
        } catch (NotSupportedException | URISyntaxException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw failed(connections.status(), doing, path, e);
        } finally {
            TURNS.release();
        }
    }

    /**
     * Moves a branch to a commit, or makes it. Where it is at the commit already, nothing is done.
     *
     * @param from where the branch must be; zero where it must not be there
     */
    void push(Repository git, String path, String branch, ObjectId commit, ObjectId from)
            throws HostFailed, InterruptedException {
        var doing = "pushing to %s".formatted(path);
        var result =
                over(
                        git,
                        path,
                        doing,
                        transport -> {
                            // Files of the commit before may not be here to be compared with.
                            transport.setPushThin(false);
                            return transport.push(
                                    NullProgressMonitor.INSTANCE,
                                    List.of(
                                            new RemoteRefUpdate(
                                                    git,
                                                    commit.name(),
                                                    commit,
                                                    Constants.R_HEADS + branch,
                                                    false,
                                                    null,
                                                    from)));
                        });
        check(result, path, branch);
    }

    private void check(PushResult result, String path, String branch) throws HostFailed {
        var update = result.getRemoteUpdate(Constants.R_HEADS + branch);
        switch (update.getStatus()) {
            case OK, UP_TO_DATE -> {}
            case REJECTED_NONFASTFORWARD, REJECTED_REMOTE_CHANGED ->
                    throw new HostFailed(
                            "Somebody has pushed to the branch %s of %s on %s meanwhile; it is left as it is. Choose another name."
                                    .formatted(branch, path, site.host()),
                            true);
            default ->
                    throw new HostFailed(
                            "%s refused the push to %s of %s: %s. Nothing of it is there. Put right what it names, then try the step again."
                                    .formatted(
                                            site.host(),
                                            branch,
                                            path,
                                            told(update.getMessage(), result.getMessages())));
        }
    }

    private String told(@org.jspecify.annotations.Nullable String reason, String messages) {
        var all = (reason == null ? "no reason given" : reason) + ". " + messages;
        var line = credential.hide(all).replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        line = line.replaceAll("\\.+$", "");
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
    }

    /**
     * Brings the last commit of branches, with its trees.
     *
     * @param files whether its files come along; else they are left out where the host can
     * @return by the branches that are there
     */
    Map<String, ObjectId> fetch(Repository git, String path, List<String> branches, boolean files)
            throws HostFailed, InterruptedException {
        return over(
                git,
                path,
                "reading %s".formatted(path),
                transport -> {
                    var there = new HashMap<String, ObjectId>();
                    try (var connection = transport.openFetch()) {
                        for (var branch : branches) {
                            var ref = connection.getRef(Constants.R_HEADS + branch);
                            if (ref != null) {
                                there.put(branch, ref.getObjectId());
                            }
                        }
                    }
                    if (!there.isEmpty()) {
                        transport.setDepth(1);
                        if (!files) {
                            transport.setFilterSpec(FilterSpec.fromFilterLine("blob:none"));
                        }
                        transport.setTagOpt(TagOpt.NO_TAGS);
                        transport.fetch(
                                NullProgressMonitor.INSTANCE,
                                there.keySet().stream()
                                        .map(
                                                branch ->
                                                        new RefSpec(
                                                                "+%1$s%2$s:%1$s%2$s"
                                                                        .formatted(
                                                                                Constants.R_HEADS,
                                                                                branch)))
                                        .toList());
                    }
                    return there;
                });
    }

    private HostFailed failed(int status, String doing, String path, IOException e) {
        return switch (status) {
            case 401 ->
                    new HostFailed(
                            "%s does not accept %s while %s. It is wrong or has expired: put a new one in its place."
                                    .formatted(site.host(), credential.origin(), doing));
            case 403 ->
                    new HostFailed(
                            "%s does not let %s do this: %s. It must be allowed to write to the repository."
                                    .formatted(site.host(), credential.origin(), doing));
            case 404 ->
                    new HostFailed(
                            "There is no repository %s on %s, or %s does not see it."
                                    .formatted(path, site.host(), credential.origin()));
            case 429 ->
                    new HostFailed(
                            "%s has had too many requests of the portal while %s. Try the step again in some minutes."
                                    .formatted(site.host(), doing));
            default ->
                    status >= 500
                            ? new HostFailed(
                                    "%s has a fault of its own (%d) while %s. Try the step again later; what was done is kept."
                                            .formatted(site.host(), status, doing))
                            : broken(doing, e);
        };
    }

    private HostFailed broken(String doing, IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutboundHttp.Refused) {
                return new HostFailed(
                        "The portal may not call %s: %s".formatted(site.url(), cause.getMessage()));
            }
        }
        var cause =
                e instanceof TransportException && e.getCause() instanceof IOException inner
                        ? inner
                        : e;
        return new HostFailed(
                "The connection to %s broke while %s: %s Try the step again; what was done is kept."
                        .formatted(
                                site.host(),
                                doing,
                                told(cause.getMessage(), "").replaceAll("([^.])$", "$1.")));
    }
}
