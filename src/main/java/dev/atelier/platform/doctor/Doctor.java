package dev.atelier.platform.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.platform.CannotStart;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.database.Visit;
import dev.atelier.platform.doctor.Finding.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.LogManager;

/**
 * {@code ./atelier doctor}: examines an installation from outside, also while the portal runs on it
 * and also when the portal does not start. Ends with 0 when nothing is wrong, 1 when something is,
 * 2 when it was asked wrongly.
 */
public final class Doctor {

    private Doctor() {}

    public static void main(String... args) throws JsonProcessingException {
        var unknown =
                Arrays.stream(args).filter(a -> !List.of("--deep", "--json").contains(a)).toList();
        if (!unknown.isEmpty()) {
            System.err.println("atelier: doctor does not know " + unknown + ": --deep, --json.");
            System.exit(2);
        }
        // Libraries that log would mix their words with the report.
        LogManager.getLogManager().reset();
        var asked = Arrays.asList(args);
        Examination found;
        try (var visit = Visit.begin()) {
            found =
                    Examination.of(
                            new Installation(
                                    DataFolder.path(),
                                    visit.database(),
                                    asked.contains("--deep"),
                                    visit.inUse()),
                            true);
        } catch (CannotStart e) {
            System.err.println("atelier: " + e.getMessage());
            System.exit(1);
            return;
        }
        System.out.print(asked.contains("--json") ? json(found) : text(found));
        System.exit(found.worst() == Level.PROBLEM ? 1 : 0);
    }

    static String json(Examination found) throws JsonProcessingException {
        return new JsonMapper()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(
                                Map.of("worst", found.worst(), "subjects", found.subjects()))
                + "\n";
    }

    static String text(Examination found) {
        var out = new StringBuilder();
        for (var subject : found.subjects()) {
            out.append('\n').append(subject.name()).append('\n');
            for (var finding : subject.findings()) {
                out.append("  ").append(mark(finding.level())).append(finding.what()).append('\n');
                if (!finding.remedy().isEmpty()) {
                    out.append("           → ").append(finding.remedy()).append('\n');
                }
            }
        }
        out.append('\n')
                .append(
                        switch (found.worst()) {
                            case OK, NOTE -> "Nothing is wrong.";
                            case WARNING -> "It works; what is marked deserves a look.";
                            case PROBLEM ->
                                    "Something is wrong. What to do stands behind each arrow.";
                        })
                .append('\n');
        return out.toString();
    }

    private static String mark(Level level) {
        return switch (level) {
            case OK -> "ok       ";
            case NOTE -> "note     ";
            case WARNING -> "warning  ";
            case PROBLEM -> "PROBLEM  ";
        };
    }
}
