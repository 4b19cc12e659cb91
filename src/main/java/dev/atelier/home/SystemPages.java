package dev.atelier.home;

import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.platform.DataFolder;
import dev.atelier.platform.confinement.SandboxLevel;
import dev.atelier.platform.doctor.Examination;
import dev.atelier.platform.doctor.Finding;
import dev.atelier.platform.doctor.Installation;
import dev.atelier.serving.Gateway;
import dev.atelier.serving.RunnerStatus;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** The state of this portal, for whoever runs it: what {@code ./atelier doctor} says, and more. */
@Path("/admin/system")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Needs(Permission.OPERATIONS_READ)
public class SystemPages {

    /** A subject with the shape and the word of its state. */
    record Part(String name, String shape, String word, List<Line> lines) {}

    record Line(String shape, String word, String what, String remedy) {}

    /** What can be told at a glance. */
    record Glance(String version, String up, long memory, String sandbox, List<String> trials) {}

    @CheckedTemplate(basePath = "home")
    static class Templates {
        static native TemplateInstance system(
                String heading, List<Part> parts, Glance glance, List<RunnerStatus> runners);
    }

    private static final Instant STARTED = Instant.now();

    private final DataSource database;
    private final Gateway gateway;

    SystemPages(DataSource database, Gateway gateway) {
        this.database = database;
        this.gateway = gateway;
    }

    @GET
    public TemplateInstance system() {
        var found =
                Examination.of(new Installation(DataFolder.path(), database, false, true), false);
        var parts =
                found.subjects().stream()
                        .map(
                                subject ->
                                        new Part(
                                                subject.name(),
                                                shape(subject.worst()),
                                                word(subject.worst()),
                                                subject.findings().stream()
                                                        .map(SystemPages::line)
                                                        .toList()))
                        .toList();
        var bad =
                found.subjects().stream()
                        .filter(s -> s.worst().compareTo(Finding.Level.WARNING) >= 0)
                        .count();
        var heading =
                bad == 0
                        ? "The portal is well"
                        : bad == 1 ? "One thing needs you" : bad + " things need you";
        return Templates.system(heading, parts, glance(), gateway.runners());
    }

    private Glance glance() {
        var runtime = Runtime.getRuntime();
        return new Glance(
                Optional.ofNullable(System.getProperty("java.version")).orElse("?"),
                words(Duration.between(STARTED, Instant.now())),
                (runtime.totalMemory() - runtime.freeMemory()) >> 20,
                gateway.level()
                        .map(SystemPages::level)
                        .orElse("The sandbox is being tried out; look again in a second."),
                gateway.level().isPresent() ? gateway.trials() : new ArrayList<>());
    }

    private static String level(SandboxLevel level) {
        return "Level " + level.letter() + ". " + level.explanation();
    }

    private static String words(Duration time) {
        if (time.toDays() > 0) {
            return time.toDays() + " d " + time.toHoursPart() + " h";
        }
        return time.toHours() > 0
                ? time.toHours() + " h " + time.toMinutesPart() + " min"
                : time.toMinutes() + " min";
    }

    private static Line line(Finding finding) {
        return new Line(
                shape(finding.level()), word(finding.level()), finding.what(), finding.remedy());
    }

    private static String shape(Finding.Level level) {
        return switch (level) {
            case OK -> "ok";
            case NOTE -> "off";
            case WARNING -> "warn";
            case PROBLEM -> "fail";
        };
    }

    private static String word(Finding.Level level) {
        return switch (level) {
            case OK -> "Well";
            case NOTE -> "Note";
            case WARNING -> "Look at it";
            case PROBLEM -> "Wrong";
        };
    }
}
