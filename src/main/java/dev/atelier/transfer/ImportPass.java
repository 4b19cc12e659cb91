package dev.atelier.transfer;

import dev.atelier.experiments.Intake;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.OutOfSpace;
import dev.atelier.platform.problems.Problem;
import dev.atelier.platform.problems.SignInNeeded;
import dev.atelier.platform.problems.Unavailable;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One going through of an import: what it takes from where, what is said of it in the report, and
 * what things of there became here.
 */
final class ImportPass {

    final DataImport one;
    final Source source;
    final Importing.Watch watch;
    private final ImportLines lines;
    private final ImportOrigins origins;
    private final Caller caller;
    private long parts;

    ImportPass(
            DataImport one,
            Source source,
            Importing.Watch watch,
            ImportLines lines,
            ImportOrigins origins,
            Caller caller) {
        this.one = one;
        this.source = source;
        this.watch = watch;
        this.lines = lines;
        this.origins = origins;
        this.caller = caller;
        parts = lines.parts(one);
    }

    // What is said -------------------------------------------------------------------------------

    void say(
            String kind,
            String thing,
            String name,
            String outcome,
            @Nullable String reason,
            @Nullable String target) {
        say(kind, thing, name, outcome, reason, target, 0, 0, 0);
    }

    void say(
            String kind,
            String thing,
            String name,
            String outcome,
            @Nullable String reason,
            @Nullable String target,
            long points,
            long files,
            long bytes) {
        lines.say(
                one,
                new ImportLines.Line(
                        0,
                        kind,
                        Texts.shown(thing, 400),
                        "",
                        Texts.shown(name, 200),
                        outcome,
                        reason == null ? null : Texts.shown(reason, 1_000),
                        target,
                        points,
                        files,
                        bytes));
    }

    /** Tells of parts of a thing that were left out. */
    Intake.Left left(String kind, String thing, String name) {
        return (part, key, reason) -> {
            if (++parts > ImportLines.MOST_PARTS) {
                throw new Importing.TooMany();
            }
            lines.say(
                    one,
                    new ImportLines.Line(
                            0,
                            kind,
                            Texts.shown(thing, 400),
                            part + " " + Texts.shown(key, 300),
                            Texts.shown(name, 200),
                            "left",
                            Texts.shown(reason, 1_000),
                            null,
                            0,
                            0,
                            0));
        };
    }

    /** Before a thing is gone through again. */
    void forgetParts(String kind, String thing) {
        lines.forgetParts(one, kind, thing);
    }

    /** Why something could not be taken. What concerns everything else too is thrown on. */
    static String reason(RuntimeException e) {
        if (e instanceof Unavailable
                || e instanceof OutOfSpace
                || e instanceof Denied
                || e instanceof SignInNeeded
                || DatabaseAway.causes(e)) {
            throw e;
        }
        if (e instanceof Problem problem) {
            return problem.detail();
        }
        if (e instanceof Sql.Failed) {
            return "The database did not take it: " + e.getMessage();
        }
        throw e;
    }

    /** Notes whether something was left that another try may have. */
    static final class Counting implements Intake.Left {
        private final Intake.Left left;
        private boolean mayPass;

        Counting(Intake.Left left) {
            this.left = left;
        }

        boolean mayPass() {
            return mayPass;
        }

        @Override
        public void out(String part, String name, String reason) {
            left.out(part, name, reason);
        }

        void outForNow(String part, String name, @Nullable String reason) {
            mayPass = true;
            left.out(part, name, String.valueOf(reason));
        }
    }

    // What became of what ------------------------------------------------------------------------

    Optional<ImportOrigins.Origin> origin(String kind, String theirs) {
        return origins.origin(one.owner(), kind, theirs);
    }

    void became(String kind, String theirs, String ours, @Nullable String state) {
        origins.became(one.owner(), kind, theirs, ours, state);
    }

    /** What identifier a thing has, or will have: the free one, or any. */
    UUID id(String kind, String theirs, Optional<UUID> free) {
        var origin =
                origin(kind, theirs)
                        .orElseGet(
                                () ->
                                        origins.origin(
                                                one.owner(),
                                                kind,
                                                theirs,
                                                free.orElseGet(UUID::randomUUID).toString()));
        return UUID.fromString(origin.target());
    }

    /** What a thing became; empty when it was not taken. */
    Optional<UUID> known(String kind, String theirs) {
        return origin(kind, theirs)
                .filter(origin -> origin.state() != null || kind.equals("run"))
                .map(origin -> UUID.fromString(origin.target()));
    }

    /** Rights may be taken away while an import goes on, so they are looked up each time. */
    void may(String ref) {
        caller.lookAgain(ref);
        caller.require(Permission.EXPERIMENT_RECORD, ref);
    }
}
