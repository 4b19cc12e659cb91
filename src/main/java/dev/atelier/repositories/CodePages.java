package dev.atelier.repositories;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Download;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Ago;
import dev.atelier.platform.web.FileBytes;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/**
 * Folders and files of a repository, for people. They are somebody's files: nothing of them is ever
 * handed to the browser as a page, a script or a drawing with scripts in it.
 */
@Path("/repositories/{team}/{repository}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.REPOSITORY_READ)
public class CodePages {

    private static final int SHOWN = 512 << 10;
    private static final int LINES = 5_000;
    private static final long PICTURE = 20_000_000;

    @CheckedTemplate(basePath = "repositories")
    static class Templates {
        static native TemplateInstance code(RepositoryShell shell, Code page);

        static native TemplateInstance begin(RepositoryShell shell);
    }

    /**
     * A folder or a file at a ref.
     *
     * @param ref as asked for; empty for the default branch
     * @param readme of the folder
     * @param file null when a folder is open
     */
    public record Code(
            String ref,
            List<RefOption> refs,
            Commit commit,
            String ago,
            String commitAddress,
            String history,
            List<Step> trail,
            List<EntryRow> entries,
            String readmeName,
            @Nullable RawString readme,
            @Nullable File file,
            String path) {}

    public record RefOption(String name, boolean chosen) {}

    public record Step(String name, String address) {}

    public record EntryRow(TreeEntry entry, String address) {}

    /**
     * A file.
     *
     * @param lines null when it is no text
     * @param none why nothing is shown; empty when something is
     * @param cut whether there is more
     */
    public record File(
            String path,
            long size,
            String mode,
            @Nullable List<String> lines,
            @Nullable RawString prose,
            boolean picture,
            String none,
            boolean cut,
            String raw,
            String pictureAddress) {}

    private final RepositoryShells shells;
    private final Contents contents;

    CodePages(RepositoryShells shells, Contents contents) {
        this.shells = shells;
        this.contents = contents;
    }

    @GET
    public TemplateInstance code(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @RestQuery @Nullable String ref,
            @RestQuery @Nullable String path) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        return contents.reading(
                repository,
                git -> {
                    var shell = shells.shell(repository, "code", git);
                    var wanted = ref == null ? "" : ref.strip();
                    if (shell.branches() == 0 && wanted.isEmpty()) {
                        return Templates.begin(shell);
                    }
                    return Templates.code(
                            shell, page(git, repository, wanted, path == null ? "" : path));
                });
    }

    private Code page(Repository git, GitRepository repository, String ref, String path)
            throws IOException {
        var commit = Contents.resolve(git, repository, ref);
        var file = path.isEmpty() ? null : opened(git, repository, commit, ref, path);
        var entries = file == null ? Contents.entries(git, commit, path) : List.<TreeEntry>of();
        if (file == null && entries.isEmpty() && !path.isEmpty()) {
            throw missing(repository, path);
        }
        var readme =
                entries.stream()
                        .filter(CodePages::isReadme)
                        .findFirst()
                        .map(TreeEntry::path)
                        .orElse("");
        var shown = Commit.of(commit);
        return new Code(
                ref,
                refs(git, repository, ref),
                shown,
                Ago.of(shown.at(), Instant.now()),
                repository.address() + "/commits/" + shown.id(),
                CodeAddress.of(repository, "commits", ref, path),
                trail(repository, ref, path),
                entries.stream()
                        .map(
                                entry ->
                                        new EntryRow(
                                                entry,
                                                CodeAddress.of(repository, "", ref, entry.path())))
                        .toList(),
                readme,
                readme.isEmpty() ? null : readme(git, repository, commit, ref, readme),
                file,
                path);
    }

    static NotFound missing(GitRepository repository, String path) {
        return new NotFound(
                "%s has no file or folder \"%s\" there."
                        .formatted(
                                repository.fullName(),
                                path.length() > 100 ? path.substring(0, 100) + "…" : path));
    }

    private static boolean isReadme(TreeEntry entry) {
        return entry.kind() == TreeEntry.Kind.FILE
                && entry.name().toLowerCase(Locale.ROOT).matches("readme(\\.md|\\.markdown)?");
    }

    static List<RefOption> refs(Repository git, GitRepository repository, String chosen)
            throws IOException {
        var options = new ArrayList<RefOption>();
        var current = chosen.isEmpty() ? repository.defaultBranch() : chosen;
        for (var place : List.of(Constants.R_HEADS, Constants.R_TAGS)) {
            for (var ref : git.getRefDatabase().getRefsByPrefix(place)) {
                var name = ref.getName().substring(place.length());
                options.add(new RefOption(name, name.equals(current)));
            }
        }
        if (options.stream().noneMatch(RefOption::chosen)) {
            options.addFirst(new RefOption(current, true));
        }
        return options;
    }

    private static List<Step> trail(GitRepository repository, String ref, String path) {
        var steps = new ArrayList<Step>();
        steps.add(new Step(repository.name(), CodeAddress.of(repository, "", ref, "")));
        var at = "";
        for (var part : path.isEmpty() ? new String[0] : path.split("/")) {
            at = at.isEmpty() ? part : at + "/" + part;
            steps.add(new Step(part, CodeAddress.of(repository, "", ref, at)));
        }
        return steps;
    }

    private static byte[] beginning(ObjectLoader loader) throws IOException {
        try (var in = loader.openStream()) {
            return in.readNBytes(SHOWN);
        }
    }

    private static @Nullable RawString readme(
            Repository git, GitRepository repository, RevCommit commit, String ref, String path)
            throws IOException {
        try (var walk = Contents.at(git, commit, path)) {
            if (walk == null) {
                return null;
            }
            var loader = git.open(walk.getObjectId(0), Constants.OBJ_BLOB);
            var bytes = beginning(loader);
            var text = FileBytes.text(bytes, bytes.length < loader.getSize());
            return text == null ? null : prose(repository, ref, path, text);
        }
    }

    private static RawString prose(GitRepository repository, String ref, String path, String text) {
        return Markdown.html(
                text,
                to ->
                        to.toLowerCase(Locale.ROOT).matches(".*\\.(png|jpe?g|gif|webp)")
                                ? CodeAddress.pictured(repository, ref, path, to)
                                : CodeAddress.linked(repository, ref, path, to),
                2);
    }

    /** Null when it is no file. */
    private static @Nullable File opened(
            Repository git, GitRepository repository, RevCommit commit, String ref, String path)
            throws IOException {
        try (var walk = Contents.at(git, commit, path)) {
            if (walk == null || walk.getFileMode(0) == FileMode.TREE) {
                return null;
            }
            var mode = walk.getFileMode(0);
            if (mode == FileMode.GITLINK) {
                return shown(
                        repository,
                        ref,
                        path,
                        0,
                        "submodule",
                        null,
                        null,
                        false,
                        "It stands for commit %s of another repository."
                                .formatted(walk.getObjectId(0).name()),
                        false);
            }
            var loader = git.open(walk.getObjectId(0), Constants.OBJ_BLOB);
            var size = loader.getSize();
            var bytes = beginning(loader);
            var kind =
                    mode == FileMode.SYMLINK
                            ? "link"
                            : mode == FileMode.EXECUTABLE_FILE ? "program" : "file";
            if (FileBytes.pictureType(bytes).isPresent()) {
                return size > PICTURE
                        ? shown(
                                repository,
                                ref,
                                path,
                                size,
                                kind,
                                null,
                                null,
                                false,
                                "The picture is too large to show here.",
                                false)
                        : shown(repository, ref, path, size, kind, null, null, true, "", false);
            }
            var text = FileBytes.text(bytes, bytes.length < size);
            if (text == null) {
                return shown(
                        repository,
                        ref,
                        path,
                        size,
                        kind,
                        null,
                        null,
                        false,
                        "It is binary: not a text, and not a picture that is shown here.",
                        false);
            }
            if (path.toLowerCase(Locale.ROOT).matches(".*\\.(md|markdown)")) {
                return shown(
                        repository,
                        ref,
                        path,
                        size,
                        kind,
                        null,
                        prose(repository, ref, path, text),
                        false,
                        "",
                        bytes.length < size);
            }
            var lines = text.lines().limit(LINES + 1).toList();
            return shown(
                    repository,
                    ref,
                    path,
                    size,
                    kind,
                    lines.subList(0, Math.min(LINES, lines.size())),
                    null,
                    false,
                    lines.isEmpty() ? "The file is empty." : "",
                    bytes.length < size || lines.size() > LINES);
        }
    }

    private static File shown(
            GitRepository repository,
            String ref,
            String path,
            long size,
            String mode,
            @Nullable List<String> lines,
            @Nullable RawString prose,
            boolean picture,
            String none,
            boolean cut) {
        return new File(
                path,
                size,
                mode,
                lines,
                prose,
                picture,
                none,
                cut,
                CodeAddress.of(repository, "raw", ref, path),
                CodeAddress.of(repository, "picture", ref, path));
    }

    // Bytes ---------------------------------------------------------------------------------------

    private interface Found {
        Response of(ObjectLoader loader) throws IOException;
    }

    private Response file(
            String team, String name, @Nullable String ref, @Nullable String path, Found found) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        var wanted = path == null ? "" : path;
        return contents.reading(
                repository,
                git -> {
                    var commit = Contents.resolve(git, repository, ref == null ? "" : ref.strip());
                    try (var walk = Contents.at(git, commit, wanted)) {
                        if (walk == null || !Contents.file(walk.getFileMode(0))) {
                            throw missing(repository, wanted);
                        }
                        return found.of(git.open(walk.getObjectId(0), Constants.OBJ_BLOB));
                    }
                });
    }

    /** Always to keep, never a page. */
    @GET
    @Path("raw")
    @Produces(MediaType.WILDCARD)
    public Response raw(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @RestQuery @Nullable String ref,
            @RestQuery @Nullable String path) {
        var repository = shells.repository(Permission.REPOSITORY_READ, team, name);
        return file(
                team,
                name,
                ref,
                path,
                loader ->
                        Response.ok(streamed(repository, ref, path))
                                .type(MediaType.APPLICATION_OCTET_STREAM)
                                .header(HttpHeaders.CONTENT_LENGTH, loader.getSize())
                                .header(HttpHeaders.CONTENT_ENCODING, "identity")
                                .header(
                                        HttpHeaders.CONTENT_DISPOSITION,
                                        Download.disposition(path == null ? "" : path))
                                .build());
    }

    /** The repository is opened again while it is sent: it was closed when the answer was begun. */
    private StreamingOutput streamed(
            GitRepository repository, @Nullable String ref, @Nullable String path) {
        return out -> {
            var unused =
                    contents.reading(
                            repository,
                            git -> {
                                var commit =
                                        Contents.resolve(
                                                git, repository, ref == null ? "" : ref.strip());
                                try (var walk =
                                        Contents.at(git, commit, path == null ? "" : path)) {
                                    if (walk == null) {
                                        throw new IOException("it went while it was read");
                                    }
                                    git.open(walk.getObjectId(0), Constants.OBJ_BLOB).copyTo(out);
                                }
                                return true;
                            });
        };
    }

    /** Only what is a picture by its first bytes, as that; opened alone it can do nothing. */
    @GET
    @Path("picture")
    @Produces(MediaType.WILDCARD)
    public Response picture(
            @PathParam("team") String team,
            @PathParam("repository") String name,
            @RestQuery @Nullable String ref,
            @RestQuery @Nullable String path) {
        return file(
                team,
                name,
                ref,
                path,
                loader -> {
                    var type = FileBytes.pictureType(beginning(loader));
                    if (type.isEmpty() || loader.getSize() > PICTURE) {
                        throw new NotFound("This is no picture that is shown here.");
                    }
                    return Response.ok(loader.getBytes((int) PICTURE))
                            .type(type.get())
                            .header(HttpHeaders.CONTENT_DISPOSITION, "inline")
                            .build();
                });
    }
}
