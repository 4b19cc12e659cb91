package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.problems.SignInNeeded;
import io.quarkus.runtime.BlockingOperationControl;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Named;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who makes this request, and what they may do. */
@Named("caller")
@RequestScoped
public class Caller {

    private static final Set<HttpMethod> SAFE =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private final @Nullable RoutingContext request;
    private final Subjects subjects;
    private final Access access;
    private final Audit audit;
    private final Refreshing refreshing;
    private @Nullable Optional<Subject> subject;

    /** Asked instead of the request, where the portal goes on for somebody; see {@link Acting}. */
    private @Nullable Supplier<Optional<Subject>> acting;

    Caller(
            CurrentVertxRequest current,
            Subjects subjects,
            Access access,
            Audit audit,
            Refreshing refreshing) {
        // Null in a request context that no request began: a schedule, a start.
        this.request = current.getCurrent();
        this.subjects = subjects;
        this.access = access;
        this.audit = audit;
        this.refreshing = refreshing;
    }

    /** Makes this context that of somebody who makes no request at the moment. */
    void actFor(Supplier<Optional<Subject>> somebody) {
        if (request != null) {
            throw new IllegalStateException("A request is made by whoever sent it");
        }
        acting = somebody;
    }

    private RoutingContext request() {
        if (request == null) {
            throw new IllegalStateException("Nobody makes a request here; the portal acts itself");
        }
        return request;
    }

    /** Whether somebody makes a request or is acted for; else the portal works for itself. */
    public boolean present() {
        return request != null || acting != null;
    }

    /** Whoever is signed in; empty when nobody is, or what they showed is no longer good. */
    public Optional<Subject> subject() {
        if (subject == null && acting != null) {
            subject = acting.get();
        }
        if (subject == null) {
            if (!BlockingOperationControl.isBlockingAllowed()) {
                // The page of an unknown address: it can do without a name.
                return Optional.empty();
            }
            subject = Credentials.of(request(), subjects);
        }
        return subject;
    }

    /** For templates: whoever is signed in, or null. */
    public @Nullable Subject someone() {
        try {
            return subject().orElse(null);
        } catch (Sql.Failed e) {
            // The page that says that the database is away must be drawn without it.
            return null;
        }
    }

    /** Whether a browser session carries an unsafe request without saying where it comes from. */
    boolean unprovenOrigin() {
        var request = request().request();
        return !SAFE.contains(request.method())
                && request.getHeader("Authorization") == null
                && request.getHeader("Sec-Fetch-Site") == null
                && request.getHeader("Origin") == null;
    }

    /**
     * Whoever is signed in.
     *
     * @throws SignInNeeded when nobody is
     */
    public Subject signedIn() {
        return subject()
                .orElseThrow(
                        () ->
                                new SignInNeeded(
                                        acting != null
                                                ? "The account this is done for was shut out or is gone."
                                                : request().request().getHeader("Authorization")
                                                                == null
                                                        ? "Sign in first, or send an access token as \"Authorization: Bearer …\"."
                                                        : "This access token is wrong, was revoked or has ended."));
    }

    /** Entity reference, say {@code user:default/ines}. */
    public String entityRef() {
        return signedIn().ref();
    }

    /** May the caller do this, on this thing or (null) at all? */
    public Decision decide(Permission permission, @Nullable String resource) {
        return access.decide(
                signedIn(), permission, resource == null ? null : access.resource(resource));
    }

    public boolean may(Permission permission) {
        return subject().map(s -> access.decide(s, permission, null).allowed()).orElse(false);
    }

    public boolean may(Permission permission, String resource) {
        return subject()
                .map(s -> access.decide(s, permission, access.resource(resource)).allowed())
                .orElse(false);
    }

    /**
     * Whether the caller was granted to record in an experiment or to push to a repository; to
     * which is asked there. Not to read: lists leave out only what is hidden.
     */
    boolean mayOnSomeThing(Permission permission) {
        return (permission == Permission.EXPERIMENT_RECORD
                        || permission == Permission.REPOSITORY_WRITE)
                && !may(permission)
                && subject().map(one -> access.grantedSomewhere(one, permission)).orElse(false);
    }

    /** What the caller is not shown; nothing is kept from the portal itself. */
    Blind blind() {
        return request == null && acting == null
                ? Blind.TO_NOTHING
                : access.blind(subject().orElse(null));
    }

    /** Those of these things that the caller may not read; the portal itself may read all. */
    Set<String> unreadable(Set<String> refs) {
        if (refs.isEmpty() || (request == null && acting == null)) {
            return Set.of();
        }
        return subject().map(one -> access.unreadable(one, refs)).orElse(refs);
    }

    /**
     * Refuses what the caller may not do, and writes that down. A thing that is hidden from them is
     * refused in the words of one that does not exist.
     *
     * @param resource entity reference of the thing; null when it is about none
     * @throws Denied with the reason and who could allow it
     * @throws NotFound when it is hidden from them
     * @throws SignInNeeded when nobody is signed in
     */
    public void require(Permission permission, @Nullable String resource) {
        requireOn(permission, resource == null ? null : access.resource(resource));
    }

    /**
     * Finds out anew who the caller is and what they may do with a thing. For a change that is
     * written long after its request began, say after an upload: call it in the transaction that
     * writes, then {@link #require}.
     */
    public void lookAgain(String resource) {
        var before = signedIn();
        access.forget(resource);
        subject = acting == null ? Credentials.now(request(), subjects, before) : acting.get();
    }

    /** As {@link #require}, for a thing that is about to be made and will belong to that owner. */
    public void requireAsOwner(Permission permission, String resource, String owner) {
        requireOn(
                permission, new Resource(resource, owner, Resource.Visibility.COMPANY, List.of()));
    }

    /** As {@link #may}, for a thing that belongs to that owner. */
    public boolean mayAsOwner(Permission permission, String resource, String owner) {
        return subject()
                .map(
                        s ->
                                access.decide(
                                                s,
                                                permission,
                                                new Resource(
                                                        resource,
                                                        owner,
                                                        Resource.Visibility.COMPANY,
                                                        List.of()))
                                        .allowed())
                .orElse(false);
    }

    private void requireOn(Permission permission, @Nullable Resource resource) {
        var decision = access.decide(signedIn(), permission, resource);
        if (decision.allowed()) {
            return;
        }
        var path = acting == null ? request().normalizedPath() : "in the background";
        audit.refused(
                permission.id(),
                resource == null ? path : resource.ref(),
                Map.of("reason", decision.reason(), "path", path));
        if (resource != null
                && resource.visibility() == Resource.Visibility.RESTRICTED
                && !access.mayRead(signedIn(), resource)) {
            throw Resource.unknown(resource.ref());
        }
        throw new Denied(
                "You may not %s. %s %s"
                        .formatted(
                                permission.words(),
                                decision.reason(),
                                access.whoCanGrant(permission, resource)),
                resource == null ? null : resource.ask());
    }

    /**
     * For templates: whether the sign-in provider could not be asked about this session of late.
     */
    public boolean providerAway() {
        var someone = someone();
        return someone != null
                && someone.session() != null
                && refreshing.unrefreshed(someone.session());
    }

    /** The network address the request came from. */
    public @Nullable String origin() {
        var remote = request == null ? null : request.request().remoteAddress();
        return remote == null ? null : remote.hostAddress();
    }
}
