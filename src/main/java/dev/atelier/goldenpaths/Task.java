package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.catalog.EntityRef;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A run of a golden path.
 *
 * @param version of the template when it was started
 * @param spec what is run, as Backstage's {@code TaskSpec}
 * @param account that it acts as, limited to these scopes
 * @param cancelled whether somebody asked for its end
 * @param lease of this taking; null when nobody holds it
 * @param tries how often it was taken since it last got on
 * @param output rendered, once it completed
 * @param fault why it failed, and in which step
 */
record Task(
        UUID id,
        EntityRef template,
        String title,
        String version,
        JsonNode spec,
        String createdBy,
        String account,
        @Nullable List<String> scopes,
        Instant createdAt,
        State state,
        boolean cancelled,
        @Nullable UUID lease,
        int tries,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable Instant seenAt,
        @Nullable JsonNode output,
        @Nullable String fault,
        @Nullable String faultStep) {

    enum State {
        OPEN("wait", "Waits"),
        PROCESSING("run", "Running"),
        COMPLETED("ok", "Done"),
        FAILED("fail", "Failed"),
        CANCELLED("off", "Cancelled");

        private final String mark;
        private final String word;

        State(String mark, String word) {
            this.mark = mark;
            this.word = word;
        }

        /** As stored and as Backstage says it. */
        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static State of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }

        boolean ended() {
            return this != OPEN && this != PROCESSING;
        }

        String mark() {
            return mark;
        }

        String word() {
            return word;
        }
    }

    /** What it makes, as its answers name it; empty when they do not. */
    String about() {
        for (var name : List.of("name", "title", "repoUrl")) {
            var answer = spec.path("parameters").path(name);
            if (answer.isTextual() && !answer.textValue().isBlank()) {
                var text =
                        name.equals("repoUrl")
                                ? RepositoryAddress.parse(answer.textValue()).repo()
                                : answer.textValue();
                return text.length() <= 80 ? text : text.substring(0, 79) + "…";
            }
        }
        return "";
    }

    String address() {
        return "/tasks/" + id;
    }

    /** As the audit log names it. */
    String ref() {
        return "task:default/" + id;
    }

    /** Name under which its secrets are kept while it may still need them. */
    String secret() {
        return "task:" + id;
    }

    List<Step> steps() {
        return Template.stepsOf(spec);
    }
}
