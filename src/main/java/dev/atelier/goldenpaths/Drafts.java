package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.KeptSecrets;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.problems.NotFound;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Answers that are not complete yet, each person's own. Secrets among them are kept encrypted. */
@ApplicationScoped
class Drafts {

    /** Nobody goes on with an older one. */
    private static final String KEPT = "30 days";

    /**
     * Answers so far.
     *
     * @param updates reference of what is to be brought up to date; null for something new
     */
    record Draft(
            UUID id,
            EntityRef template,
            ObjectNode answers,
            Instant updatedAt,
            @Nullable String updates) {
        String address() {
            return "/golden-paths/drafts/" + id;
        }

        String secret() {
            return "task-draft:" + id;
        }
    }

    private final Sql sql;
    private final ObjectMapper json;
    private final Caller caller;
    private final KeptSecrets secrets;
    private final FormUploads uploads;

    Drafts(Sql sql, ObjectMapper json, Caller caller, KeptSecrets secrets, FormUploads uploads) {
        this.sql = sql;
        this.json = json;
        this.caller = caller;
        this.secrets = secrets;
        this.uploads = uploads;
    }

    private Draft read(ResultSet row) throws SQLException {
        try {
            return new Draft(
                    row.getObject(1, UUID.class),
                    EntityRef.parse(row.getString(2)),
                    (ObjectNode) json.readTree(row.getString(3)),
                    Objects.requireNonNull(Sql.instant(row, 4)),
                    row.getString(5));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Transactional
    Draft create(
            EntityRef template,
            ObjectNode answers,
            Map<String, String> given,
            @Nullable String updates) {
        var id = UUID.randomUUID();
        sql.update(
                """
                insert into task_draft (id, template, account, answers, updates)
                values (?, ?, ?, ?::jsonb, ?)
                """,
                id,
                template.toString(),
                caller.entityRef(),
                answers.toString(),
                updates);
        uploads.hold(id, answers);
        var made = get(id.toString());
        keep(made, given);
        return made;
    }

    @Transactional
    void update(Draft draft, ObjectNode answers, Map<String, String> given) {
        sql.update(
                "update task_draft set answers = ?::jsonb, updated_at = clock_timestamp() where id = ?",
                answers.toString(),
                draft.id);
        uploads.hold(draft.id, answers);
        keep(draft, given);
    }

    private void keep(Draft draft, Map<String, String> given) {
        if (!given.isEmpty()) {
            var all = new HashMap<>(secrets(draft));
            all.putAll(given);
            try {
                secrets.put(draft.secret(), json.writeValueAsBytes(all));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    Map<String, String> secrets(Draft draft) {
        return secrets.get(draft.secret())
                .map(
                        bytes -> {
                            try {
                                return json.readValue(
                                        bytes, new TypeReference<Map<String, String>>() {});
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                .orElse(Map.of());
    }

    /**
     * @throws NotFound when the caller has none of this id
     */
    Draft get(String id) {
        return (id.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
                        ? sql.list(
                                """
                                select id, template, answers, updated_at, updates from task_draft
                                where id = ? and account = ?
                                """,
                                this::read,
                                UUID.fromString(id),
                                caller.entityRef())
                        : List.<Draft>of())
                .stream()
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "You have no draft of this address. It was run or thrown away."));
    }

    /** The caller's, the last touched first. */
    List<Draft> mine(int most) {
        return sql.list(
                """
                select id, template, answers, updated_at, updates from task_draft
                where account = ? order by updated_at desc limit ?
                """,
                this::read,
                caller.entityRef(),
                most);
    }

    @Transactional
    void drop(Draft draft) {
        sql.update("delete from task_draft where id = ?", draft.id);
        secrets.drop(draft.secret());
    }

    /** Throws away what nobody went on with. */
    @Transactional
    void forgetOld() {
        sql.list(
                        "delete from task_draft where updated_at < clock_timestamp() - ?::interval returning id",
                        row -> row.getObject(1, UUID.class),
                        KEPT)
                .forEach(id -> secrets.drop("task-draft:" + id));
        uploads.forgetOld();
    }
}
