package dev.atelier.goldenpaths;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** The logs of all tasks. They are read in portions, however long they are. */
@ApplicationScoped
class TaskLog {

    private final Sql sql;
    private final ObjectMapper json;

    TaskLog(Sql sql, ObjectMapper json) {
        this.sql = sql;
        this.json = json;
    }

    /** Those after an event, in their order. */
    List<TaskEvent> after(UUID task, long id, int most) {
        return sql.list(
                """
                select id, type, step, level, message, body, created_at from task_event
                where task = ? and id > ? order by id limit ?
                """,
                this::read,
                task,
                id,
                most);
    }

    /** The last ones, in their order. */
    List<TaskEvent> last(UUID task, int most) {
        return sql.list(
                        """
                        select id, type, step, level, message, body, created_at from task_event
                        where task = ? order by id desc limit ?
                        """,
                        this::read,
                        task,
                        most)
                .reversed();
    }

    long count(UUID task) {
        return sql.one(
                "select count(*) from task_event where task = ?", row -> row.getLong(1), task);
    }

    private TaskEvent read(ResultSet row) throws SQLException {
        try {
            var body = row.getString(6);
            return new TaskEvent(
                    row.getLong(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    body == null ? null : json.readTree(body),
                    Objects.requireNonNull(Sql.instant(row, 7)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
