package dev.atelier.models;

import dev.atelier.models.FileReport.Verdict;
import dev.atelier.platform.blobs.BundlePath;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * What an archive would do to whoever unpacks it: leave its folder, link out of it, fill the disk.
 * Nothing is unpacked here; entries are inflated only to be counted.
 */
final class Archive {

    private static final int MOST_ENTRIES = 10_000;
    private static final int HIGHEST_RATIO = 100;
    private static final long SMALL = 1 << 20;
    private static final long MOST_INFLATED = 2L << 30;
    private static final int MOST_NESTED = 32 << 20;
    private static final Set<String> TENSORS = Set.of("pt", "pth");
    private static final Set<String> ARCHIVES =
            Set.of("zip", "jar", "war", "whl", "tar", "tgz", "gz", "bz2", "xz", "7z", "rar", "zst");

    /**
     * What was found.
     *
     * @param faults reasons to refuse it
     * @param pickles reports of the pickles inside
     */
    record Look(
            List<String> faults, List<String> notes, List<FileReport> pickles, List<String> names) {
        Verdict worst() {
            return faults.isEmpty() ? Verdict.CLEAN : Verdict.REFUSED;
        }
    }

    private final List<String> faults = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<FileReport> pickles = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final Set<String> keys = new HashSet<>();

    private Archive() {}

    static Look zip(Path file, long size) throws IOException {
        var archive = new Archive();
        try (var zip = ZipFile.builder().setPath(file).get()) {
            archive.entries(zip, size);
        } catch (IOException | IllegalArgumentException e) {
            archive.faults.add("It is no sound ZIP archive: " + e.getMessage() + ".");
        }
        return archive.look();
    }

    static Look tar(InputStream in) throws IOException {
        var archive = new Archive();
        try (var tar = new TarArchiveInputStream(new Capped(in))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                archive.name(entry.getName(), entry.isDirectory());
                if (entry.isSymbolicLink() || entry.isLink()) {
                    archive.fault("\"%s\" is a link.", entry.getName());
                } else if (!entry.isFile() && !entry.isDirectory()) {
                    archive.fault("\"%s\" is neither a file nor a folder.", entry.getName());
                }
                if (archive.full()) {
                    break;
                }
            }
        } catch (TooMuch e) {
            archive.faults.add("It unpacks to more than 2 GiB.");
        } catch (IOException | IllegalArgumentException e) {
            archive.faults.add("It is no sound tar archive: " + e.getMessage() + ".");
        }
        return archive.look();
    }

    private Look look() {
        return new Look(faults, notes, pickles, names);
    }

    private boolean full() {
        if (names.size() > MOST_ENTRIES) {
            faults.add("It has more than %,d entries.".formatted(MOST_ENTRIES));
            return true;
        }
        return faults.size() > 20;
    }

    private void fault(String reason, String name) {
        var shown = name.length() > 80 ? name.substring(0, 80) + "…" : name;
        faults.add(reason.formatted(shown.replaceAll("\\p{C}", "�")));
    }

    private void name(String name, boolean folder) {
        names.add(name);
        var path = folder && name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        if (path.startsWith("./")) {
            path = path.substring(2);
        }
        if (path.isEmpty() || path.equals(".")) {
            return;
        }
        var wrong = BundlePath.fault(path);
        if (wrong != null && !wrong.startsWith("lies deeper")) {
            fault("\"%s\" " + wrong.replace("%", "%%") + ".", name);
        } else if (!folder && !keys.add(BundlePath.key(path))) {
            fault("\"%s\" is there twice.", name);
        } else if (!folder && ARCHIVES.contains(Inspection.extension(path))) {
            fault("\"%s\" is an archive in an archive, which is not looked into.", name);
        }
    }

    private void entries(ZipFile zip, long size) throws IOException {
        long unpacked = 0;
        long packed = 0;
        long inflated = 0;
        for (var entries = zip.getEntries(); entries.hasMoreElements(); ) {
            var entry = entries.nextElement();
            name(entry.getName(), entry.isDirectory());
            if (entry.isUnixSymlink()) {
                fault("\"%s\" is a link.", entry.getName());
            }
            if (full()) {
                return;
            }
            unpacked += Math.max(0, entry.getSize());
            packed += Math.max(0, entry.getCompressedSize());
            if (unpacked < 0 || (unpacked > SMALL && unpacked / HIGHEST_RATIO > size)) {
                faults.add(
                        "It would unpack to %,d bytes, more than %d times its size."
                                .formatted(unpacked, HIGHEST_RATIO));
                return;
            }
            if (entry.getGeneralPurposeBit().usesEncryption()) {
                notes.add("\"" + entry.getName() + "\" is encrypted and was not looked into.");
                continue;
            }
            inflated += contents(zip, entry);
            if (inflated > MOST_INFLATED) {
                notes.add("It unpacks to more than 2 GiB; the rest was not looked into.");
                return;
            }
        }
        if (packed > size) {
            faults.add("Its entries overlap: together they are longer than the file.");
        }
    }

    /** What torch.save wrote into the archive, say the sample inputs of a pt2: a pickle again. */
    private void nested(ZipFile zip, ZipArchiveEntry entry) throws IOException {
        var name = entry.getName();
        byte[] bytes;
        try (var in = zip.getInputStream(entry)) {
            bytes = in.readNBytes(MOST_NESTED + 1);
        }
        if (bytes.length > MOST_NESTED) {
            notes.add("\"" + name + "\" is too large to look into, and may hold code.");
            return;
        }
        if (bytes.length < 2 || bytes[0] != 'P' || bytes[1] != 'K') {
            add(Contents.pickle(name, new ByteArrayInputStream(bytes)));
            return;
        }
        try (var inside =
                ZipFile.builder()
                        .setSeekableByteChannel(new SeekableInMemoryByteChannel(bytes))
                        .get()) {
            for (var entries = inside.getEntries(); entries.hasMoreElements(); ) {
                var part = entries.nextElement();
                if (part.getName().endsWith(".pkl") && inside.canReadEntryData(part)) {
                    try (var in = inside.getInputStream(part)) {
                        add(
                                Contents.pickle(
                                        name + " " + part.getName(), new BufferedInputStream(in)));
                    }
                }
            }
        }
    }

    private void add(FileReport report) {
        if (report.verdict() != Verdict.CLEAN) {
            pickles.add(report);
        }
    }

    private long contents(ZipFile zip, ZipArchiveEntry entry) throws IOException {
        if (entry.isDirectory() || !zip.canReadEntryData(entry)) {
            return 0;
        }
        var name = entry.getName().toLowerCase(Locale.ROOT);
        var isPickle = name.endsWith(".pkl") || name.endsWith(".pickle");
        if (isPickle || name.endsWith(".npy")) {
            try (var in = zip.getInputStream(entry)) {
                var report =
                        isPickle
                                ? Contents.pickle(entry.getName(), new BufferedInputStream(in))
                                : Contents.npy(entry.getName(), new BufferedInputStream(in));
                add(report);
            }
        }
        if (TENSORS.contains(Inspection.extension(name))) {
            nested(zip, entry);
        }
        if (entry.getMethod() == ZipArchiveEntry.STORED) {
            return 0;
        }
        // A header may lie about the size: count what comes out, up to one byte beyond the claim.
        long claimed = Math.max(0, entry.getSize());
        long count = 0;
        try (var in = zip.getInputStream(entry)) {
            var buffer = new byte[64 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                count += n;
                if (count > claimed) {
                    fault("\"%s\" unpacks to more than its header says.", entry.getName());
                    break;
                }
            }
        }
        return count;
    }

    private static final class TooMuch extends IOException {}

    /** Ends a stream that unpacks to more than is looked into. */
    private static final class Capped extends FilterInputStream {
        private long left = MOST_INFLATED;

        Capped(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            return count(super.read(), 1);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            return count(n, n);
        }

        private int count(int result, int bytes) throws IOException {
            left -= Math.max(0, result < 0 ? 0 : bytes);
            if (left < 0) {
                throw new TooMuch();
            }
            return result;
        }
    }
}
