package dev.atelier.experiments;

import dev.atelier.platform.web.Figures;

/** The state of a run as a page shows it: a word with a shape. */
record RunState(String mark, String word) {

    static RunState of(Run.Status status) {
        return switch (status) {
            case RUNNING -> new RunState("run", "Running");
            case SCHEDULED -> new RunState("wait", "Scheduled");
            case FINISHED -> new RunState("ok", "Finished");
            case FAILED -> new RunState("fail", "Failed");
            case KILLED -> new RunState("off", "Stopped");
        };
    }

    /** How long it took, or takes already; empty when its client's clocks make no sense. */
    static String took(Run run) {
        var end = run.endTime();
        if (end == null && run.status() != Run.Status.RUNNING) {
            return "";
        }
        long until = end == null ? System.currentTimeMillis() : end;
        return until < run.startTime() ? "" : Figures.duration(until - run.startTime());
    }
}
