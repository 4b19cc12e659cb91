package dev.atelier.goldenpaths;

import java.io.IOException;
import java.util.List;

/**
 * What a step of a golden path can do. Features contribute actions as CDI beans; what they do is
 * done as whoever started the task, with what they may do at the time.
 */
public interface Action {

    /** As steps name it, say {@code fetch:template}. */
    String id();

    /** One or two sentences. */
    String description();

    /** JSON Schema of the input, an object. */
    String input();

    /** JSON Schema of the output, an object. */
    String output();

    /** Runnable examples; each is run by a test. */
    List<Example> examples();

    /** Whether {@link ActionContext#dryRun} is understood: nothing outside the files is changed. */
    default boolean hasDryRun() {
        return false;
    }

    /**
     * Whether all it changes are the files of its task. What reaches further is not done again when
     * a thing is brought up to date: see {@link ActionContext#update}.
     */
    default boolean local() {
        return false;
    }

    /** Whether it can bring what it made up to date: see {@link ActionContext#update}. */
    default boolean updates() {
        return false;
    }

    /**
     * Whether a step that broke off in the middle, because its portal ended, may simply be run
     * again. One that may not says with {@link ActionContext#checkpoint} what it has done.
     */
    default boolean repeatable() {
        return true;
    }

    /** Whether it can be used here; a sentence why not, empty when it can. */
    default String missing() {
        return "";
    }

    /**
     * @throws ActionFailed with a sentence for people
     * @throws InterruptedException when the task is cancelled, or its time is over
     */
    void run(ActionContext context) throws ActionFailed, IOException, InterruptedException;

    /**
     * @param steps YAML, as below {@code spec}
     */
    record Example(String description, String steps) {}
}
