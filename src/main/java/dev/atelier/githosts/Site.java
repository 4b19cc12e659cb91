package dev.atelier.githosts;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host as it is configured, without its credential.
 *
 * @param name in the settings
 * @param host as {@code repoUrl} names it
 * @param url of its pages and repositories, without a slash at the end
 * @param api without a slash at the end
 * @param owners whom golden paths may publish for; empty for all
 * @param read what templates may fetch with the credential
 */
public record Site(
        String name,
        HostKind kind,
        String host,
        String url,
        String api,
        List<String> owners,
        List<String> read) {

    static Site of(Map.Entry<String, GitHostsConfig.Host> entry) {
        var settings = entry.getValue();
        var host = settings.host().orElse(settings.kind().home()).strip();
        if (!host.matches("[A-Za-z0-9.-]+(:[0-9]{1,5})?")) {
            throw wrong(entry.getKey(), "host", "a host's name as in git.example:3000");
        }
        var url = address(entry.getKey(), "url", settings.url().orElse("https://" + host));
        return new Site(
                entry.getKey(),
                settings.kind(),
                host.toLowerCase(Locale.ROOT),
                url,
                address(
                        entry.getKey(),
                        "api",
                        settings.api().orElse(settings.kind().api(host, url))),
                settings.owners().orElse(List.of()),
                settings.read().orElse(List.of()));
    }

    private static String address(String name, String setting, String text) {
        var address = text.strip().replaceAll("/+$", "");
        try {
            var uri = URI.create(address);
            if (uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw wrong(name, setting, "an address that begins with https://");
        }
        throw wrong(name, setting, "an address that begins with https://, without a user");
    }

    private static IllegalArgumentException wrong(String name, String setting, String wanted) {
        return new IllegalArgumentException(
                "atelier.git-hosts.%s.%s: write %s.".formatted(name, setting, wanted));
    }

    /** The address that Git is given, as {@code remoteUrl} of publishing steps has it. */
    public String remoteUrl(String path) {
        return kind == HostKind.GITLAB ? url + "/" + path : "%s/%s.git".formatted(url, path);
    }

    /** Address of the files of a branch, to which the path of one is added. */
    public String contents(String path, String branch) {
        return "%s/%s/%s/%s".formatted(url, path, marker(), branch);
    }

    private String marker() {
        return switch (kind) {
            case GITHUB -> "blob";
            case GITLAB -> "-/blob";
            case GITEA -> "src/branch";
        };
    }

    /** A file of a branch whose name has no slash. */
    public record Place(String owner, String repo, String branch, String file) {}

    /** What an address of {@link #contents} with the path of a file names; empty for others. */
    public Optional<Place> locate(String address) {
        var known =
                Pattern.compile(
                        "%s/(?<owner>.+?)/(?<repo>[^/]+)/%s/(?<branch>[^/]+)/+(?<file>[^?#]+)"
                                .formatted(Pattern.quote(url), Pattern.quote(marker())));
        var found = known.matcher(address);
        return found.matches()
                ? Optional.of(
                        new Place(
                                found.group("owner"),
                                found.group("repo"),
                                found.group("branch"),
                                found.group("file")))
                : Optional.empty();
    }

    /** Whether golden paths may publish for an owner, as the settings have it. */
    public boolean offers(String owner) {
        return owners.isEmpty() || owners.stream().anyMatch(owner::equalsIgnoreCase);
    }

    /** Whether templates may fetch a repository with the portal's credential. */
    boolean mayRead(String path) {
        var asked = path.toLowerCase(Locale.ROOT);
        return read.stream()
                .map(one -> one.strip().toLowerCase(Locale.ROOT))
                .anyMatch(
                        one ->
                                one.equals(asked)
                                        || (one.endsWith("/*")
                                                && asked.startsWith(
                                                        one.substring(0, one.length() - 1))));
    }
}
