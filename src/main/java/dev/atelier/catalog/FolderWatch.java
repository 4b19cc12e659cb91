package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * Compares the configured folders of this machine with the last look. Looks instead of listening:
 * that works on every file system, also on those of containers and networks.
 */
final class FolderWatch {

    private static final Logger LOG = Logger.getLogger(FolderWatch.class);

    private final List<Path> roots;
    private final Map<Path, Map<Path, String>> seen = new HashMap<>();

    FolderWatch(List<Path> roots) {
        this.roots = roots;
    }

    /** What is other than at the last look; the first look finds nothing. */
    synchronized List<Target> changes() {
        var changed = new ArrayList<Target>();
        for (var root : roots) {
            var now = look(root);
            var before = seen.put(root, now);
            if (before == null || before.equals(now)) {
                continue;
            }
            if (!before.keySet().equals(now.keySet())) {
                changed.add(new Target("folder", root.toString(), false));
            }
            now.forEach(
                    (path, stamp) -> {
                        if (!stamp.equals(before.get(path))) {
                            changed.add(new Target("file", path.toString(), false));
                        }
                    });
        }
        return changed;
    }

    private static Map<Path, String> look(Path root) {
        var files = new TreeMap<Path, String>();
        try {
            var list =
                    Files.isDirectory(root)
                            ? SourceTexts.entityFiles(root)
                            : Files.exists(root) ? List.of(root) : List.<Path>of();
            for (var file : list) {
                files.put(file, Files.getLastModifiedTime(file) + "/" + Files.size(file));
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debugf("Looking at %s failed: %s", root, e.getMessage());
        }
        return files;
    }
}
