package dev.atelier.transfer;

import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.models.MachineFolders;
import dev.atelier.models.VersionImport;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;

/** Folders below {@code atelier.imports.roots}, for features that take files of one. */
@ApplicationScoped
class OpenedFolders implements MachineFolders {

    /** What Git and the client of Hugging Face keep beside the files. */
    private static final Set<String> LEFT_OUT = Set.of(".git", ".cache");

    private final StoreFolders folders;
    private final Caller caller;

    OpenedFolders(StoreFolders folders, Caller caller) {
        this.folders = folders;
        this.caller = caller;
    }

    @Override
    public void read(String path, VersionImport.Taker taker) throws IOException {
        if (!caller.may(Permission.ACCESS_MANAGE)) {
            throw new Denied("Only a platform admin takes folders of the portal's machine.");
        }
        var root = folders.allowed(path.strip());
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path folder, BasicFileAttributes attributes) {
                        return LEFT_OUT.contains(root.relativize(folder).toString())
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        var name = root.relativize(file).toString();
                        if (!attributes.isRegularFile()) {
                            throw new Invalid(
                                    "\"%s\" is a link or no file. Put the file itself there (cp -rL copies a folder with what its links lead to)."
                                            .formatted(Texts.shown(name, 200)),
                                    List.of(new Invalid.Field("folder", "holds a link")));
                        }
                        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                            taker.take(name, in, attributes.size());
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
