package dev.atelier.platform.blobs;

import dev.atelier.platform.DiskSpace;
import dev.atelier.platform.doctor.Check;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Whether every row has its bytes, and every file its row. */
public final class BlobsCheck implements Check {

    private static final int SAMPLE = 25;
    private static final long SAMPLE_BYTES = 200L << 20;
    private static final int NAMED = 5;

    private record Row(long size, String state) {}

    @Override
    public String subject() {
        return "Blobs";
    }

    @Override
    public int order() {
        return 40;
    }

    @Override
    public boolean isCostly() {
        return true;
    }

    @Override
    public List<Finding> examine(Installation installation) throws IOException, SQLException {
        var config = installation.settings(BlobsConfig.class);
        var rows = rows(installation);
        if (config.store() == BlobsConfig.Store.S3) {
            return compare(S3Blobs.create(config.s3()), rows, installation, "the bucket");
        }
        var folder = config.folder().orElseGet(() -> installation.data().resolve("blobs"));
        if (Files.notExists(folder)) {
            return List.of(
                    rows.isEmpty()
                            ? Finding.note("There are none yet.")
                            : Finding.problem(
                                    "The folder %s is gone, and %d files with it."
                                            .formatted(folder, rows.size()),
                                    "Restore it from a backup."));
        }
        var findings =
                new ArrayList<>(
                        compare(
                                new DiskBlobs(folder, new Disk()),
                                rows,
                                installation,
                                folder.toString()));
        findings.add(temporary(folder.resolve("tmp")));
        DiskSpace.shortage("The disk of the blob store", folder)
                .ifPresent(
                        what ->
                                findings.add(
                                        Finding.warning(
                                                what,
                                                "Free some space, or move the folder and set"
                                                        + " ATELIER_BLOBS_FOLDER.")));
        return findings;
    }

    private static Map<String, Row> rows(Installation installation) throws SQLException {
        var rows = new HashMap<String, Row>();
        try (var connection = installation.needDatabase().getConnection();
                var statement = connection.createStatement();
                var result = statement.executeQuery("select digest, size, state from blob")) {
            while (result.next()) {
                rows.put(result.getString(1), new Row(result.getLong(2), result.getString(3)));
            }
        } catch (SQLException e) {
            if (!"42P01".equals(e.getSQLState())) {
                throw e;
            }
        }
        return rows;
    }

    private static List<Finding> compare(
            BlobStore store, Map<String, Row> rows, Installation installation, String place)
            throws IOException {
        var missing = new ArrayList<String>();
        var wrong = new ArrayList<String>();
        var damaged = new ArrayList<String>();
        var whole = new ArrayList<String>();
        long bytes = 0;
        for (var row : rows.entrySet()) {
            var size = store.size(row.getKey());
            bytes += row.getValue().size;
            if (size.isEmpty()) {
                missing.add(row.getKey());
            } else if (size.getAsLong() != row.getValue().size) {
                wrong.add(row.getKey());
            } else if (row.getValue().state.equals("damaged")) {
                damaged.add(row.getKey());
            } else {
                whole.add(row.getKey());
            }
        }
        var findings = new ArrayList<Finding>();
        findings.add(Finding.ok("%d files, %,d bytes in %s".formatted(rows.size(), bytes, place)));
        var mend =
                "Register the same files again, or restore them from a backup: versions that hold"
                        + " them cannot be downloaded or tried.";
        none(findings, missing, "files are gone that the database knows", mend);
        none(findings, wrong, "files have another length than they had", mend);
        none(findings, damaged, "files were found damaged and are not handed out", mend);

        java.util.Collections.shuffle(whole);
        var bad = new ArrayList<String>();
        int read = 0;
        long readBytes = 0;
        for (var digest : whole) {
            var size = java.util.Objects.requireNonNull(rows.get(digest)).size;
            if (!installation.deep() && (read == SAMPLE || readBytes + size > SAMPLE_BYTES)) {
                continue;
            }
            read++;
            readBytes += size;
            if (!digest(store, digest).equals(digest)) {
                bad.add(digest);
            }
        }
        none(findings, bad, "files do not hold what they held (of %d read)".formatted(read), mend);
        if (bad.isEmpty() && read > 0) {
            findings.add(
                    Finding.ok(
                            "%d of %d files read and compared%s"
                                    .formatted(
                                            read,
                                            rows.size(),
                                            read < rows.size() ? "; --deep reads all" : "")));
        }
        var unknown =
                store.olderThan(Duration.ofHours(1)).stream()
                        .filter(digest -> !rows.containsKey(digest))
                        .toList();
        findings.add(
                unknown.isEmpty()
                        ? Finding.ok("No file lies there that nobody knows")
                        : Finding.note(
                                unknown.size()
                                        + " files belong to nobody (an upload that a crash cut off);"
                                        + " the sweep puts them aside after two days."));
        return findings;
    }

    private static void none(
            List<Finding> findings, List<String> digests, String what, String remedy) {
        if (!digests.isEmpty()) {
            var named = digests.subList(0, Math.min(NAMED, digests.size()));
            findings.add(
                    Finding.problem(
                            "%d %s: %s%s"
                                    .formatted(
                                            digests.size(),
                                            what,
                                            String.join(", ", named),
                                            digests.size() > NAMED ? ", …" : "."),
                            remedy));
        }
    }

    private static String digest(BlobStore store, String digest) throws IOException {
        var hash = Chunks.sha256();
        try (var in = store.read(digest, 0)) {
            var buffer = new byte[128 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                hash.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static Finding temporary(Path folder) throws IOException {
        long old = 0;
        if (Files.isDirectory(folder)) {
            var before = System.currentTimeMillis() - Duration.ofHours(25).toMillis();
            try (var files = Files.list(folder)) {
                for (var file : files.toList()) {
                    if (Files.getLastModifiedTime(file).toMillis() < before) {
                        old++;
                    }
                }
            }
        }
        return old == 0
                ? Finding.ok("No temporary file is left from long ago")
                : Finding.warning(
                        old + " temporary files are older than a day: the sweep does not run.",
                        "Look for \"upkeep\" in the log of the portal.");
    }
}
