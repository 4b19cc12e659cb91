package dev.atelier.experiments;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The code that a run ran, as its client recorded it.
 *
 * @param repository where it lies, without a name or password that stood in its address; empty when
 *     nobody said
 * @param sha the commit
 * @param address where a browser shows it; null where the host is none of those that are known
 */
public record Commit(String repository, String sha, @Nullable String address) {

    private static final Pattern SHA = Pattern.compile("[0-9a-fA-F]{7,64}");
    private static final Pattern SHORT = Pattern.compile("(?:[^@/\\s]+@)?([\\w.-]+):([^/].*)");
    private static final Pattern PATH = Pattern.compile("(/[\\w.-]+){2,6}");

    /** How the hosts that everybody knows show a commit. */
    private static final Map<String, String> HOSTS =
            Map.of(
                    "github.com", "/commit/",
                    "gitlab.com", "/-/commit/",
                    "bitbucket.org", "/commits/",
                    "codeberg.org", "/commit/",
                    "gitea.com", "/commit/");

    /** What a run's tags say. */
    static Optional<Commit> of(Map<String, String> tags) {
        var sha =
                tags.getOrDefault(
                        "mlflow.source.git.commit", tags.getOrDefault("mlflow.gitCommit", ""));
        return sha.isBlank()
                ? Optional.empty()
                : Optional.of(
                        of(
                                tags.getOrDefault(
                                        "mlflow.source.git.repoURL",
                                        tags.getOrDefault("mlflow.gitRepoURL", "")),
                                sha.strip()));
    }

    /**
     * @param repository as {@code git clone} takes it
     */
    static Commit of(String repository, String sha) {
        var place = place(repository.strip());
        if (place == null) {
            return new Commit(repository.contains("@") ? "" : repository.strip(), sha, null);
        }
        var path = place.getPath().replaceAll("(\\.git)?/*$", "");
        var host = place.getHost().toLowerCase(Locale.ROOT);
        var way = HOSTS.get(host);
        return new Commit(
                host + path,
                sha,
                way != null
                                && SHA.matcher(sha).matches()
                                && PATH.matcher(path).matches()
                                && !path.contains("..")
                        ? "https://" + host + path + way + sha
                        : null);
    }

    /** Of an address of any of Git's forms; null for a folder or what is none. */
    private static @Nullable URI place(String repository) {
        var brief = SHORT.matcher(repository);
        try {
            var uri =
                    !repository.contains("://") && brief.matches()
                            ? new URI("ssh://" + brief.group(1) + "/" + brief.group(2))
                            : new URI(repository);
            return uri.getHost() == null || uri.getPath() == null ? null : uri;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** The first of its digits, as people write it. */
    public String brief() {
        return SHA.matcher(sha).matches() && sha.length() > 10 ? sha.substring(0, 10) : sha;
    }
}
