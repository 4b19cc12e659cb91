package dev.atelier.repositories;

import java.time.Instant;
import java.util.List;
import org.eclipse.jgit.revwalk.RevCommit;

/**
 * A commit.
 *
 * @param id 40 hexadecimal digits
 * @param message all of it
 * @param at when it was committed
 * @param parents ids; none of the first commit, several of a merge
 */
public record Commit(String id, String message, Author author, Instant at, List<String> parents) {

    static Commit of(RevCommit commit) {
        var author = commit.getAuthorIdent();
        return new Commit(
                commit.name(),
                commit.getFullMessage(),
                author == null
                        ? new Author("unknown", "")
                        : new Author(author.getName(), author.getEmailAddress()),
                Instant.ofEpochSecond(commit.getCommitTime()),
                java.util.Arrays.stream(commit.getParents()).map(RevCommit::name).toList());
    }

    /** First line of the message. */
    public String subject() {
        var line = message.strip().lines().findFirst().orElse("");
        return line.isBlank() ? "(no message)" : line;
    }

    /** The message after its first line. */
    public String body() {
        var stripped = message.strip();
        var end = stripped.indexOf('\n');
        return end < 0 ? "" : stripped.substring(end).strip();
    }

    public String shortId() {
        return id.substring(0, 8);
    }
}
