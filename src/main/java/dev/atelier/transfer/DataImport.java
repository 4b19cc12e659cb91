package dev.atelier.transfer;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An import: what somebody asked to be taken over, and how far it is.
 *
 * @param place address, file or folder, as people know it
 * @param account whose name it is done in
 * @param lease tells this taking from a later one; null while nobody does it
 * @param progress what it is doing
 * @param fault why it waits or failed
 * @param archive digest of the upload, until the import ends
 */
record DataImport(
        long id,
        Kind source,
        String place,
        Options options,
        String owner,
        String createdBy,
        String account,
        @Nullable List<String> scopes,
        Instant createdAt,
        State state,
        boolean cancelled,
        Instant dueAt,
        int tries,
        @Nullable UUID lease,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable String progress,
        @Nullable String fault,
        @Nullable String archive) {

    enum Kind {
        SERVER,
        ARCHIVE,
        FOLDER;

        String id() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        String words() {
            return switch (this) {
                case SERVER -> "MLflow server";
                case ARCHIVE -> "uploaded archive";
                case FOLDER -> "folder of this machine";
            };
        }
    }

    enum State {
        WAITING("wait", "Waits"),
        RUNNING("run", "Running"),
        DONE("ok", "Done"),
        FAILED("fail", "Stopped"),
        CANCELLED("off", "Cancelled");

        private final String mark;
        private final String word;

        State(String mark, String word) {
            this.mark = mark;
            this.word = word;
        }

        public String mark() {
            return mark;
        }

        public String word() {
            return word;
        }

        public boolean ended() {
            return this == DONE || this == FAILED || this == CANCELLED;
        }
    }

    /**
     * @param deleted whether deleted experiments and runs are taken too
     * @param models whether registered models are taken too
     * @param artifacts whether files of runs are taken too
     * @param experiments names of those that are wanted; empty for all
     */
    record Options(boolean deleted, boolean models, boolean artifacts, List<String> experiments) {
        Options {
            experiments = experiments == null ? List.of() : List.copyOf(experiments);
        }
    }

    String secret() {
        return "import:" + id;
    }

    public String address() {
        return "/imports/" + id;
    }

    public boolean canContinue() {
        return state == State.FAILED || (state == State.WAITING && tries > 0);
    }
}
