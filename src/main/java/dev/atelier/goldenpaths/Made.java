package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.EntityRef;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A thing that a task made, or brought up to date.
 *
 * @param ref as permissions and the catalog name it
 * @param version of the template then
 * @param answers that it was made with
 * @param commit that holds it; null of what is no repository
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
        Instant at) {

    static final String REPOSITORY = "repository:default/";

    boolean isRepository() {
        return ref.startsWith(REPOSITORY);
    }

    /** Its name as sentences have it. */
    String name() {
        return isRepository() ? ref.substring(REPOSITORY.length()) : ref;
    }

    /** Its page; empty when there is none. */
    String address() {
        try {
            return isRepository() ? "/repositories/" + name() : EntityRef.parse(ref).address();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
