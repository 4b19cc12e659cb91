package dev.atelier.githosts;

import java.util.List;

/**
 * A pull request, which GitLab calls a merge request.
 *
 * @param branch what is to be merged
 * @param into the branch that it goes into
 * @param teams reviewers too, where the host has such
 * @param assignee empty for nobody
 * @param removeBranch whether the branch goes once it is merged, where the host is told so
 */
public record Proposal(
        String owner,
        String repo,
        String branch,
        String into,
        String title,
        String description,
        boolean draft,
        List<String> reviewers,
        List<String> teams,
        String assignee,
        List<String> labels,
        boolean removeBranch) {

    /** One that asks nobody in particular. */
    public static Proposal of(
            String owner,
            String repo,
            String branch,
            String into,
            String title,
            String description) {
        return new Proposal(
                owner,
                repo,
                branch,
                into,
                title,
                description,
                false,
                List.of(),
                List.of(),
                "",
                List.of(),
                true);
    }

    /** One that is open. */
    public record Opened(String page, long number, String into) {}

    /** What became of one. */
    public enum State {
        OPEN,
        MERGED,
        CLOSED
    }
}
