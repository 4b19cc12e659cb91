package dev.atelier.platform.doctor;

import dev.atelier.platform.doctor.Finding.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** All findings, by subject. */
public record Examination(List<Subject> subjects) {

    public record Subject(String name, List<Finding> findings) {
        public Level worst() {
            return findings.stream()
                    .map(Finding::level)
                    .max(Comparator.naturalOrder())
                    .orElse(Level.OK);
        }
    }

    /** Runs all checks, or only those that cost little. */
    public static Examination of(Installation installation, boolean costly) {
        var subjects = new ArrayList<Subject>();
        ServiceLoader.load(Check.class, Examination.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(check -> costly || !check.isCostly())
                .sorted(Comparator.comparingInt(Check::order))
                .forEach(
                        check ->
                                subjects.add(
                                        new Subject(
                                                check.subject(), findings(check, installation))));
        return new Examination(subjects);
    }

    private static List<Finding> findings(Check check, Installation installation) {
        try {
            return check.examine(installation);
        } catch (Installation.NoDatabase e) {
            return List.of(Finding.note(String.valueOf(e.getMessage())));
        } catch (Exception e) {
            return List.of(
                    Finding.problem(
                            "This could not be examined: " + e,
                            "Look into it; what is below it may be wrong too."));
        }
    }

    public Level worst() {
        return subjects.stream()
                .map(Subject::worst)
                .max(Comparator.naturalOrder())
                .orElse(Level.OK);
    }
}
