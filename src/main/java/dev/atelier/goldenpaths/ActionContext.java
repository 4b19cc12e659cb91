package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.atelier.githosts.Proposal;
import dev.atelier.repositories.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What an action works with. */
public interface ActionContext {

    /** The input, rendered and checked against the action's schema. */
    ObjectNode input();

    /** The files of the task. */
    Workspace workspace();

    /** Writes a line to the task's log; secrets in it are masked. */
    void log(String message);

    /** As {@link #log}, for what did not stop the step but should be known. */
    void warn(String message);

    /** Sets an output, a member of what later steps see as {@code steps.<id>.output}. */
    void output(String name, JsonNode value);

    default void output(String name, String value) {
        output(name, TextNode.valueOf(value));
    }

    UUID taskId();

    /** The step's id; that of an iteration carries its number. */
    String stepId();

    /** Names what this step makes: one that is run again finds it and makes nothing twice. */
    default String key() {
        return "task:" + taskId() + ":" + stepId();
    }

    /** Reference of whoever started the task. */
    String user();

    /** Where the template lies; null for one that is only being written. */
    @Nullable String base();

    /** The task's facts, in the form of Backstage's {@code TaskSpec}. */
    JsonNode taskSpec();

    /** The address of this portal, without a slash at its end. */
    default String portal() {
        return taskSpec().path("portal").asText("");
    }

    /** Whether nothing outside of the workspace is to be changed. */
    boolean dryRun();

    /**
     * Does something once, however often the step is run: what came of it is kept when it is done.
     *
     * @param act returns what later runs get; a crash within it can leave it done and not kept, so
     *     it should find its own traces by {@link #taskId} and {@link #stepId}
     */
    JsonNode checkpoint(String key, Callable<JsonNode> act)
            throws ActionFailed, IOException, InterruptedException;

    /**
     * Tells that the step made a thing, or brought it up to date.
     *
     * @param ref as permissions and the catalog name it
     */
    default void made(String ref) throws ActionFailed, IOException {
        made(ref, null, null, null);
    }

    /** The same of a repository whose default branch holds it, or of one of this portal. */
    default void made(String ref, String commit, Path files) throws ActionFailed, IOException {
        made(ref, commit, files, null);
    }

    /**
     * The same of a repository.
     *
     * @param commit that holds it
     * @param files folder of what was put into it, before anybody changed it
     * @param request that holds it until somebody merges it
     */
    void made(
            String ref,
            @Nullable String commit,
            @Nullable Path files,
            Proposal.@Nullable Opened request)
            throws ActionFailed, IOException;

    /**
     * What is to be brought up to date; empty while things are made. Files are then made anew, as
     * the template makes them now, and put beside what people did to those that it made before.
     */
    Optional<Update> update();

    /**
     * Something that is brought up to date.
     *
     * @param ref of the thing
     * @param title of the golden path
     * @param from version of it that the thing is at
     * @param before the files as the template made them then
     */
    record Update(String ref, String title, String from, Map<String, FileContent> before) {}

    /** Renders files with the task's engine; see {@code fetch:template}. */
    Rendering rendering();
}
