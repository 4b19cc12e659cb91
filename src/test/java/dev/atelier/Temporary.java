package dev.atelier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Folders and files that tests share for a whole run; they are gone when its process ends. */
public final class Temporary {

    private static final List<Path> PATHS = new CopyOnWriteArrayList<>();
    private static final List<Runnable> USERS = new CopyOnWriteArrayList<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Temporary::tidy));
    }

    private Temporary() {}

    public static Path folder(String name) {
        try {
            return kept(Files.createTempDirectory(name).toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Path file(String name, String ending) {
        try {
            return kept(Files.createTempFile(name, ending));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path kept(Path path) {
        PATHS.add(path);
        return path;
    }

    /** Ends something that writes into such a folder, before the folders go. */
    public static void endFirst(Runnable user) {
        USERS.add(user);
    }

    private static void tidy() {
        USERS.forEach(Runnable::run);
        for (var path : PATHS) {
            try {
                delete(path);
            } catch (IOException e) {
                System.err.println("A test left " + path + " behind: " + e);
            }
        }
    }

    public static void delete(Path path) throws IOException {
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e)
                            throws IOException {
                        if (e instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw e;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path folder, IOException e)
                            throws IOException {
                        Files.deleteIfExists(folder);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
