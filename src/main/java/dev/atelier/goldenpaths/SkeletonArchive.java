package dev.atelier.goldenpaths;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A skeleton as {@code .tar.gz}. It comes from elsewhere: neither its names nor sizes are trusted.
 */
final class SkeletonArchive {

    /** Unpacked, with all that is not taken: a repository may be larger than one of its folders. */
    private static final long MOST_UNPACKED = 1L << 30;

    /** Files and folders that are gone through, taken or not. */
    private static final int MOST_ENTRIES = 200_000;

    private SkeletonArchive() {}

    /**
     * @param oneFolder whether all lies below one folder that is not part of it
     * @param below only what lies below this path, which is not part of it either
     * @throws ActionFailed when it holds what is no ordinary file, leads out, is too large, or is
     *     no sound archive
     */
    static List<Skeleton.Material> read(InputStream body, boolean oneFolder, String below)
            throws ActionFailed, IOException {
        return read(body, oneFolder, below, MOST_UNPACKED);
    }

    /**
     * @param most bytes that it may unpack to
     */
    static List<Skeleton.Material> read(
            InputStream body, boolean oneFolder, String below, long most)
            throws ActionFailed, IOException {
        try (var unzipped = new Bounded(unzipped(body), most);
                var tar = new TarArchiveInputStream(unzipped, "UTF-8")) {
            return files(tar, oneFolder, below);
        } catch (TooLarge e) {
            throw new ActionFailed("The archive unpacks to more than %d MB.".formatted(most >> 20));
        }
    }

    private static InputStream unzipped(InputStream body) throws ActionFailed {
        try {
            return new GZIPInputStream(new BufferedInputStream(body));
        } catch (IOException e) {
            throw new ActionFailed("It is no .tar.gz.");
        }
    }

    private static List<Skeleton.Material> files(
            TarArchiveInputStream tar, boolean oneFolder, String below)
            throws ActionFailed, IOException {
        var files = new ArrayList<Skeleton.Material>();
        long size = 0;
        int entries = 0;
        TarArchiveEntry entry;
        while ((entry = next(tar)) != null) {
            if (++entries > MOST_ENTRIES) {
                throw new ActionFailed(
                        "The archive has more than %,d entries.".formatted(MOST_ENTRIES));
            }
            var name = entry.getName();
            if (oneFolder) {
                int slash = name.indexOf('/');
                name = slash < 0 ? "" : name.substring(slash + 1);
            }
            if (!below.isEmpty()) {
                if (!name.startsWith(below + "/")) {
                    continue;
                }
                name = name.substring(below.length() + 1);
            }
            if (entry.isDirectory() || name.isEmpty()) {
                continue;
            }
            if (isOdd(entry)) {
                throw new ActionFailed(
                        "The archive holds %s, which is no ordinary file."
                                .formatted(Workspace.shown(name)));
            }
            Workspace.below(Path.of("/nowhere"), name);
            // Counted while it is read: what the archive says of sizes is its word only.
            var content = content(tar);
            size += content.length;
            Skeleton.bound(files.size(), size);
            files.add(new Skeleton.Material(name, content, (entry.getMode() & 0100) != 0));
        }
        if (entries == 0) {
            throw new ActionFailed("The archive is empty, or no .tar.gz.");
        }
        return files;
    }

    /** What the library calls a file may be a device. */
    private static boolean isOdd(TarArchiveEntry entry) {
        return !entry.isFile()
                || entry.isLink()
                || entry.isSymbolicLink()
                || entry.isCharacterDevice()
                || entry.isBlockDevice()
                || entry.isFIFO();
    }

    private static TarArchiveEntry next(TarArchiveInputStream tar)
            throws ActionFailed, IOException {
        try {
            return tar.getNextEntry();
        } catch (TooLarge e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw broken(e);
        }
    }

    private static byte[] content(TarArchiveInputStream tar) throws ActionFailed, IOException {
        try {
            return tar.readNBytes((int) Skeleton.MOST_BYTES + 1);
        } catch (TooLarge e) {
            throw e;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private static ActionFailed broken(Exception e) {
        return new ActionFailed(
                "The archive ends in the middle or is not sound: %s.".formatted(e.getMessage()));
    }

    private static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** Ends a stream that gives more than an archive may hold, also where it is only skipped. */
    private static final class Bounded extends InputStream {
        private final InputStream from;
        private long left;

        Bounded(InputStream from, long most) {
            this.from = from;
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            int read = from.read();
            count(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = from.read(into, offset, length);
            count(Math.max(0, read));
            return read;
        }

        private void count(int read) throws TooLarge {
            left -= read;
            if (left < 0) {
                throw new TooLarge();
            }
        }

        @Override
        public void close() throws IOException {
            from.close();
        }
    }
}
