package dev.atelier.goldenpaths;

import dev.atelier.repositories.FileContent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The files of a task. Nothing leads out of its folder: names are checked before they become paths,
 * and there are no links.
 */
public final class Workspace {

    private static final int MOST_FILES = 20_000;

    private final Path root;
    private final long most;

    /**
     * @param most bytes of all files together
     */
    Workspace(Path root, long most) {
        this.root = root;
        this.most = most;
    }

    public Path root() {
        return root;
    }

    /**
     * A path in here.
     *
     * @param name relative; {@code .} or nothing for the folder itself
     * @throws ActionFailed when it would lead out, or is no name
     */
    public Path path(String name) throws ActionFailed {
        return below(root, name);
    }

    /** A path below one in here. */
    static Path below(Path folder, String name) throws ActionFailed {
        if (name.indexOf('\0') >= 0 || name.contains("\\") || name.startsWith("/")) {
            throw new ActionFailed(
                    "\"%s\" is not a path inside the task's files. Write it relative, with /."
                            .formatted(shown(name)));
        }
        Path path;
        try {
            path = folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw new ActionFailed("\"%s\" is not a file name.".formatted(shown(name)));
        }
        if (!path.startsWith(folder)) {
            throw new ActionFailed("\"%s\" leads out of the task's files.".formatted(shown(name)));
        }
        for (Path at = path; at != null && !at.equals(folder); at = at.getParent()) {
            if (Files.isSymbolicLink(at)) {
                throw new ActionFailed("\"%s\" leads over a link.".formatted(shown(name)));
            }
        }
        return path;
    }

    /** A name as messages can hold it. */
    public static String shown(String name) {
        var line = name.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 200 ? line : line.substring(0, 200) + "…";
    }

    /** A file, with its folders. */
    public void write(String name, byte[] content, boolean executable)
            throws ActionFailed, IOException {
        var path = path(name);
        if (path.equals(root)) {
            throw new ActionFailed("A file needs a name.");
        }
        try {
            Files.createDirectories(path.getParent());
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new ActionFailed(
                        "\"%s\" is a folder; a file of that name cannot be written."
                                .formatted(shown(name)));
            }
            Files.write(path, content);
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw new ActionFailed(
                    "\"%s\" cannot be written: a part of its path is a file."
                            .formatted(shown(name)));
        }
        if (executable) {
            path.toFile().setExecutable(true, false);
        }
    }

    /** All files, sorted; paths relative to the root, with {@code /}. */
    public List<String> files() throws IOException {
        return filesBelow(root);
    }

    /** The files of a folder in here, sorted, as paths below it. */
    public static List<String> filesBelow(Path folder) throws IOException {
        var names = new ArrayList<String>();
        if (Files.notExists(folder)) {
            return names;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        if (attributes.isRegularFile()) {
                            names.add(folder.relativize(file).toString().replace('\\', '/'));
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        names.sort(Comparator.naturalOrder());
        return names;
    }

    static boolean isExecutable(Path file) throws IOException {
        return Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS)
                .contains(PosixFilePermission.OWNER_EXECUTE);
    }

    /**
     * All files as a compressed tar; the same files give the same bytes.
     *
     * @throws ActionFailed when there is more than a task may keep
     */
    byte[] archive() throws IOException, ActionFailed {
        var bytes = new ByteArrayOutputStream();
        long size = 0;
        var names = files();
        if (names.size() > MOST_FILES) {
            throw new ActionFailed(
                    "There are %,d files; a task keeps at most %,d."
                            .formatted(names.size(), MOST_FILES));
        }
        try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            for (var name : names) {
                var file = root.resolve(name);
                var entry = new TarArchiveEntry(name);
                entry.setSize(Files.size(file));
                size += entry.getSize();
                if (size > most) {
                    throw new ActionFailed(
                            "The files have more than %d MB, which is the most a task keeps."
                                    .formatted(most >> 20));
                }
                entry.setModTime(0);
                entry.setMode(isExecutable(file) ? 0755 : 0644);
                tar.putArchiveEntry(entry);
                Files.copy(file, tar);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    /** Makes the files what they were when they were archived; whatever else is there goes. */
    void restore(byte[] archive) throws IOException {
        clear();
        try (var tar =
                new TarArchiveInputStream(
                        new GZIPInputStream(new ByteArrayInputStream(archive)), "UTF-8")) {
            TarArchiveEntry entry;
            while ((entry = tar.getNextEntry()) != null) {
                write(entry.getName(), tar.readAllBytes(), (entry.getMode() & 0100) != 0);
            }
        } catch (ActionFailed e) {
            throw new IOException("The kept files cannot be put back: " + e.reason(), e);
        }
    }

    /** A file as repositories take it. */
    FileContent content(String name) throws IOException {
        var path = root.resolve(name);
        return new FileContent(Files.readAllBytes(path), isExecutable(path));
    }

    /** An empty folder. */
    void clear() throws IOException {
        remove(root);
        Files.createDirectories(root);
    }

    /** Removes a file or folder with all in it, links as links. */
    static void remove(Path path) throws IOException {
        if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var all = new HashSet<Path>();
        try (var files = Files.walk(path)) {
            files.forEach(all::add);
        }
        for (var one : all.stream().sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(one);
        }
    }
}
