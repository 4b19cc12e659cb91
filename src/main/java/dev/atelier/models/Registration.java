package dev.atelier.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.DatabaseAway;
import dev.atelier.platform.problems.Invalid;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Makes a draft the next version of a model: all of it in one transaction, or nothing. */
@ApplicationScoped
class Registration {

    /** Who registers: a person by request, or the portal itself from its catalog. */
    record Origin(String actor, boolean bySystem, boolean trusted) {
        static Origin person(String actor) {
            return new Origin(actor, false, false);
        }

        static final Origin CATALOG = new Origin("system:atelier", true, true);
    }

    private static final String UNIQUE = "23505";

    private final Sql sql;
    private final Transaction transaction;
    private final Blobs blobs;
    private final Audit audit;
    private final ScanQueue scans;
    private final Versions versions;
    private final Models models;
    private final Publication publication;
    private final ModelsConfig config;
    private final ObjectMapper json;
    private final Caller caller;
    private final Semaphore turns = new Semaphore(4, true);

    Registration(
            Sql sql,
            Transaction transaction,
            Blobs blobs,
            Audit audit,
            ScanQueue scans,
            Versions versions,
            Models models,
            Publication publication,
            ModelsConfig config,
            ObjectMapper json,
            Caller caller) {
        this.sql = sql;
        this.transaction = transaction;
        this.blobs = blobs;
        this.audit = audit;
        this.scans = scans;
        this.versions = versions;
        this.models = models;
        this.publication = publication;
        this.config = config;
        this.json = json;
        this.caller = caller;
    }

    Draft draft(String owner) {
        return new Draft(blobs, config, owner);
    }

    /**
     * Registers a draft and waits a moment for the verdict.
     *
     * @param key the sender's own name of this registration: sent again, it answers the same
     *     version
     * @throws Conflict when the newest version has the same files, or the key was used for others
     * @throws Invalid when the name, the parameters or the bundle cannot be
     */
    ModelVersion register(String name, Draft draft, @Nullable String key, Origin origin)
            throws IOException {
        var fault = Models.nameFault(name);
        if (fault != null) {
            throw new Invalid(fault, List.of(new Invalid.Field("name", "cannot name a model")));
        }
        return register(name, draft, draft.parameters(), key, origin);
    }

    /** As the other one, whatever parameters the draft holds. */
    ModelVersion register(
            String name, Draft draft, Parameters parameters, @Nullable String key, Origin origin)
            throws IOException {
        check(parameters);
        if (key != null && key.length() > 200) {
            throw new Invalid("An idempotency key has at most 200 characters.");
        }
        if (draft.modelFiles().isEmpty()) {
            throw new Invalid(
                    "A version needs at least one file.",
                    List.of(new Invalid.Field("file", "is missing")));
        }
        var card = draft.text("card");
        if (card != null) {
            draft.addText("README.md", card);
        }
        if (parameters.modelInterface() != null) {
            draft.addText("interface.json", parameters.modelInterface().toPrettyString());
        }
        if (!origin.bySystem()) {
            authorise(name, parameters.owner(), origin.actor());
        }
        Failpoints.hit("register.received");
        var version = store(name, draft, parameters, key, origin);
        draft.kept();
        Failpoints.hit("register.committed");
        try {
            if (version.number() == 1) {
                publication.publish(version.model());
            }
            Failpoints.hit("register.published");
            if (version.state() == ModelVersion.State.SCANNING) {
                await(version);
            }
            return versions.find(version.model(), Integer.toString(version.number()));
        } catch (RuntimeException e) {
            if (!DatabaseAway.causes(e)) {
                throw e;
            }
            // It is registered, whatever cannot be read now.
            return version;
        }
    }

    /** A new model is registered for oneself or for a team of one's own. */
    private void authorise(String name, @Nullable String owner, String actor) {
        var ref = EntityRef.of("model", name).toString();
        var found = models.find(name);
        if (found.isPresent() && publication.isPublished(name)) {
            caller.require(Permission.MODEL_REGISTER, ref);
            return;
        }
        if (found.isPresent()) {
            // Somebody registered its first version a moment ago.
            caller.requireAsOwner(Permission.MODEL_REGISTER, ref, found.get().ownerRef());
            return;
        }
        try {
            caller.requireAsOwner(
                    Permission.MODEL_REGISTER,
                    ref,
                    owner == null || owner.isBlank()
                            ? actor
                            : EntityRef.parse(owner.strip(), "group", EntityRef.DEFAULT_NAMESPACE)
                                    .toString());
        } catch (IllegalArgumentException e) {
            throw new Invalid(
                    "The owner is the name of a group, or a reference such as user:default/ines.",
                    List.of(new Invalid.Field("owner", "is no reference")));
        }
    }

    private static void check(Parameters parameters) {
        parameters.aliases().forEach(Aliases::check);
        if (parameters.aliases().size() > 20 || parameters.tags().size() > 100) {
            throw new Invalid("A version is registered with at most 20 aliases and 100 tags.");
        }
        var batch = parameters.batch();
        if (batch != null && (batch < 1 || batch > 10_000)) {
            throw new Invalid(
                    "One run merges 1 to 10,000 rows.",
                    List.of(new Invalid.Field("parameters.batch", "is not between 1 and 10,000")));
        }
        for (var text :
                new @Nullable String[] {
                    parameters.owner(),
                    parameters.license(),
                    parameters.description(),
                    parameters.source(),
                    parameters.runLink()
                }) {
            if (text != null && (text.length() > 2_000 || text.indexOf('\0') >= 0)) {
                throw new Invalid(
                        "Owner, licence, description, source and run link have at most 2,000 characters.");
            }
        }
    }

    /** Waits for its turn without a connection: who waits for a row lock would hold one. */
    private ModelVersion store(
            String name, Draft draft, Parameters parameters, @Nullable String key, Origin origin)
            throws IOException {
        var compared = blobs.prepare(draft.files().values());
        turns.acquireUninterruptibly();
        try {
            return transaction.call(() -> insert(name, draft, compared, parameters, key, origin));
        } catch (Sql.Failed e) {
            if (key != null && e.state().equals(UNIQUE)) {
                // Two requests with one key at once: the other came first.
                return transaction.call(
                        () -> insert(name, draft, compared, parameters, key, origin));
            }
            throw e;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            turns.release();
        }
    }

    private ModelVersion insert(
            String name,
            Draft draft,
            Set<String> compared,
            Parameters parameters,
            @Nullable String key,
            Origin origin) {
        var digest = draft.digest();
        if (!origin.bySystem()) {
            // Receiving the files took a while: what counts is what the sender may do now.
            caller.lookAgain(EntityRef.of("model", name).toString());
            authorise(name, parameters.owner(), origin.actor());
        }
        try {
            // Blobs before the model's row: everybody locks in this order.
            blobs.adopt(draft.files().values(), compared);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sql.update(
                """
                insert into model (name, owner, license, description, created_by)
                values (?, ?, ?, ?, ?) on conflict do nothing
                """,
                name,
                parameters.owner(),
                parameters.license(),
                parameters.description(),
                origin.actor());
        var model =
                sql.first(
                                "select name from model where lower(name) = lower(?) for update",
                                row -> row.getString(1),
                                name)
                        .orElseThrow();
        var before = known(model, digest, key);
        if (before != null) {
            return before;
        }
        refuseDuplicate(model, digest, parameters, origin);
        var number =
                sql.first(
                                """
                                update model set last_version = last_version + 1,
                                    owner = coalesce(owner, ?), license = coalesce(license, ?),
                                    description = coalesce(description, ?)
                                where name = ? returning last_version
                                """,
                                row -> row.getInt(1),
                                parameters.owner(),
                                parameters.license(),
                                parameters.description(),
                                model)
                        .orElseThrow();
        sql.update(
                """
                insert into model_version (model, number, digest, size, state, trusted, license,
                    lineage, tags, wanted_aliases, batch, description, source, run_link,
                    idempotency_key, created_by)
                values (?, ?, ?, ?, 'SCANNING', ?, ?, ?::jsonb, ?::jsonb, ?, ?, ?, ?, ?, ?, ?)
                """,
                model,
                number,
                digest,
                draft.size(),
                origin.trusted(),
                parameters.license(),
                write(parameters.lineage() == null ? Lineage.NONE : parameters.lineage()),
                write(parameters.tags()),
                parameters.aliases().toArray(String[]::new),
                parameters.batch(),
                parameters.note(),
                parameters.source(),
                parameters.runLink(),
                key,
                origin.actor());
        for (var file : draft.modelFiles()) {
            sql.update(
                    """
                    insert into model_version_file (model, number, path, digest, size)
                    values (?, ?, ?, ?, ?)
                    """,
                    model,
                    number,
                    file.path(),
                    file.sha256(),
                    file.size());
        }
        var detail =
                Map.of("version", number, "digest", digest, "files", draft.modelFiles().size());
        if (origin.bySystem()) {
            audit.recordBySystem("model-version.register", "model:default/" + model, detail);
        } else {
            audit.record("model-version.register", "model:default/" + model, detail);
        }
        Failpoints.hit("register.inserted");
        return versions.find(model, Integer.toString(number));
    }

    private @Nullable ModelVersion known(String model, String digest, @Nullable String key) {
        if (key == null) {
            return null;
        }
        var number =
                sql.first(
                        """
                        select number from model_version where model = ? and idempotency_key = ?
                        """,
                        row -> row.getInt(1),
                        model,
                        key);
        if (number.isEmpty()) {
            return null;
        }
        var version = versions.find(model, Integer.toString(number.get()));
        if (!version.digest().equals(digest)) {
            throw new Conflict(
                    "This idempotency key registered other files, as version %d. Use a new key."
                            .formatted(version.number()));
        }
        return version;
    }

    private void refuseDuplicate(
            String model, String digest, Parameters parameters, Origin origin) {
        if (parameters.force()) {
            return;
        }
        versions.newest(model)
                .filter(newest -> newest.digest().equals(digest))
                .ifPresent(
                        newest -> {
                            throw new Conflict(
                                    ("Version %d of \"%s\" has just these files: /models/%s/versions/%d."
                                                    + " Set \"force\" in the parameters to register them"
                                                    + " again.")
                                            .formatted(
                                                    newest.number(),
                                                    model,
                                                    model,
                                                    newest.number()));
                        });
    }

    private void await(ModelVersion version) {
        try {
            var unused =
                    scans.submit(version.model(), version.number())
                            .get(config.waitForVerdict().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Answers SCANNING; the scan goes on.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private String write(Object value) {
        try {
            return json.writeValueAsString(value).replace("\\u0000", "�");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
