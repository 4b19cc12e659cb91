package dev.atelier.platform.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;

/** Space, rights and the lock of the data folder. */
public final class DataFolderCheck implements Check {

    private static final long GIB = 1L << 30;

    @Override
    public String subject() {
        return "Data folder";
    }

    @Override
    public int order() {
        return 20;
    }

    @Override
    public List<Finding> examine(Installation installation) throws IOException {
        var folder = installation.data();
        var findings = new ArrayList<Finding>();
        if (Files.notExists(folder)) {
            return List.of(
                    Finding.note(
                            folder
                                    + " does not exist yet; the first start makes it. Is it the right"
                                    + " one? (--data, ATELIER_DATA)"));
        }
        if (!Files.isDirectory(folder)) {
            return List.of(
                    Finding.problem(
                            folder + " is a file, not a folder.", "Choose another with --data."));
        }
        findings.add(writable(folder));
        findings.add(rights(folder));
        findings.add(space(folder));
        findings.add(
                Finding.note(
                        installation.inUse()
                                ? "A portal is running on it."
                                : "No portal is running on it."));
        return findings;
    }

    private static Finding writable(Path folder) {
        try {
            Files.delete(Files.createTempFile(folder, "doctor", null));
            return Finding.ok(folder + " can be written");
        } catch (IOException e) {
            return Finding.problem(
                    folder + " cannot be written: " + e,
                    "Make "
                            + System.getProperty("user.name")
                            + " its owner, or choose another with"
                            + " --data.");
        }
    }

    private static Finding rights(Path folder) throws IOException {
        try {
            var open =
                    Files.getPosixFilePermissions(folder).stream()
                            .filter(
                                    right ->
                                            right.name().startsWith("OTHERS")
                                                    || right == PosixFilePermission.GROUP_WRITE)
                            .toList();
            return open.isEmpty()
                    ? Finding.ok("Nobody else on this machine reads it")
                    : Finding.warning(
                            "Others on this machine may enter it (" + open + ").",
                            "chmod 700 " + folder);
        } catch (UnsupportedOperationException e) {
            return Finding.note("Rights of files are not known here.");
        }
    }

    private static Finding space(Path folder) throws IOException {
        var store = Files.getFileStore(folder);
        var free = store.getUsableSpace();
        var text =
                "%.1f GiB free of %.1f on %s"
                        .formatted(
                                (double) free / GIB, (double) store.getTotalSpace() / GIB, store);
        if (free < GIB / 2) {
            return Finding.problem(
                    text, "Uploads are refused soon and the database stops. Free some space now.");
        }
        return free < 2 * GIB || free < store.getTotalSpace() / 10
                ? Finding.warning(text, "Free some space before uploads are refused.")
                : Finding.ok(text);
    }
}
