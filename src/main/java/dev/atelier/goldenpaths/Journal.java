package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.githosts.Proposal;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a run writes how far it is: the database for a task, memory for a dry run. */
interface Journal {

    /** The task is no longer this run's: it was taken by another, or somebody asked for its end. */
    final class Stopped extends Exception {
        private static final long serialVersionUID = 1;

        Stopped() {
            super("stopped", null, false, false);
        }
    }

    /** What became of the word that a run waits for. */
    record Word(boolean given, boolean approves, String said) {
        static final Word NONE = new Word(false, false, "");
    }

    /**
     * @param position of a step; {@link Approval#BEFORE_ALL} for the run as a whole
     */
    Word word(int position);

    /**
     * Lets somebody be asked. The run ends here, and another goes on when there is an answer.
     *
     * @throws Stopped unless nobody waits for answers
     */
    void waitFor(int position, ApprovalRule rule) throws Stopped;

    void started(int position, Step step) throws Stopped;

    /** Keeps what became of a step together with the files as they are now. */
    void ended(
            int position,
            Step step,
            TaskStep.State state,
            @Nullable ObjectNode output,
            @Nullable String reason)
            throws Stopped, IOException, ActionFailed;

    /**
     * @param level {@code warn}, {@code step} or null
     */
    void log(@Nullable String step, @Nullable String level, String message);

    Optional<JsonNode> checkpoint(String step, String key);

    /** Keeps that a step made a thing: see {@link ActionContext#made}. */
    void made(
            String ref,
            @Nullable String commit,
            byte @Nullable [] files,
            Proposal.@Nullable Opened request)
            throws Stopped;

    void keep(String step, String key, JsonNode value) throws Stopped;
}
