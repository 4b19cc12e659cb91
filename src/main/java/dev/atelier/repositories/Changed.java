package dev.atelier.repositories;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.diff.DiffEntry;
import org.eclipse.jgit.diff.DiffFormatter;
import org.eclipse.jgit.diff.RawText;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.patch.FileHeader;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.AbstractTreeIterator;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.EmptyTreeIterator;

/**
 * What a commit changed against its first parent, as a page shows it: so much and no more.
 *
 * @param more files that are not shown
 */
public record Changed(List<File> files, int added, int removed, int more) {

    private static final int FILES = 100;
    private static final int LINES = 3_000;
    private static final int LINES_OF_FILE = 600;
    private static final int LONGEST_LINE = 2_000;

    /** Larger files are told of, not compared. */
    private static final int LARGE = 1 << 20;

    private static final int RENAMES = 100;

    /**
     * A file.
     *
     * @param before its former path; empty when that is the same
     * @param note what is said instead of lines; empty when there are all
     */
    public record File(
            String path,
            String before,
            String act,
            int added,
            int removed,
            List<Line> lines,
            String note) {}

    /**
     * A line.
     *
     * @param kind {@code same}, {@code ins}, {@code del}, {@code hunk}
     * @param before its number, empty where it was not
     * @param after its number, empty where it is no more
     */
    public record Line(String kind, String before, String after, String text) {
        public String sign() {
            return switch (kind) {
                case "ins" -> "+";
                case "del" -> "−";
                default -> " ";
            };
        }
    }

    static Changed by(Repository git, RevCommit commit) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var formatter = new DiffFormatter(out);
                var walk = new RevWalk(git)) {
            formatter.setRepository(git);
            formatter.setDetectRenames(true);
            formatter.getRenameDetector().setRenameLimit(RENAMES);
            formatter.setBinaryFileThreshold(LARGE);
            var entries = formatter.scan(before(git, walk, commit), tree(git, commit));
            var files = new ArrayList<File>();
            var added = 0;
            var removed = 0;
            var left = LINES;
            for (var entry : entries.subList(0, Math.min(FILES, entries.size()))) {
                var header = formatter.toFileHeader(entry);
                var file = file(git, formatter, out, entry, header, left);
                left -= file.lines.size();
                added += file.added;
                removed += file.removed;
                files.add(file);
            }
            return new Changed(files, added, removed, Math.max(0, entries.size() - FILES));
        }
    }

    private static AbstractTreeIterator before(Repository git, RevWalk walk, RevCommit commit)
            throws IOException {
        return commit.getParentCount() == 0
                ? new EmptyTreeIterator()
                : tree(git, walk.parseCommit(commit.getParent(0)));
    }

    private static AbstractTreeIterator tree(Repository git, RevCommit commit) throws IOException {
        try (var reader = git.newObjectReader()) {
            return new CanonicalTreeParser(null, reader, commit.getTree());
        }
    }

    private static File file(
            Repository git,
            DiffFormatter formatter,
            ByteArrayOutputStream out,
            DiffEntry entry,
            FileHeader header,
            int left)
            throws IOException {
        var added = 0;
        var removed = 0;
        for (var edit : header.toEditList()) {
            added += edit.getLengthB();
            removed += edit.getLengthA();
        }
        var gone = entry.getChangeType() == DiffEntry.ChangeType.DELETE;
        var moved =
                entry.getChangeType() == DiffEntry.ChangeType.RENAME
                        || entry.getChangeType() == DiffEntry.ChangeType.COPY;
        var lines = new ArrayList<Line>();
        var note = "";
        if (header.getPatchType() != FileHeader.PatchType.UNIFIED) {
            note = "It is no text, or too large to compare here.";
        } else if (left <= 0) {
            note = "This commit changes more than is shown here.";
        } else {
            out.reset();
            formatter.format(entry);
            formatter.flush();
            var most = Math.min(left, LINES_OF_FILE);
            lines.addAll(lines(out.toByteArray(), most));
            if (lines.size() == most) {
                note = "Only the beginning is shown.";
            } else if (lines.isEmpty()) {
                note =
                        moved
                                ? "Its content is the same."
                                : "It has no line, or only its mode changed.";
            }
        }
        return new File(
                gone ? entry.getOldPath() : entry.getNewPath(),
                moved ? entry.getOldPath() : "",
                switch (entry.getChangeType()) {
                    case ADD -> "added";
                    case MODIFY -> "changed";
                    case DELETE -> "removed";
                    case RENAME -> "renamed";
                    case COPY -> "copied";
                },
                added,
                removed,
                lines,
                note);
    }

    /** Of a unified diff, from its first hunk on. */
    private static List<Line> lines(byte[] patch, int most) {
        var lines = new ArrayList<Line>();
        var text = new RawText(patch);
        var before = 0;
        var after = 0;
        for (int i = 0; i < text.size() && lines.size() < most; i++) {
            var line =
                    new String(
                            text.getRawString(i).array(),
                            text.getRawString(i).position(),
                            text.getRawString(i).remaining(),
                            StandardCharsets.UTF_8);
            if (line.startsWith("@@ ")) {
                var numbers = line.split("[ ,+-]+");
                before = Integer.parseInt(numbers[1]);
                after = Integer.parseInt(line.replaceFirst("^@@ -[0-9,]+ \\+([0-9]+).*$", "$1"));
                lines.add(new Line("hunk", "", "", line.replaceFirst("^(@@.*?@@).*$", "$1")));
            } else if (!lines.isEmpty() && !line.isEmpty()) {
                var rest = cut(line.substring(1));
                switch (line.charAt(0)) {
                    case '+' -> lines.add(new Line("ins", "", "" + after++, rest));
                    case '-' -> lines.add(new Line("del", "" + before++, "", rest));
                    case ' ' -> lines.add(new Line("same", "" + before++, "" + after++, rest));
                    default -> lines.add(new Line("hunk", "", "", cut(line)));
                }
            }
        }
        return lines;
    }

    private static String cut(String line) {
        return line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "…";
    }
}
