package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.githosts.Proposal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A thing that a task made, or brought up to date.
 *
 * @param ref as permissions and the catalog name it; see {@link #ELSEWHERE}
 * @param version of the template then
 * @param answers that it was made with
 * @param commit that holds it; null of what is no repository
 * @param request that holds it until it is merged; null of what is in the default branch by itself
 */
record Made(
        long id,
        String ref,
        UUID task,
        EntityRef template,
        String title,
        String version,
        JsonNode answers,
        String by,
        @Nullable String commit,
        @Nullable Request request,
        Instant at) {

    /** Begins references of repositories of this portal. */
    static final String REPOSITORY = "repository:default/";

    /** Begins references of repositories on Git hosts: host, owner and name follow. */
    static final String ELSEWHERE = "git:";

    /**
     * A pull or merge request.
     *
     * @param state as its host said last
     */
    record Request(long number, String page, Proposal.State state) {}

    boolean isRepository() {
        return ref.startsWith(REPOSITORY);
    }

    boolean isElsewhere() {
        return ref.startsWith(ELSEWHERE);
    }

    /** Its name as sentences have it. */
    String name() {
        return name(ref);
    }

    static String name(String ref) {
        return ref.startsWith(REPOSITORY)
                ? ref.substring(REPOSITORY.length())
                : ref.startsWith(ELSEWHERE) ? ref.substring(ELSEWHERE.length()) : ref;
    }

    /** Its page on this portal; empty when there is none. */
    String address() {
        try {
            return isRepository()
                    ? "/repositories/" + name()
                    : isElsewhere() ? "" : EntityRef.parse(ref).address();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
