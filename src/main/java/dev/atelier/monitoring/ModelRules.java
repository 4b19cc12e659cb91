package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Moved;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** What opens incidents, by model. */
@ApplicationScoped
class ModelRules {

    private final Sql sql;
    private final ObjectMapper json;

    ModelRules(Sql sql, ObjectMapper json) {
        this.sql = sql;
        this.json = json;
    }

    Rules of(String model) {
        return sql.first(
                        "select rules from monitoring_rules where model = ?",
                        row -> read(row.getString(1)),
                        model)
                .orElse(Rules.USUAL);
    }

    private Rules read(String text) {
        try {
            return json.readValue(text, Rules.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    void put(String model, Rules rules, String by) {
        try {
            sql.update(
                    """
                    insert into monitoring_rules (model, rules, changed_by) values (?, ?::jsonb, ?)
                    on conflict (model) do update set rules = excluded.rules,
                        changed_by = excluded.changed_by, changed_at = clock_timestamp()
                    """,
                    model,
                    json.writeValueAsString(rules),
                    by);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    void follow(@Observes Moved moved) {
        if (!moved.kind().equals("model")) {
            return;
        }
        if (moved.gone()) {
            sql.update("delete from monitoring_rules where model = ?", moved.from());
        } else {
            sql.update("delete from monitoring_rules where model = ?", moved.to());
            sql.update(
                    "update monitoring_rules set model = ? where model = ?",
                    moved.to(),
                    moved.from());
        }
    }
}
