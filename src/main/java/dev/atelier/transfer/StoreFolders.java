package dev.atelier.transfer;

import dev.atelier.platform.DataFolder;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Stores that were handed over as an archive, or lie on the portal's machine. */
@ApplicationScoped
class StoreFolders {

    private static final int DEEP = 4;
    private static final int MOST_LOOKED_AT = 200_000;

    private final TransferConfig config;
    private final Blobs blobs;

    StoreFolders(TransferConfig config, Blobs blobs) {
        this.config = config;
        this.blobs = blobs;
    }

    boolean on() {
        return config.roots().map(roots -> !roots.isEmpty()).orElse(false);
    }

    /**
     * A folder that may be imported.
     *
     * @throws Invalid when it is not below a root, wherever links lead
     */
    Path allowed(String path) {
        try {
            var real = Path.of(path).toRealPath();
            for (var root : config.roots().orElse(List.of())) {
                if (real.startsWith(Path.of(root.strip()).toRealPath())
                        && Files.isDirectory(real)) {
                    return real;
                }
            }
        } catch (IOException | InvalidPathException e) {
            // Told below, in the same words whether it is there or not.
        }
        throw new Invalid(
                "There is no such folder below those that may be imported (atelier.imports.roots).",
                List.of(new Invalid.Field("folder", "may not be imported")));
    }

    private static Path work(DataImport one) {
        return DataFolder.part("imports").resolve(Long.toString(one.id()));
    }

    Source open(DataImport one, Importing.Watch watch) throws IOException {
        var work = work(one);
        List<Source.Unread> unread = new ArrayList<>();
        Path root;
        if (one.source() == DataImport.Kind.ARCHIVE) {
            root = unpacked(one, work, unread, watch);
        } else {
            delete(work);
            try {
                root = allowed(one.place());
            } catch (Invalid e) {
                throw new Source.Unusable(e.detail());
            }
        }
        watch.at("Looks what it is");
        return store(root, Texts.shown(one.place(), 200), work, unread);
    }

    private Path unpacked(
            DataImport one, Path work, List<Source.Unread> unread, Importing.Watch watch)
            throws IOException {
        var files = work.resolve("files");
        var complete = work.resolve("complete");
        if (Files.notExists(complete)) {
            var digest = one.archive();
            if (digest == null) {
                throw new Source.Unusable("The archive is kept no longer. Upload it again.");
            }
            delete(work);
            Files.createDirectories(files);
            var size = blobs.find(digest).map(blob -> blob.size()).orElse(0L);
            try (var in = blobs.open(digest)) {
                var links =
                        new Unpacking(files, size, config.maxUnpackedSize().asLongValue(), watch)
                                .unpack(in);
                Files.write(complete, links);
            } catch (IOException | RuntimeException e) {
                delete(work);
                throw e;
            }
        }
        for (var link : Files.readAllLines(complete)) {
            unread.add(
                    new Source.Unread(
                            "entry", link, "It is a link or a device, which is left out."));
        }
        return files;
    }

    private static Source store(Path root, String place, Path work, List<Source.Unread> unread)
            throws IOException {
        var found = new Found();
        Files.walkFileTree(root, java.util.Set.of(), DEEP, found);
        if (found.database != null) {
            if (found.store != null) {
                unread.add(
                        new Source.Unread(
                                "other",
                                root.relativize(found.store).toString(),
                                "Beside the SQLite store there is a file store. Only one is read: import the folder again without the other."));
            }
            var database = found.database;
            return new SqliteStore(root, above(database), copy(database, work), unread);
        }
        if (found.store != null) {
            return new FileStore(root, found.store, unread);
        }
        if (!found.repositories.isEmpty()) {
            return new HuggingFaceFolders(
                    root, place.substring(place.lastIndexOf('/') + 1), found.repositories, unread);
        }
        throw new Source.Unusable(
                "There is neither an mlruns folder nor an mlflow.db of MLflow in it, nor a folder as Hugging Face has them (a README.md beside a config.json or a model), four folders deep.");
    }

    private static Path above(Path file) {
        return java.util.Objects.requireNonNull(file.getParent());
    }

    /** With what was written last and is not in the file itself yet. */
    private static Path copy(Path database, Path work) throws IOException {
        Files.createDirectories(work);
        var own = work.resolve("mlflow-" + UUID.randomUUID() + ".db");
        Files.copy(database, own, StandardCopyOption.REPLACE_EXISTING);
        var log = database.resolveSibling(database.getFileName() + "-wal");
        if (SqliteFile.is(database) && Files.isRegularFile(log)) {
            Files.copy(log, work.resolve(own.getFileName() + "-wal"));
        }
        return own;
    }

    /** Looks for a store, not for ever. */
    private static final class Found extends SimpleFileVisitor<Path> {
        private @Nullable Path database;
        private @Nullable Path store;
        private final List<Path> repositories = new ArrayList<>();
        private int looked;

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                throws IOException {
            if (++looked > MOST_LOOKED_AT) {
                return FileVisitResult.TERMINATE;
            }
            if (store == null && FileStore.is(folder)) {
                store = folder;
                return FileVisitResult.SKIP_SUBTREE;
            }
            if (HuggingFaceFolders.is(folder)) {
                repositories.add(folder);
                return FileVisitResult.SKIP_SUBTREE;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            if (++looked > MOST_LOOKED_AT) {
                return FileVisitResult.TERMINATE;
            }
            var named = file.getFileName().toString().equals("mlflow.db");
            if ((database == null || named) && SqliteFile.is(file)) {
                database = file;
            }
            return FileVisitResult.CONTINUE;
        }
    }

    /** What was unpacked for it. */
    void drop(DataImport one) {
        try {
            delete(work(one));
        } catch (IOException e) {
            org.jboss.logging.Logger.getLogger(StoreFolders.class)
                    .warnf("Files of the import %d stay: %s", one.id(), e.getMessage());
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path one, @Nullable IOException e)
                            throws IOException {
                        if (e != null) {
                            throw e;
                        }
                        Files.delete(one);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
