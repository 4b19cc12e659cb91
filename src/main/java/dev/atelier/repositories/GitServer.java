package dev.atelier.repositories;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.SignInNeeded;
import dev.atelier.platform.problems.TooLarge;
import dev.atelier.platform.problems.Unavailable;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.eclipse.jgit.errors.PackProtocolException;
import org.eclipse.jgit.errors.UnpackException;
import org.eclipse.jgit.storage.pack.PackConfig;
import org.eclipse.jgit.transport.PacketLineOut;
import org.eclipse.jgit.transport.RefAdvertiser.PacketLineOutRefAdvertiser;
import org.eclipse.jgit.transport.ServiceMayNotContinueException;
import org.eclipse.jgit.transport.UploadPack;
import org.eclipse.jgit.util.io.LimitedInputStream;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/**
 * Git's smart HTTP protocol, versions 1 and 2 (git's {@code gitprotocol-http} and {@code
 * gitprotocol-v2}). There is no dumb one: without a service nothing is answered.
 */
@Path("/git/{team}/{repository}")
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class GitServer {

    private static final Logger LOG = Logger.getLogger(GitServer.class);

    private static final String UPLOAD = "git-upload-pack";
    private static final String RECEIVE = "git-receive-pack";
    private static final int BUFFER = 64 << 10;

    /** What a fetch says of itself, unpacked: the commits that the client has. */
    private static final long LONGEST_QUESTION = 32L << 20;

    /** Commands stand before the pack. */
    private static final long LONGEST_COMMANDS = 4L << 20;

    /** What is read of a push that was refused already, so that its client reads the answer. */
    private static final long READ_ON = 64L << 20;

    private final Repositories repositories;
    private final Storage storage;
    private final RefMoves moves;
    private final Caller caller;
    private final RepositoriesConfig config;
    private final Semaphore fetches;
    private final Semaphore pushes;

    GitServer(
            Repositories repositories,
            Storage storage,
            RefMoves moves,
            Caller caller,
            RepositoriesConfig config) {
        this.repositories = repositories;
        this.storage = storage;
        this.moves = moves;
        this.caller = caller;
        this.config = config;
        this.fetches = new Semaphore(config.fetches(), true);
        this.pushes = new Semaphore(config.pushes(), true);
    }

    /** In plain words, which Git prints; and with the scheme that makes it ask for a password. */
    @ServerExceptionMapper
    public Response refused(Problem problem) {
        var answer =
                Response.status(problem.status())
                        .type("text/plain; charset=utf-8")
                        .entity(problem.detail() + "\n");
        if (problem instanceof SignInNeeded) {
            answer.header(
                    HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"Atelier\", charset=\"UTF-8\"");
        }
        if (problem instanceof Unavailable) {
            answer.header(HttpHeaders.RETRY_AFTER, 5);
        }
        return answer.build();
    }

    private GitRepository allowed(Permission permission, String team, String address) {
        var name = address.endsWith(".git") ? address.substring(0, address.length() - 4) : address;
        var repository = repositories.get(team, name);
        caller.require(Permission.REPOSITORY_READ, repository.ref());
        if (permission != Permission.REPOSITORY_READ) {
            caller.require(permission, repository.ref());
        }
        return repository;
    }

    @GET
    @Path("info/refs")
    @Produces(MediaType.WILDCARD)
    public Response refs(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @RestQuery @Nullable String service,
            @HeaderParam("Git-Protocol") @Nullable String protocol) {
        if (UPLOAD.equals(service)) {
            var repository = allowed(Permission.REPOSITORY_READ, team, name);
            return answer(
                    UPLOAD + "-advertisement",
                    out -> {
                        try (var git = storage.open(repository)) {
                            var advertiser = new PacketLineOutRefAdvertiser(new PacketLineOut(out));
                            uploading(git, protocol).sendAdvertisedRefs(advertiser, UPLOAD);
                        } catch (ServiceMayNotContinueException e) {
                            LOG.debugf(e, "A fetch of %s went no further", repository.ref());
                        }
                    });
        }
        if (RECEIVE.equals(service)) {
            var repository = allowed(Permission.REPOSITORY_WRITE, team, name);
            return answer(
                    RECEIVE + "-advertisement",
                    out -> {
                        var incoming = storage.incoming();
                        try (var git = storage.receiving(repository, incoming)) {
                            var packets = new PacketLineOut(out);
                            packets.writeString("# service=" + RECEIVE + "\n");
                            packets.end();
                            receiving(repository, git, incoming)
                                    .sendAdvertisedRefs(new PacketLineOutRefAdvertiser(packets));
                        } finally {
                            Storage.delete(incoming);
                        }
                    });
        }
        var repository = allowed(Permission.REPOSITORY_READ, team, name);
        throw new Invalid(
                "%s is a Git repository: clone it with a Git client of version 1.6.6 or newer."
                        .formatted(repository.fullName()));
    }

    @POST
    @Path(UPLOAD)
    @Consumes("application/x-git-upload-pack-request")
    @Produces(MediaType.WILDCARD)
    public Response upload(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @HeaderParam("Git-Protocol") @Nullable String protocol,
            @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
            InputStream body) {
        var repository = allowed(Permission.REPOSITORY_READ, team, name);
        return answer(
                UPLOAD + "-result",
                out -> {
                    take(fetches);
                    try (var git = storage.open(repository)) {
                        var in = unpacked(body, encoding, LONGEST_QUESTION);
                        uploading(git, protocol).upload(in, out, null);
                    } catch (ServiceMayNotContinueException | PackProtocolException e) {
                        // The client was told.
                        LOG.debugf(e, "A fetch of %s went no further", repository.ref());
                    } finally {
                        fetches.release();
                    }
                });
    }

    @Needs(Permission.REPOSITORY_WRITE)
    @POST
    @Path(RECEIVE)
    @Consumes("application/x-git-receive-pack-request")
    @Produces(MediaType.WILDCARD)
    public Response receive(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
            @HeaderParam(HttpHeaders.CONTENT_LENGTH) @Nullable Long length,
            InputStream body) {
        var repository = allowed(Permission.REPOSITORY_WRITE, team, name);
        var most = config.maxPack().asLongValue() + LONGEST_COMMANDS;
        if (length != null && length > most) {
            throw new TooLarge(
                    "A push has at most %d bytes here (atelier.repositories.max-pack)."
                            .formatted(config.maxPack().asLongValue()));
        }
        return answer(
                RECEIVE + "-result",
                out -> {
                    take(pushes);
                    try {
                        receive(repository, unpacked(body, encoding, most), out);
                    } finally {
                        pushes.release();
                    }
                });
    }

    private void receive(GitRepository repository, InputStream in, OutputStream out)
            throws IOException {
        var incoming = storage.incoming();
        try (var git = storage.receiving(repository, incoming)) {
            receiving(repository, git, incoming).receive(in, out, null);
        } catch (UnpackException | PackProtocolException e) {
            // The client was told. It may send for a while before it listens.
            LOG.debugf(e, "A push to %s was refused", repository.ref());
            readOn(in);
        } finally {
            Storage.delete(incoming);
        }
    }

    private static void readOn(InputStream in) {
        var thrown = new byte[BUFFER];
        long read = 0;
        try {
            for (int n = 0; n >= 0 && read < READ_ON; n = in.read(thrown)) {
                read += n;
            }
        } catch (IOException e) {
            LOG.debugf("Whoever pushed hung up: %s", e.getMessage());
        }
    }

    private UploadPack uploading(org.eclipse.jgit.lib.Repository git, @Nullable String protocol) {
        var uploading = new UploadPack(git);
        uploading.setBiDirectionalPipe(false);
        uploading.setTimeout((int) config.silence().toSeconds());
        var packs = new PackConfig(git);
        packs.setThreads(1);
        packs.setDeltaSearchMemoryLimit(32L << 20);
        uploading.setPackConfig(packs);
        if (protocol != null) {
            uploading.setExtraParameters(List.of(protocol.split(":")));
        }
        return uploading;
    }

    private Receiving receiving(
            GitRepository repository, IncomingRepository git, java.nio.file.Path incoming) {
        return new Receiving(
                repository, git, incoming, storage, repositories, moves, caller, config);
    }

    private void take(Semaphore turns) {
        try {
            if (turns.tryAcquire(config.patience().toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new Unavailable("Too many clones and pushes at once. Try again in a moment.");
    }

    /** Never more than so many bytes, whatever they were packed into. */
    private static InputStream unpacked(InputStream body, @Nullable String encoding, long most)
            throws IOException {
        var plain =
                "gzip".equalsIgnoreCase(encoding) || "x-gzip".equalsIgnoreCase(encoding)
                        ? new GZIPInputStream(body, BUFFER)
                        : new BufferedInputStream(body, BUFFER);
        return new LimitedInputStream(plain, most) {
            /** JGit takes what has not come yet for the end, and says "truncated" of too much. */
            @Override
            public int available() throws IOException {
                return Math.max(1, super.available());
            }

            @Override
            protected void limitExceeded() throws IOException {
                throw new PackProtocolException("more than %d bytes were sent".formatted(limit));
            }
        };
    }

    /** Writes the answer. */
    private interface Answer {
        void into(OutputStream out) throws IOException;
    }

    private static Response answer(String type, Answer answer) {
        StreamingOutput body =
                out -> {
                    var buffered = new BufferedOutputStream(out, BUFFER);
                    answer.into(buffered);
                    buffered.flush();
                };
        return Response.ok(body)
                .type("application/x-" + type)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache, max-age=0, must-revalidate")
                .build();
    }
}
