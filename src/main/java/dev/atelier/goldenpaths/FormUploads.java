package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.platform.blobs.Blob;
import dev.atelier.platform.blobs.Blobs;
import dev.atelier.platform.blobs.Incoming;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.Conflict;
import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Files that people upload for a question. The answer is a reference, {@code upload:<id>}; the
 * bytes are in the blob store. Only whoever uploaded them can use them, in one task: they belong to
 * the draft while it is one, then to the task, and go with them.
 */
@ApplicationScoped
public class FormUploads {

    static final String SCHEME = "upload:";

    private static final Pattern REFERENCE =
            Pattern.compile("upload:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    /** A file, by its path in the upload. */
    public record File(String path, Blob blob) {}

    /**
     * What was uploaded.
     *
     * @param files sorted by path
     * @param task that took it; null while none has
     */
    public record Held(UUID id, List<File> files, @Nullable UUID task) {
        public String reference() {
            return SCHEME + id;
        }

        public long size() {
            return files.stream().mapToLong(file -> file.blob().size()).sum();
        }
    }

    private final Sql sql;
    private final Blobs blobs;
    private final GoldenPathsConfig config;
    private final Caller caller;
    private final Audit audit;

    FormUploads(Sql sql, Blobs blobs, GoldenPathsConfig config, Caller caller, Audit audit) {
        this.sql = sql;
        this.blobs = blobs;
        this.config = config;
        this.caller = caller;
        this.audit = audit;
    }

    /** To be filled with files as they come, closed, and given to {@link #keep}. */
    Incoming incoming() {
        return new Incoming(
                blobs,
                caller.entityRef(),
                new Incoming.Limits(
                        config.uploadFileMost().asLongValue(),
                        "atelier.golden-paths.upload-file-most",
                        config.uploadFilesMost(),
                        "atelier.golden-paths.upload-files-most",
                        "An upload"));
    }

    /** Keeps what came in for the caller, for a day unless a draft or a task takes it. */
    @Transactional(Transactional.TxType.NEVER)
    Held keep(Incoming incoming) throws IOException {
        var id = UUID.randomUUID();
        var compared = blobs.prepare(incoming.files().values());
        try {
            QuarkusTransaction.requiringNew().run(() -> write(id, incoming, compared));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        incoming.kept();
        return mine(SCHEME + id).orElseThrow();
    }

    private void write(UUID id, Incoming incoming, Set<String> compared) {
        try {
            blobs.adopt(incoming.files().values(), compared);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sql.update("insert into task_upload (id, account) values (?, ?)", id, caller.entityRef());
        incoming.files()
                .forEach(
                        (path, staged) ->
                                sql.update(
                                        """
                                        insert into task_upload_file (upload, path, digest, size)
                                        values (?, ?, ?, ?)
                                        """,
                                        id,
                                        path,
                                        staged.digest(),
                                        staged.size()));
        audit.record(
                "template.upload",
                SCHEME + id,
                Map.of(
                        "files", incoming.files().size(),
                        "size",
                                incoming.files().values().stream()
                                        .mapToLong(staged -> staged.size())
                                        .sum()));
    }

    /** What the caller has uploaded under that reference; empty for what others have. */
    public Optional<Held> mine(String reference) {
        var match = REFERENCE.matcher(reference);
        if (!match.matches()) {
            return Optional.empty();
        }
        return sql
                .list(
                        "select id, task from task_upload where id = ? and account = ?",
                        row ->
                                new Held(
                                        row.getObject(1, UUID.class),
                                        List.of(),
                                        row.getObject(2, UUID.class)),
                        UUID.fromString(match.group(1)),
                        caller.entityRef())
                .stream()
                .findFirst()
                .map(held -> new Held(held.id, files(held.id), held.task));
    }

    private List<File> files(UUID id) {
        return sql.list(
                """
                select path, digest, size from task_upload_file where upload = ? order by path collate "C"
                """,
                row -> new File(row.getString(1), new Blob(row.getString(2), row.getLong(3))),
                id);
    }

    /**
     * What a step may use.
     *
     * @throws ActionFailed when it is not of whoever started the task, or of another task
     */
    public Held of(ActionContext context, String reference) throws ActionFailed {
        return mine(reference)
                .filter(held -> context.taskId().equals(held.task))
                .orElseThrow(
                        () ->
                                new ActionFailed(
                                        "There is no upload %s with this task. Start it anew, and upload the files again."
                                                .formatted(Workspace.shown(reference))));
    }

    /**
     * The files themselves, for a task's workspace.
     *
     * @param most bytes of all together
     */
    List<Skeleton.Material> read(String reference, long most) throws ActionFailed, IOException {
        var held =
                mine(reference)
                        .orElseThrow(
                                () ->
                                        new ActionFailed(
                                                "You have no upload %s."
                                                        .formatted(Workspace.shown(reference))));
        if (held.size() > most) {
            throw new ActionFailed(
                    "The upload has more than %d MB, the most that a task's files may have."
                            .formatted(most >> 20));
        }
        var files = new ArrayList<Skeleton.Material>();
        for (var file : held.files) {
            try (var in = blobs.open(file.blob.digest())) {
                files.add(new Skeleton.Material(file.path, in.readAllBytes(), false));
            }
        }
        return files;
    }

    /** What is wrong with the answer to a question for files. */
    Optional<String> fault(String answer, JsonNode schema) {
        var held = mine(answer);
        if (held.isEmpty()) {
            return Optional.of(
                    "Upload the files again: there is no upload of this reference, it is not yours, or its time is over.");
        }
        if (held.get().task != null) {
            return Optional.of("This upload belongs to another task. Upload the files again.");
        }
        var endings = BuiltIn.texts(FieldSchema.ui(schema, "accept"));
        var wrong =
                held.get().files.stream()
                        .map(File::path)
                        .filter(path -> !endings.isEmpty() && !ends(path, endings))
                        .findFirst();
        return wrong.map(
                path ->
                        "%s is none of these files: %s."
                                .formatted(Workspace.shown(path), String.join(", ", endings)));
    }

    private static boolean ends(String path, List<String> endings) {
        return endings.stream()
                .anyMatch(
                        end ->
                                path.regionMatches(
                                        true,
                                        Math.max(0, path.length() - end.length()),
                                        end,
                                        0,
                                        end.length()));
    }

    /** Uploads that answers name. */
    private static Set<UUID> named(JsonNode answers) {
        var found = new TreeSet<UUID>();
        collect(answers, found);
        return found;
    }

    private static void collect(JsonNode value, Set<UUID> found) {
        if (value.isTextual()) {
            var match = REFERENCE.matcher(value.textValue());
            if (match.matches()) {
                found.add(UUID.fromString(match.group(1)));
            }
        }
        value.forEach(child -> collect(child, found));
    }

    /** Lets a draft hold what its answers name; what they named before goes. */
    @Transactional(Transactional.TxType.MANDATORY)
    void hold(UUID draft, JsonNode answers) {
        var named = named(answers).toArray(UUID[]::new);
        sql.update(
                """
                update task_upload set draft = ?
                where id = any(?) and account = ? and task is null and draft is distinct from ?
                """,
                draft,
                named,
                caller.entityRef(),
                draft);
        sql.update("delete from task_upload where draft = ? and id <> all(?)", draft, named);
    }

    /**
     * Lets a task hold what its answers name.
     *
     * @throws Conflict when another took it a moment ago
     */
    @Transactional(Transactional.TxType.MANDATORY)
    void take(UUID task, JsonNode answers) {
        var named = named(answers);
        int taken =
                sql.update(
                        """
                        update task_upload set task = ?, draft = null
                        where id = any(?) and account = ? and task is null
                        """,
                        task,
                        named.toArray(UUID[]::new),
                        caller.entityRef());
        if (taken != named.size()) {
            throw new Conflict(
                    "An upload of these answers is gone, or another task took it. Upload the files again.");
        }
    }

    /** Throws away what nobody can use any more. */
    @Transactional
    void forgetOld() {
        sql.update(
                """
                delete from task_upload u
                where u.draft is null and u.task is null
                    and u.created_at < clock_timestamp() - interval '1 day'
                  or exists (select 1 from task t where t.id = u.task
                             and (t.state = 'completed' or t.state in ('failed', 'cancelled')
                                  and t.ended_at < clock_timestamp() - interval '30 days'))
                """);
    }
}
