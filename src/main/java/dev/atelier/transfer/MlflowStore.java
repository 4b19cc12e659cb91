package dev.atelier.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A folder with what MLflow keeps without a server, or models as Hugging Face has them. Whoever
 * made it may be hostile: nothing is opened that does not really lie below the folder, and no link
 * is followed.
 */
abstract sealed class MlflowStore implements Source
        permits FileStore, HuggingFaceFolders, SqliteStore {

    private static final int MOST_UNREAD = 10_000;
    private static final int MOST_BASES = 200;

    private final Path root;
    private final List<Path> bases = new ArrayList<>();
    private final List<Unread> unread = new ArrayList<>();

    /**
     * @param root below which everything lies
     * @param store folder of the store itself; artifacts are looked for below it first
     */
    MlflowStore(Path root, Path store, List<Unread> before) throws IOException {
        this.root = root.toRealPath();
        unread.addAll(before);
        bases.add(store);
        bases.add(this.root);
        for (var above : List.of(store, this.root)) {
            try (var children = Files.newDirectoryStream(above, Files::isDirectory)) {
                for (var child : children) {
                    if (bases.size() < MOST_BASES) {
                        bases.add(child);
                    }
                }
            }
        }
    }

    @Override
    public List<Unread> unread() {
        return unread;
    }

    void cannotRead(String kind, String name, @Nullable String reason) {
        if (unread.size() < MOST_UNREAD) {
            unread.add(new Unread(kind, name, String.valueOf(reason)));
        }
    }

    @Override
    public boolean answers() {
        return true;
    }

    /** A file or folder that really lies below the root. */
    Path inside(Path path) throws IOException {
        var real = path.toRealPath();
        if (!real.startsWith(root)) {
            throw new IOException("It leads out of the folder.");
        }
        return real;
    }

    /**
     * Where artifacts lie whose address was written on another machine: the longest end of the
     * address that is a folder here.
     */
    Optional<Path> find(String address) throws IOException {
        var path = address.replaceFirst("^(file|mlflow-artifacts):(//[^/]*)?", "");
        if (path.matches("[a-z][a-z0-9+.-]*:.*")) {
            return Optional.empty();
        }
        var parts = path.replaceAll("^[./]+|/+$", "").split("/");
        for (var part : parts) {
            if (part.equals("..")) {
                return Optional.empty();
            }
        }
        for (int from = 0; from + 2 <= parts.length; from++) {
            var end = String.join("/", List.of(parts).subList(from, parts.length));
            for (var base : bases) {
                try {
                    var candidate = base.resolve(decoded(end));
                    if (Files.isDirectory(candidate)) {
                        return Optional.of(inside(candidate));
                    }
                } catch (InvalidPathException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    private static String decoded(String path) {
        try {
            return path.indexOf('%') < 0
                    ? path
                    : java.net.URLDecoder.decode(
                            path.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return path;
        }
    }

    /** Everything below the place that an address names. */
    void files(String address, Visitor<File> visitor) throws IOException {
        var folder =
                find(address)
                        .orElseThrow(
                                () ->
                                        new NoSuchFileException(
                                                "They lie at "
                                                        + Texts.shown(address, 200)
                                                        + ", which is not in what was handed over."));
        below(folder, visitor);
    }

    void below(Path folder, Visitor<File> visitor) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        var path = folder.relativize(file).toString();
                        visitor.see(
                                new File(
                                        path,
                                        attributes.isRegularFile() ? attributes.size() : -1,
                                        () -> open(file)));
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private InputStream open(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("It is a link or no file, and is not followed.");
        }
        return Files.newInputStream(inside(file), LinkOption.NOFOLLOW_LINKS);
    }
}
