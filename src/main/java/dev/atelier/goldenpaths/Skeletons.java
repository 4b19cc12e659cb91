package dev.atelier.goldenpaths;

import dev.atelier.githosts.GitHosts;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.net.OutboundHttp;
import dev.atelier.repositories.Contents;
import dev.atelier.repositories.Repositories;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fetches what templates bring: from beside the template, from a repository of this portal, or from
 * an address. Addresses go through the portal's own guarded client; folders of Git hosts are
 * fetched as archives.
 */
@ApplicationScoped
class Skeletons {

    /** {@code https://host/owner/repo/tree/ref/path}, with GitLab's and Gitea's ways to say it. */
    private static final Pattern TREE =
            Pattern.compile(
                    "https?://([^/]+)/(.+?)/(?:-/)?(?:tree|blob|src/branch|src/commit|src/tag)/([^/]+)(?:/(.*))?");

    /**
     * How the place of a file in a repository of this portal begins: {@code repository:7:a/b.yaml}.
     */
    static final String HOSTED = "repository:";

    private final OutboundHttp http;
    private final GitHosts hosts;
    private final Repositories repositories;
    private final Contents contents;
    private final Caller caller;
    private final FormUploads uploads;

    Skeletons(
            OutboundHttp http,
            GitHosts hosts,
            Repositories repositories,
            Contents contents,
            Caller caller,
            FormUploads uploads) {
        this.http = http;
        this.hosts = hosts;
        this.repositories = repositories;
        this.contents = contents;
        this.caller = caller;
        this.uploads = uploads;
    }

    /**
     * All files of a folder.
     *
     * @param url relative to the template, an address, or a reference to what was uploaded
     * @param base where the template lies; null for one that is only being written
     * @param token for the address; null for none
     */
    Skeleton folder(String url, @Nullable String base, @Nullable String token)
            throws ActionFailed, IOException {
        if (url.startsWith(FormUploads.SCHEME)) {
            return new Skeleton(uploads.read(url, Skeleton.MOST_BYTES));
        }
        var place = resolve(url, base);
        if (place.startsWith("file:")) {
            return new Skeleton(read(beside(place.substring(5), base)));
        }
        if (place.startsWith(HOSTED)) {
            return new Skeleton(hosted(place));
        }
        return new Skeleton(archive(place, token));
    }

    /** One file. */
    Skeleton.Material file(String url, @Nullable String base, @Nullable String token)
            throws ActionFailed, IOException {
        var place = resolve(url, base);
        if (place.startsWith("file:")) {
            var path = beside(place.substring(5), base);
            if (!Files.isRegularFile(path)) {
                throw new ActionFailed("%s is no file.".formatted(url));
            }
            return new Skeleton.Material(
                    String.valueOf(path.getFileName()),
                    Files.readAllBytes(path),
                    Workspace.isExecutable(path));
        }
        if (place.startsWith(HOSTED)) {
            var name = place.substring(place.lastIndexOf(place.contains("/") ? '/' : ':') + 1);
            return hosted(place.substring(0, place.length() - name.length())).stream()
                    .filter(one -> one.path().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ActionFailed("There is no file %s.".formatted(url)));
        }
        var tree = TREE.matcher(place);
        if (tree.matches() && tree.group(4) != null) {
            var name = tree.group(4);
            return archive(place.substring(0, place.length() - name.length() - 1), token).stream()
                    .filter(one -> one.path().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ActionFailed("There is no file %s.".formatted(url)));
        }
        var answer = http.get(place, headers(place, token), (int) Skeleton.MOST_BYTES);
        if (answer.status() != 200) {
            throw new ActionFailed("%s answers %d.".formatted(place, answer.status()));
        }
        return new Skeleton.Material(
                place.substring(place.lastIndexOf('/') + 1), answer.body(), false);
    }

    private String resolve(String url, @Nullable String base) throws ActionFailed {
        if (url.startsWith("https://") || url.startsWith("http://")) {
            return url;
        }
        if (url.startsWith(RepositoryHosts.OWN + "?")) {
            var address = RepositoryAddress.parse(url);
            return HOSTED + repositories.get(address.owner(), address.repo()).id() + ":";
        }
        if (url.contains(":")) {
            throw new ActionFailed(
                    "\"%s\" is no address that is fetched. Write https://…, atelier?owner=team&repo=name, or a path relative to the template, as in ./skeleton."
                            .formatted(Workspace.shown(url)));
        }
        if (base == null) {
            throw new ActionFailed(
                    "\"%s\" is relative to the template, which lies nowhere yet.".formatted(url));
        }
        if (base.startsWith("file:")) {
            return "file:" + url;
        }
        if (base.startsWith(HOSTED)) {
            int path = base.indexOf(':', HOSTED.length()) + 1;
            try {
                var folder = Path.of("/" + base.substring(path)).resolveSibling("");
                return base.substring(0, path)
                        + Path.of("/").relativize(folder.resolve(url).normalize());
            } catch (InvalidPathException e) {
                throw new ActionFailed("\"%s\" is no path.".formatted(Workspace.shown(url)));
            }
        }
        try {
            return URI.create(base).resolve(URI.create(url.replace(" ", "%20"))).toString();
        } catch (IllegalArgumentException e) {
            throw new ActionFailed("\"%s\" is no address.".formatted(Workspace.shown(url)));
        }
    }

    /**
     * The files of a folder in a repository of this portal, on its default branch, for whoever may
     * read it.
     *
     * @param place as {@link #HOSTED} says
     */
    private List<Skeleton.Material> hosted(String place) throws ActionFailed {
        int path = place.indexOf(':', HOSTED.length());
        var repository =
                repositories
                        .find(Long.parseLong(place.substring(HOSTED.length(), path)))
                        .orElseThrow(() -> new ActionFailed("The repository was deleted."));
        caller.require(Permission.REPOSITORY_READ, repository.ref());
        var folder = place.substring(path + 1).replaceAll("/+$", "");
        var files = new ArrayList<Skeleton.Material>();
        long size = 0;
        for (var file : contents.files(repository, "").entrySet()) {
            if (folder.isEmpty() || file.getKey().startsWith(folder + "/")) {
                var content = file.getValue();
                size += content.bytes().length;
                Skeleton.bound(files.size(), size);
                files.add(
                        new Skeleton.Material(
                                folder.isEmpty()
                                        ? file.getKey()
                                        : file.getKey().substring(folder.length() + 1),
                                content.bytes(),
                                content.executable()));
            }
        }
        if (files.isEmpty()) {
            throw new ActionFailed(
                    "There is no folder %s in %s.".formatted(folder, repository.fullName()));
        }
        return files;
    }

    /**
     * A path beside the template's file. It may be shared by templates: one folder up is allowed.
     */
    private static Path beside(String relative, @Nullable String base)
            throws ActionFailed, IOException {
        var template = Path.of(String.valueOf(base).substring("file:".length())).toRealPath();
        var folder = template.resolveSibling("").normalize();
        var above = folder.getParent();
        var allowed = above == null ? folder : above;
        try {
            var path = folder.resolve(relative).normalize();
            if (path.startsWith(allowed) && path.toRealPath().startsWith(allowed)) {
                return path.toRealPath();
            }
        } catch (NoSuchFileException e) {
            throw new ActionFailed(
                    "There is no %s beside the template.".formatted(Workspace.shown(relative)));
        } catch (InvalidPathException e) {
            throw new ActionFailed("\"%s\" is no path.".formatted(Workspace.shown(relative)));
        }
        throw new ActionFailed(
                "\"%s\" leads away from the template's folder."
                        .formatted(Workspace.shown(relative)));
    }

    private static List<Skeleton.Material> read(Path folder) throws ActionFailed, IOException {
        if (!Files.isDirectory(folder)) {
            throw new ActionFailed("%s is no folder.".formatted(folder.getFileName()));
        }
        var files = new ArrayList<Skeleton.Material>();
        long size = 0;
        try (var walk = Files.walk(folder)) {
            for (var path : walk.sorted().toList()) {
                if (Files.isSymbolicLink(path)) {
                    throw new ActionFailed(
                            "The skeleton holds a link, %s; links are not taken."
                                    .formatted(folder.relativize(path)));
                }
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                        && !folder.relativize(path).startsWith(".git")) {
                    size += Files.size(path);
                    Skeleton.bound(files.size(), size);
                    files.add(material(folder, path));
                }
            }
        }
        return files;
    }

    private static Skeleton.Material material(Path folder, Path path) throws IOException {
        return new Skeleton.Material(
                folder.relativize(path).toString().replace('\\', '/'),
                Files.readAllBytes(path),
                Workspace.isExecutable(path));
    }

    private static Map<String, String> headers(String url, @Nullable String token) {
        if (token == null || token.isEmpty()) {
            return Map.of();
        }
        return url.contains("gitlab")
                ? Map.of("PRIVATE-TOKEN", token)
                : Map.of("Authorization", "Bearer " + token);
    }

    /** A folder of a repository, or an archive that is named itself. */
    private List<Skeleton.Material> archive(String url, @Nullable String token)
            throws ActionFailed, IOException {
        var tree = TREE.matcher(url);
        if (tree.matches()) {
            var below = tree.group(4) == null ? "" : tree.group(4).replaceAll("/+$", "");
            var ref = URLDecoder.decode(tree.group(3).replace("+", "%2B"), StandardCharsets.UTF_8);
            var offered = hosts.archive(tree.group(1), tree.group(2), ref, token);
            if (offered.isPresent()) {
                return unpack(offered.get(), url, token, below);
            }
            var address = archiveOf(tree.group(1), tree.group(2), tree.group(3));
            return unpack(http.open(address, headers(url, token), null), address, token, below);
        }
        if (url.matches(".*\\.(tar\\.gz|tgz)(\\?.*)?")) {
            return unpack(http.open(url, headers(url, token), null), url, token, null);
        }
        throw new ActionFailed(
                "%s names no folder of a Git host (…/tree/<branch>/<folder>) and no .tar.gz."
                        .formatted(url));
    }

    /**
     * @param below folder in the one that a Git host puts around all; null where there is none
     */
    private static List<Skeleton.Material> unpack(
            OutboundHttp.Opened opened,
            String address,
            @Nullable String token,
            @Nullable String below)
            throws ActionFailed, IOException {
        try (opened) {
            if (opened.status() != 200) {
                throw new ActionFailed(
                        "%s answers %d.%s"
                                .formatted(
                                        address,
                                        opened.status(),
                                        opened.status() == 404 && token == null
                                                ? " A private repository needs a token, or an administrator lists it in the host's setting read."
                                                : ""));
            }
            return SkeletonArchive.read(opened.body(), below != null, below == null ? "" : below);
        }
    }

    private static String archiveOf(String host, String repository, String ref) {
        if (host.equals("github.com")) {
            // Without the redirect that the address people know answers with.
            return "https://codeload.github.com/%s/tar.gz/%s".formatted(repository, ref);
        }
        if (host.contains("gitlab")) {
            return "https://%s/api/v4/projects/%s/repository/archive.tar.gz?sha=%s"
                    .formatted(host, URLEncoder.encode(repository, StandardCharsets.UTF_8), ref);
        }
        return "https://%s/%s/archive/%s.tar.gz".formatted(host, repository, ref);
    }
}
