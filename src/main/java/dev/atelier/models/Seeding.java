package dev.atelier.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.BundlePath;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Problem;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Imports the bundles that {@code Model} entities name ({@code spec.bundle: .}) as versions, when
 * their files are new; looks again when an entity or a file changes.
 */
@ApplicationScoped
class Seeding {

    private static final Logger LOG = Logger.getLogger(Seeding.class);

    /** Files of the entity, not of the model. */
    private static final List<String> LEFT_OUT =
            List.of("model.yaml", "model.yml", "catalog-info.yaml", "catalog-info.yml");

    /** What is wrong with a bundle, for people. */
    private static final class Unusable extends Exception {
        Unusable(String reason) {
            super(reason);
        }
    }

    private final Entities entities;
    private final Registration registration;
    private final Versions versions;
    private final Models models;
    private final Publication publication;
    private final Sql sql;
    private final ObjectMapper json;
    private final ModelsConfig config;
    private final List<Path> ours;
    private final Map<String, Entity> named = new HashMap<>();
    private final Map<String, String> stamps = new HashMap<>();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("model-bundles").factory());
    private long revision;

    Seeding(
            Entities entities,
            Registration registration,
            Versions versions,
            Models models,
            Publication publication,
            Sql sql,
            ObjectMapper json,
            ModelsConfig config,
            Config settings) {
        this.entities = entities;
        this.registration = registration;
        this.versions = versions;
        this.models = models;
        this.publication = publication;
        this.sql = sql;
        this.json = json;
        this.config = config;
        ours = installationFolders(settings);
    }

    /**
     * The folders that whoever runs the portal chose: what lies there is as trusted as the portal.
     */
    private static List<Path> installationFolders(Config settings) {
        var folders = new ArrayList<Path>();
        home().ifPresent(home -> folders.add(home.resolve("catalog")));
        settings.getOptionalValues("atelier.catalog.folders", String.class)
                .orElse(List.of())
                .forEach(folder -> folders.add(Path.of(folder)));
        return folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
    }

    private static Optional<Path> home() {
        return Optional.ofNullable(System.getProperty("atelier.home")).map(Path::of);
    }

    void start(@Observes StartupEvent event) {
        Future<?> unused = clock.scheduleWithFixedDelay(this::look, 0, 1, TimeUnit.SECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        clock.shutdownNow();
    }

    private void look() {
        try {
            var changes = entities.changesSince(revision, "Model");
            for (var entity : changes.present()) {
                named.put(entity.name(), entity);
                stamps.remove(entity.name());
            }
            for (var gone : changes.gone()) {
                named.values().removeIf(entity -> entity.ref().equals(gone));
            }
            if (!changes.gone().isEmpty() || publication.owesEntries()) {
                publication.publishMissing();
            }
            named.values().forEach(this::look);
            revision = changes.revision();
        } catch (RuntimeException e) {
            LOG.warnf("Bundles of the catalog wait: %s", e.getMessage());
        }
    }

    private void look(Entity entity) {
        var folder = entity.folder();
        if (folder.isEmpty() || !entity.spec().path("bundle").isTextual()) {
            return;
        }
        try {
            var files = files(entity, folder.get());
            var stamp = stamp(files);
            if (stamp.equals(stamps.get(entity.name()))) {
                return;
            }
            bring(entity, folder.get(), files);
            stamps.put(entity.name(), stamp);
        } catch (Unusable | IOException | Problem e) {
            var reason = String.valueOf(e.getMessage());
            if (!reason.equals(stamps.put(entity.name(), reason))) {
                LOG.warnf("The bundle of the model %s is not used: %s", entity.name(), reason);
                remember(entity.name(), folder.get(), null, null, reason);
            }
        }
    }

    private void bring(Entity entity, Path folder, Map<String, Path> files)
            throws IOException, Unusable {
        var trusted = ours.stream().anyMatch(folder::startsWith);
        var digest = Draft.digest(hashed(files));
        var model = models.find(entity.name());
        if (model.isPresent() && versions.holds(model.get().name(), digest)) {
            remember(entity.name(), folder, digest, null, null);
            return;
        }
        try (var draft = registration.draft(Registration.Origin.CATALOG.actor())) {
            for (var file : files.entrySet()) {
                try (var in = Files.newInputStream(file.getValue())) {
                    draft.add(file.getKey(), in, Files.size(file.getValue()));
                }
            }
            draft.say(
                    "parameters", json.writeValueAsString(parameters(entity, model.orElse(null))));
            var version =
                    registration.register(
                            entity.name(),
                            draft,
                            null,
                            new Registration.Origin(
                                    Registration.Origin.CATALOG.actor(), true, trusted));
            remember(entity.name(), folder, digest, version.number(), null);
            LOG.infof(
                    "Imported version %d of %s from the catalog: %s",
                    version.number(), version.model(), version.state());
        }
    }

    /** Read only: what is known already is not written again at every start. */
    private static List<ModelFile> hashed(Map<String, Path> files) throws IOException {
        var hashed = new ArrayList<ModelFile>();
        for (var file : files.entrySet()) {
            try (var in = Files.newInputStream(file.getValue())) {
                hashed.add(
                        new ModelFile(
                                BundlePath.normalised(file.getKey()),
                                Blobs.digest(in),
                                Files.size(file.getValue())));
            }
        }
        return hashed;
    }

    private ObjectNode parameters(Entity entity, @Nullable Model model) {
        var spec = entity.spec();
        var parameters = json.createObjectNode();
        copy(spec.path("owner").asText(""), parameters, "owner");
        copy(spec.path("license").asText(""), parameters, "license");
        copy(entity.description().orElse(""), parameters, "description");
        var lineage = parameters.putObject("lineage");
        if (spec.path("trainedOn").isArray()) {
            lineage.set("datasets", spec.path("trainedOn"));
        }
        if (mayCrown(model)) {
            parameters.putArray("aliases").add(Aliases.CHAMPION);
        }
        return parameters;
    }

    /** A person's choice of champion stays; one that came from here follows the bundle. */
    private boolean mayCrown(@Nullable Model model) {
        if (model == null || model.lastVersion() == 0) {
            return true;
        }
        var champion = model.aliases().get(Aliases.CHAMPION);
        return champion != null
                && versions.find(model.name(), champion.toString())
                        .createdBy()
                        .equals(Registration.Origin.CATALOG.actor());
    }

    private static void copy(String value, ObjectNode to, String member) {
        if (!value.isBlank()) {
            to.put(member, value);
        }
    }

    /** The bundle's files by their path in it. */
    private Map<String, Path> files(Entity entity, Path folder) throws IOException, Unusable {
        var root = folder.resolve(entity.spec().path("bundle").asText()).normalize();
        if (!root.startsWith(folder)) {
            throw new Unusable("spec.bundle leaves the entity's folder.");
        }
        if (!Files.isDirectory(root) || !root.toRealPath().startsWith(folder.toRealPath())) {
            throw new Unusable("spec.bundle names no folder beside the entity.");
        }
        var files = new TreeMap<String, Path>();
        try (Stream<Path> all = Files.walk(root, 10)) {
            for (var file : (Iterable<Path>) all::iterator) {
                var path = root.relativize(file).toString().replace('\\', '/');
                if (Files.isSymbolicLink(file)) {
                    throw new Unusable(path + " is a symbolic link; bundles hold plain files.");
                }
                if (Files.isRegularFile(file) && belongs(path)) {
                    files.put(path, file);
                }
            }
        }
        for (var elsewhere : entity.spec().path("bundleFrom").path("files").properties()) {
            if (!files.containsKey(elsewhere.getKey())) {
                files.put(
                        elsewhere.getKey(),
                        unpacked(entity, elsewhere.getKey(), elsewhere.getValue().asText()));
            }
        }
        if (files.isEmpty()) {
            throw new Unusable("The folder holds no file.");
        }
        return files;
    }

    private static boolean belongs(String path) {
        return !LEFT_OUT.contains(path)
                && Stream.of(path.split("/"))
                        .noneMatch(part -> part.startsWith(".") || part.equals("__pycache__"));
    }

    /** A file that the build took from elsewhere, under its name in the bundle or there. */
    private Path unpacked(Entity entity, String path, String source) throws Unusable {
        var folders = new ArrayList<>(config.bundles().orElse(List.of()));
        home().ifPresent(home -> folders.add(home.resolve("target/bundles")));
        for (var folder : folders) {
            for (var name : List.of(path, source)) {
                var file = folder.resolve(entity.name()).resolve(name).normalize();
                if (file.startsWith(folder.normalize()) && Files.isRegularFile(file)) {
                    return file;
                }
            }
        }
        throw new Unusable(
                "%s is not there. It comes from %s; build the portal with Maven to fetch it."
                        .formatted(
                                path,
                                entity.spec()
                                        .path("bundleFrom")
                                        .path("maven")
                                        .asText("elsewhere")));
    }

    /** Changes when a file does. */
    private static String stamp(Map<String, Path> files) throws IOException {
        var stamp = new StringBuilder();
        for (var file : files.entrySet()) {
            stamp.append(file.getKey())
                    .append(' ')
                    .append(Files.size(file.getValue()))
                    .append(' ')
                    .append(Files.getLastModifiedTime(file.getValue()).toMillis())
                    .append('\n');
        }
        return stamp.toString();
    }

    private void remember(
            String model,
            Path folder,
            @Nullable String digest,
            @Nullable Integer number,
            @Nullable String problem) {
        sql.update(
                """
                insert into model_bundle (model, folder, digest, number, problem)
                values (?, ?, ?, ?, ?)
                on conflict (model) do update set folder = excluded.folder,
                    digest = excluded.digest, problem = excluded.problem,
                    number = coalesce(excluded.number, model_bundle.number),
                    checked_at = clock_timestamp()
                """,
                model,
                folder.toString(),
                digest,
                number,
                problem);
    }
}
