package dev.atelier.repositories;

import dev.atelier.catalog.Entities;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Ago;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Repository;

/** Finds repositories for pages, if the caller may, with what stands around them. */
@ApplicationScoped
public class RepositoryShells {

    private final Repositories repositories;
    private final Contents contents;
    private final Entities entities;
    private final Instance<Origins> origins;
    private final Caller caller;
    private final RoutingContext request;

    RepositoryShells(
            Repositories repositories,
            Contents contents,
            Entities entities,
            @Any Instance<Origins> origins,
            Caller caller,
            RoutingContext request) {
        this.repositories = repositories;
        this.contents = contents;
        this.entities = entities;
        this.origins = origins;
        this.caller = caller;
        this.request = request;
    }

    /**
     * @throws NotFound in the same words when there is none and when it is hidden from the caller
     */
    public GitRepository repository(Permission permission, String team, String name) {
        var repository = repositories.get(team, name);
        caller.require(Permission.REPOSITORY_READ, repository.ref());
        if (permission != Permission.REPOSITORY_READ) {
            caller.require(permission, repository.ref());
        }
        return repository;
    }

    public RepositoryShell shell(GitRepository repository, String tab) {
        return contents.reading(repository, git -> shell(repository, tab, git));
    }

    RepositoryShell shell(GitRepository repository, String tab, Repository git) throws IOException {
        var refs = git.getRefDatabase();
        var at = refs.exactRef(RefMoves.defaultRef(repository));
        var newest = at == null ? null : Commit.of(Contents.resolve(git, repository, ""));
        return new RepositoryShell(
                repository,
                tab,
                url(repository),
                names(List.of(repository)).getOrDefault(repository.owner(), repository.team()),
                EntityRef.parse(repository.owner()).address(),
                refs.getRefsByPrefix(Constants.R_HEADS).size(),
                refs.getRefsByPrefix(Constants.R_TAGS).size(),
                newest,
                newest == null ? "" : Ago.of(newest.at(), Instant.now()),
                caller.may(Permission.REPOSITORY_WRITE, repository.ref()),
                caller.may(Permission.REPOSITORY_DELETE, repository.ref()),
                origins.stream()
                        .flatMap(one -> one.of(repository).stream())
                        .findFirst()
                        .orElse(null));
    }

    String url(GitRepository repository) {
        return repositories.url(repository, request).toString();
    }

    /** Display names of owners, by their references. */
    Map<String, String> names(Collection<GitRepository> some) {
        Set<String> refs = some.stream().map(GitRepository::owner).collect(Collectors.toSet());
        return refs.isEmpty() ? Map.of() : entities.titles(refs);
    }

    /** For whom the caller may make a repository: their teams and themselves. */
    List<String> owners() {
        var subject = caller.signedIn();
        var owners = new ArrayList<>(subject.teams().stream().sorted().toList());
        owners.add(subject.ref());
        owners.removeIf(
                owner ->
                        !owner.matches("(group|user):default/.*")
                                || !caller.mayAsOwner(
                                        Permission.REPOSITORY_CREATE,
                                        GitRepository.ref(Repositories.teamOf(owner), "new"),
                                        owner));
        return owners;
    }
}
