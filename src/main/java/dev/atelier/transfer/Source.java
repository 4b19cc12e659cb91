package dev.atelier.transfer;

import dev.atelier.experiments.LoggedModel;
import dev.atelier.experiments.Metrics;
import dev.atelier.experiments.Run;
import dev.atelier.experiments.RunLinks;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where things are imported from. Everything is handed out one by one and bytes as streams, so that
 * a source may be of any size. Times are milliseconds since 1970.
 */
sealed interface Source extends Closeable permits MlflowServer, MlflowStore {

    /** It does not answer at the moment: the import goes on when it does. */
    final class Away extends IOException {
        private static final long serialVersionUID = 1;

        Away(String message) {
            super(message);
        }
    }

    /** Nothing can be had of it, now or later; the message says what to do. */
    final class Unusable extends IOException {
        private static final long serialVersionUID = 1;

        Unusable(String message) {
            super(message);
        }
    }

    @FunctionalInterface
    interface Visitor<T> {
        void see(T one) throws IOException;
    }

    @FunctionalInterface
    interface Opener {
        InputStream open() throws IOException;
    }

    /**
     * @param path from the root of the run, model or version, as the source says it: unchecked
     * @param size bytes, or −1
     */
    record File(String path, long size, Opener opener) {}

    /** Something that cannot even be read; the source went on with the next. */
    record Unread(String kind, String name, String reason) {}

    record Experiment(
            String id,
            String name,
            Map<String, String> tags,
            @Nullable Long createdAt,
            boolean deleted) {}

    /**
     * @param metrics keys of those that have a history
     * @param state changes when anything of the run did, beside its files
     */
    record BroughtRun(
            String id,
            String experiment,
            String name,
            String user,
            Run.Status status,
            long start,
            @Nullable Long end,
            boolean deleted,
            Map<String, String> params,
            Map<String, String> tags,
            List<String> metrics,
            List<RunLinks.Input> inputs,
            List<String> modelInputs,
            Map<String, Long> modelOutputs,
            String artifacts,
            String state) {

        /** By the name that MLflow has for it; running for any other. */
        static Run.Status statusOf(String name) {
            for (var status : Run.Status.values()) {
                if (status.name().equals(name)) {
                    return status;
                }
            }
            return Run.Status.RUNNING;
        }
    }

    /** A metric of a logged model, with the identifier that its run has there. */
    record ModelMetric(Metrics.Point point, String dataSetName, String dataSetDigest, String run) {}

    record BroughtModel(
            String id,
            String experiment,
            String name,
            @Nullable String type,
            @Nullable String run,
            LoggedModel.Status status,
            long createdAt,
            Map<String, String> params,
            Map<String, String> tags,
            List<ModelMetric> metrics,
            String artifacts) {}

    record Registered(
            String name,
            @Nullable String description,
            Map<String, String> tags,
            Map<String, String> aliases,
            long createdAt) {}

    /**
     * @param source as whoever registered it named the files
     * @param storage where the source keeps them; empty when that is to be asked
     */
    record Version(
            String model,
            int number,
            @Nullable String description,
            String stage,
            String source,
            String storage,
            @Nullable String run,
            @Nullable String loggedModel,
            @Nullable String runLink,
            Map<String, String> tags,
            long createdAt) {}

    void experiments(Visitor<Experiment> visitor) throws IOException;

    void runs(Experiment experiment, Visitor<BroughtRun> visitor) throws IOException;

    void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor) throws IOException;

    /** Of how many metrics the histories may be asked for at the same time. */
    default int historiesAtOnce() {
        return 1;
    }

    void models(Experiment experiment, Visitor<BroughtModel> visitor) throws IOException;

    void files(BroughtRun run, Visitor<File> visitor) throws IOException;

    void files(BroughtModel model, Visitor<File> visitor) throws IOException;

    void registered(Visitor<Registered> visitor) throws IOException;

    void versions(Registered model, Visitor<Version> visitor) throws IOException;

    void files(Version version, Visitor<File> visitor) throws IOException;

    /** How many traces there are, of which none is taken; 0 also where that cannot be asked. */
    long traces() throws IOException;

    /** What could not be read so far, each once. */
    default List<Unread> unread() {
        return List.of();
    }

    /** Whether it answers at all, so that trouble is about one thing only. */
    boolean answers();

    @Override
    default void close() throws IOException {}
}
