package dev.atelier.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Moved;
import dev.atelier.inference.Message;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The calls that people made on Try it, and the pictures and recordings they sent. */
@ApplicationScoped
public class Calls {

    /** A longer answer is not kept; the page says so and offers to run the call again. */
    private static final int LONGEST = 1 << 20;

    /**
     * A call.
     *
     * @param entries what was entered, by field; an upload is {@code sha256:} and its digest
     * @param response the model's tensors; null when it failed, several made the answer, or they
     *     were too long to keep
     * @param verdict what the page said; null when it failed or was too long to keep
     * @param request the (first) request as JSON; null when it is too long to print
     */
    public record Call(
            UUID id,
            String model,
            int version,
            String actor,
            Instant at,
            Map<String, List<String>> entries,
            String summary,
            boolean failed,
            @Nullable Message response,
            @Nullable Verdict verdict,
            @Nullable String request,
            Trial.Took took) {}

    record Upload(String sha256, String mediaType, byte[] content) {}

    private static final TypeReference<Map<String, List<String>>> ENTRIES =
            new TypeReference<>() {};

    private final Sql sql;
    private final ObjectMapper json;

    Calls(Sql sql, ObjectMapper json) {
        this.sql = sql;
        this.json = json;
    }

    @Transactional
    void keep(Call call, List<Upload> uploads) {
        for (var upload : uploads) {
            sql.update(
                    """
                    insert into sandbox_upload (sha256, media_type, content) values (?, ?, ?)
                    on conflict (sha256) do update set used_at = clock_timestamp()
                    """,
                    upload.sha256,
                    upload.mediaType,
                    upload.content);
        }
        var response = call.response;
        if (response != null && response.body().length > LONGEST) {
            response = null;
        }
        var answer = call.verdict == null ? null : write(call.verdict);
        if (answer != null && answer.length() > LONGEST) {
            answer = null;
        }
        sql.update(
                """
                insert into sandbox_call
                    (id, model, version, actor, entries, summary, failed, response, header_length,
                     timings, answer, request)
                values (?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?::jsonb, ?, ?)
                """,
                call.id,
                call.model,
                call.version,
                call.actor,
                write(call.entries),
                call.summary,
                call.failed,
                response == null ? null : response.body(),
                response == null ? null : response.headerLength(),
                write(call.took),
                answer,
                call.request);
    }

    Optional<Call> find(String model, UUID id) {
        return sql.first(COLUMNS + " where model = ? and id = ?", this::read, model, id);
    }

    /** For lists: without the responses, which may be long. */
    List<Call> recent(String model, String actor, int limit) {
        return sql.list(
                WITHOUT_RESPONSE + " where model = ? and actor = ? order by at desc limit ?",
                this::read,
                model,
                actor,
                limit);
    }

    /** The newest calls of a person over all models. */
    public List<Call> recent(String actor, int limit) {
        return sql.list(
                WITHOUT_RESPONSE + " where actor = ? order by at desc limit ?",
                this::read,
                actor,
                limit);
    }

    Optional<Upload> upload(String sha256) {
        return sql.first(
                "select sha256, media_type, content from sandbox_upload where sha256 = ?",
                row -> new Upload(row.getString(1), row.getString(2), row.getBytes(3)),
                sha256);
    }

    /** Forgets calls and uploads older than 30 days. */
    @Transactional
    void forgetOld() {
        sql.update("delete from sandbox_call where at < clock_timestamp() - interval '30 days'");
        sql.update(
                """
                delete from sandbox_upload u where used_at < clock_timestamp() - interval '30 days'
                  and not exists (select 1 from sandbox_call c where c.entries::text like '%' || u.sha256 || '%')
                """);
    }

    void follow(@Observes Moved moved) {
        if (!moved.kind().equals("model")) {
            return;
        }
        if (moved.gone()) {
            sql.update("delete from sandbox_call where model = ?", moved.from());
        } else {
            sql.update(
                    "update sandbox_call set model = ? where model = ?", moved.to(), moved.from());
        }
    }

    private static final String COLUMNS =
            """
            select id, model, version, actor, at, entries, summary, failed, response, header_length, timings,
                answer, request
            from sandbox_call
            """;

    private static final String WITHOUT_RESPONSE =
            COLUMNS.replace("response, header_length", "null::bytea, null::integer");

    private Call read(ResultSet row) throws SQLException {
        var body = row.getBytes(9);
        try {
            return new Call(
                    row.getObject(1, UUID.class),
                    row.getString(2),
                    row.getInt(3),
                    row.getString(4),
                    row.getObject(5, OffsetDateTime.class).toInstant(),
                    json.readValue(row.getString(6), ENTRIES),
                    row.getString(7),
                    row.getBoolean(8),
                    body == null ? null : new Message(body, row.getInt(10)),
                    row.getString(12) == null
                            ? null
                            : json.readValue(row.getString(12), Verdict.class),
                    row.getString(13),
                    json.readValue(row.getString(11), Trial.Took.class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A call's row cannot be read", e);
        }
    }

    private String write(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
