package dev.atelier.repositories;

import org.jspecify.annotations.Nullable;

/**
 * What stands above every page of a repository.
 *
 * @param tab which one is open: {@code code}, {@code commits}, {@code branches}, {@code settings}
 *     or {@code access}
 * @param url what {@code git clone} is told
 * @param newest the last commit of the default branch; null while it is empty
 * @param origin what made it; null when people did
 * @param made of that, and of the last push, how long ago
 */
public record RepositoryShell(
        GitRepository repository,
        String tab,
        String url,
        String ownerName,
        String ownerAddress,
        int branches,
        int tags,
        @Nullable Commit newest,
        String newestAgo,
        boolean mayWrite,
        boolean mayDelete,
        @Nullable Origin origin) {

    public String address() {
        return repository.address();
    }

    public boolean settings() {
        return mayWrite || mayDelete;
    }
}
