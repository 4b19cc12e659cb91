package dev.atelier.repositories;

import dev.atelier.platform.DataFolder;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.storage.file.WindowCacheConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/**
 * The folders of repositories: {@code <id>.git} is a bare one, {@code incoming} holds what pushes
 * bring until it is taken over.
 */
@ApplicationScoped
class Storage {

    private static final String INCOMING = "incoming";
    private static final Duration LONGEST_PUSH = Duration.ofDays(1);
    private static final int LARGE = 4 << 20;

    private final Path folder;

    Storage(RepositoriesConfig config) {
        folder = config.folder().map(Path::of).orElseGet(() -> DataFolder.part("repositories"));
        SystemReader.setInstance(new OwnSettings(folder));
        FS.FileStoreAttributes.setBackground(true);
        var cache = new WindowCacheConfig();
        // Larger files are read through a stream, not into memory.
        cache.setStreamFileThreshold(LARGE);
        cache.install();
    }

    /**
     * What Git is told of this machine: nothing. A repository is read in the same way whoever runs
     * the portal, and no program is started to ask for settings.
     */
    private static final class OwnSettings extends SystemReader.Delegate {

        /** Where JGit writes down how fine the clock of a file system is. */
        private final Path measured;

        OwnSettings(Path folder) {
            super(SystemReader.getInstance());
            measured = folder.resolve("jgit.config");
        }

        @Override
        public String getenv(String variable) {
            return variable.startsWith("GIT_") ? "" : super.getenv(variable);
        }

        @Override
        public FileBasedConfig openSystemConfig(Config parent, FS fs) {
            return new Empty(parent, fs);
        }

        @Override
        public FileBasedConfig openUserConfig(Config parent, FS fs) {
            return new Empty(parent, fs);
        }

        @Override
        public FileBasedConfig openJGitConfig(Config parent, FS fs) {
            return new FileBasedConfig(parent, measured.toFile(), fs);
        }
    }

    private static final class Empty extends FileBasedConfig {
        @SuppressWarnings("NullAway") // as JGit does where there is no such file
        Empty(Config parent, FS fs) {
            super(parent, null, fs);
        }

        @Override
        public void load() {
            // There is nothing to load.
        }

        @Override
        public boolean isOutdated() {
            return false;
        }
    }

    Path folder(long id) {
        return folder.resolve(id + ".git");
    }

    /** Makes an empty repository; one of a creation that was not committed is taken over. */
    void create(long id, String defaultBranch) {
        try {
            Files.createDirectories(folder);
            delete(folder(id));
            try (var repository = build(folder(id), null)) {
                repository.create(true);
                var settings = repository.getConfig();
                // On disk before a push is answered.
                settings.setBoolean("core", null, "fsyncObjectFiles", true);
                settings.setBoolean("core", null, "fsyncRefFiles", true);
                settings.setBoolean("receive", null, "autogc", false);
                settings.setInt("gc", null, "auto", 0);
                settings.save();
                head(repository, defaultBranch);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets HEAD name that branch, whether it has a commit or not. */
    static void head(Repository repository, String branch) throws IOException {
        var head = repository.updateRef(Constants.HEAD);
        head.disableRefLog();
        var result = head.link(Constants.R_HEADS + branch);
        if (result != RefUpdate.Result.NEW
                && result != RefUpdate.Result.FORCED
                && result != RefUpdate.Result.NO_CHANGE) {
            throw new IOException("HEAD was not moved: " + result);
        }
    }

    /** To be closed. */
    Repository open(GitRepository repository) {
        try {
            return build(folder(repository.id()), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Repository build(Path at, @org.jspecify.annotations.Nullable Path incoming)
            throws IOException {
        var builder = new FileRepositoryBuilder().setGitDir(at.toFile()).setBare();
        return incoming == null
                ? builder.build()
                : new IncomingRepository(
                        builder.setObjectDirectory(incoming.toFile())
                                .addAlternateObjectDirectory(objects(at).toFile())
                                .setup());
    }

    private static Path objects(Path repository) {
        return repository.resolve(Constants.OBJECTS);
    }

    /** A folder for the objects of one push; nobody else sees them there. */
    Path incoming() throws IOException {
        var own = folder.resolve(INCOMING).resolve(UUID.randomUUID().toString());
        Files.createDirectories(own.resolve("pack"));
        Files.createDirectories(own.resolve("info"));
        return own;
    }

    /** A bare repository of its own for a moment, beside what pushes bring. To be closed. */
    Repository scratch(Path at) throws IOException {
        // JGit measures the clock of a file system once, beside what it looks at first: not there.
        FS.getFileStoreAttributes(folder);
        var git = build(at, null);
        git.create(true);
        return git;
    }

    /** The repository with the objects of a push before its own, and its refs. To be closed. */
    IncomingRepository receiving(GitRepository repository, Path incoming) throws IOException {
        return (IncomingRepository) build(folder(repository.id()), incoming);
    }

    /**
     * Takes over what a push brought. The packs are linked, not moved: whoever reads them in their
     * own folder goes on. The index comes last, since it is what makes a pack be found; all is on
     * disk when this returns.
     */
    void takeOver(GitRepository repository, Path incoming) throws IOException {
        var packs = objects(folder(repository.id())).resolve("pack");
        Files.createDirectories(packs);
        for (var ending : List.of(".pack", ".idx")) {
            for (var file : list(incoming.resolve("pack"))) {
                if (file.getFileName().toString().endsWith(ending)) {
                    link(file, packs.resolve(file.getFileName().toString()));
                }
            }
        }
        try (var channel = FileChannel.open(packs, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void link(Path file, Path target) throws IOException {
        try {
            Files.createLink(target, file);
        } catch (FileAlreadyExistsException e) {
            // The name of a pack is the digest of the objects in it: it is there already.
        } catch (UnsupportedOperationException e) {
            var copy = target.resolveSibling(target.getFileName() + ".copy");
            Files.copy(file, copy);
            try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(copy, target);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    void delete(GitRepository repository) {
        try {
            delete(folder(repository.id()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    /** Removes what pushes left that a crash ended. */
    void sweep() throws IOException {
        var incoming = folder.resolve(INCOMING);
        if (Files.notExists(incoming)) {
            return;
        }
        var before = Instant.now().minus(LONGEST_PUSH);
        for (var left : list(incoming)) {
            if (Files.getLastModifiedTime(left).toInstant().isBefore(before)) {
                delete(left);
            }
        }
    }
}
