package dev.atelier.models;

import dev.atelier.experiments.Ids;
import dev.atelier.experiments.Intake;
import dev.atelier.experiments.MlflowRules;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Resource;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Registers what another registry has, as if somebody did it by hand: the same permissions, the
 * same scan, the same line in the audit log.
 */
@ApplicationScoped
public class VersionImport {

    /**
     * A version as another registry knows it.
     *
     * @param key names it, so that the same one is never registered twice
     * @param run identifier here; null when the run is not here
     */
    public record Brought(
            String model,
            String owner,
            String key,
            @Nullable String license,
            @Nullable String description,
            String stage,
            String source,
            @Nullable String runLink,
            @Nullable String run,
            @Nullable String loggedModel,
            Map<String, String> tags) {}

    /** What hands the files of a version over, one after the other. */
    @FunctionalInterface
    public interface Files {
        void into(Taker taker) throws IOException;
    }

    @FunctionalInterface
    public interface Taker {
        /**
         * @param size bytes that will come, or −1
         */
        void take(String path, InputStream body, long size) throws IOException;
    }

    private static final Duration LONGEST_SCAN = Duration.ofMinutes(10);
    private static final int MOST_NAMES = 1_000;

    private final Models models;
    private final Aliases aliases;
    private final Versions versions;
    private final VersionNotes notes;
    private final Registration registration;
    private final RunSource sources;
    private final Caller caller;

    VersionImport(
            Models models,
            Aliases aliases,
            Versions versions,
            VersionNotes notes,
            Registration registration,
            RunSource sources,
            Caller caller) {
        this.models = models;
        this.aliases = aliases;
        this.versions = versions;
        this.notes = notes;
        this.registration = registration;
        this.sources = sources;
        this.caller = caller;
    }

    public Optional<Model> find(String name) {
        return models.find(name);
    }

    /**
     * Makes a model, under a name with a number behind it where its own is taken.
     *
     * @throws Invalid when it cannot have that name at all
     */
    public Model model(
            String called,
            String owner,
            @Nullable String description,
            Map<String, String> tags,
            Intake.Left left) {
        MlflowModels.checkName(called);
        var text = cut("model", description, left);
        var kept = kept(tags, left);
        for (int number = 1; number <= MOST_NAMES; number++) {
            var wanted =
                    number == 1
                            ? called
                            : number == 2
                                    ? called + " (imported)"
                                    : "%s (imported %d)".formatted(called, number - 1);
            if (models.findCalled(wanted).isPresent()) {
                continue;
            }
            caller.requireAsOwner(
                    Permission.MODEL_REGISTER, Resource.model(ModelNames.plain(wanted)), owner);
            try {
                return models.create(wanted, owner, text, kept, caller.entityRef());
            } catch (Conflict e) {
                // Somebody made one of that name a moment ago: the next number.
            }
        }
        throw new Invalid("There are too many models called \"%s\".".formatted(called));
    }

    private static @Nullable String cut(String of, @Nullable String text, Intake.Left left) {
        if (text != null && text.length() > 2_000) {
            left.out("description", of, "A description has at most 2,000 characters here.");
            return null;
        }
        return text;
    }

    private static Map<String, String> kept(Map<String, String> tags, Intake.Left left) {
        var kept = new LinkedHashMap<String, String>();
        tags.forEach(
                (key, value) -> {
                    try {
                        if (kept.size() >= 100) {
                            throw new Invalid("A version is registered with at most 100 tags.");
                        }
                        MlflowModels.checkTag(key, value);
                        kept.put(key, value);
                    } catch (Invalid e) {
                        left.out("tag", key, e.detail());
                    }
                });
        return kept;
    }

    /**
     * Registers files that lie here already, of a run or a logged model.
     *
     * @param address as {@link RunSource} reads it
     * @throws Invalid when nothing lies there
     */
    public ModelVersion fromHere(Brought version, String address, Intake.Left left)
            throws IOException {
        var found = sources.find(address, null, null);
        try (var draft = registration.draft(caller.entityRef())) {
            for (var file : found.files()) {
                draft.hold(file.path(), file.blob());
            }
            return register(version, draft, sources.lineage(found), left);
        }
    }

    /** Registers files that come from elsewhere. */
    public ModelVersion fromElsewhere(Brought version, Files files, Intake.Left left)
            throws IOException {
        try (var draft = registration.draft(caller.entityRef())) {
            files.into(draft::add);
            return register(
                    version,
                    draft,
                    new Lineage(List.of(), version.run, null, null, version.loggedModel),
                    left);
        }
    }

    private ModelVersion register(Brought version, Draft draft, Lineage lineage, Intake.Left left)
            throws IOException {
        MlflowRules.atMost(
                "description", version.description == null ? "" : version.description, 100_000);
        var stage = VersionNotes.stage(version.stage);
        var made =
                registration.register(
                        version.model,
                        draft,
                        new Parameters(
                                version.owner,
                                version.license,
                                null,
                                List.of(),
                                kept(version.tags, left),
                                lineage,
                                null,
                                null,
                                version.description,
                                shortened(version.source),
                                shortened(version.runLink),
                                true),
                        version.key,
                        Registration.Origin.person(caller.entityRef()));
        if (!stage.equals("None")) {
            caller.require(Permission.MODEL_ALIAS, Resource.model(made.model()));
            notes.move(made, stage, false);
        }
        return scanned(made);
    }

    private static @Nullable String shortened(@Nullable String text) {
        return text == null || text.length() <= 2_000 ? text : text.substring(0, 2_000);
    }

    private ModelVersion scanned(ModelVersion version) {
        var until = System.nanoTime() + LONGEST_SCAN.toNanos();
        var now = version;
        while (now.state() == ModelVersion.State.SCANNING && System.nanoTime() < until) {
            LockSupport.parkNanos(100_000_000);
            now = versions.find(version.model(), Integer.toString(version.number()));
        }
        return now;
    }

    /** As {@link Aliases#move}, for whoever this is done for. */
    public void alias(Model model, String alias, int number) {
        Aliases.check(alias);
        caller.require(Permission.MODEL_ALIAS, Resource.model(model.name()));
        aliases.move(model.name(), alias, null, number, caller.entityRef());
    }

    /** The address of files here, for {@link #fromHere}. */
    public static String address(java.util.UUID run, String path) {
        return "runs:/" + Ids.hex(run) + (path.isEmpty() ? "" : "/" + path);
    }
}
