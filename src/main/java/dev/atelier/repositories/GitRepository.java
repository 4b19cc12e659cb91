package dev.atelier.repositories;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A repository that the portal hosts.
 *
 * @param team first part of its address: the name of the group that owns it, or {@code ~} and the
 *     name of the person
 * @param owner reference of that group or person
 * @param defaultBranch short name, say {@code main}; it may not have a commit yet
 * @param pushedAt when a ref moved last; null while it is empty
 */
public record GitRepository(
        long id,
        String team,
        String name,
        String owner,
        String description,
        String defaultBranch,
        Instant createdAt,
        String createdBy,
        @Nullable Instant pushedAt) {

    static final String KIND = "repository:default/";

    /** What permissions call it, say {@code repository:default/vision/churn}. */
    public String ref() {
        return ref(team, name);
    }

    static String ref(String team, String name) {
        return KIND + (team + "/" + name).toLowerCase(Locale.ROOT);
    }

    /** As people name it: {@code vision/churn}. */
    public String fullName() {
        return team + "/" + name;
    }

    /** Of its page. */
    public String address() {
        return "/repositories/" + team + "/" + name;
    }

    /**
     * Of the page of a branch, tag or commit.
     *
     * @param ref its short name, or the commit's id
     */
    public String address(String ref) {
        return CodeAddress.of(this, "", ref, "");
    }

    /** Of Git's clients, below the portal's own address. */
    public String gitAddress() {
        return "/git/" + team + "/" + name + ".git";
    }
}
