package dev.atelier.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Moved;
import dev.atelier.identity.Resource;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;

/** What opens incidents, by model. */
@ApplicationScoped
class ModelRules {

    private final Sql sql;
    private final Transaction transaction;
    private final ObjectMapper json;
    private final Caller caller;
    private final Audit audit;

    ModelRules(Sql sql, Transaction transaction, ObjectMapper json, Caller caller, Audit audit) {
        this.sql = sql;
        this.transaction = transaction;
        this.json = json;
        this.caller = caller;
        this.audit = audit;
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

    /** Holds from the next window on. */
    void change(String model, Rules rules) {
        transaction.run(
                () -> {
                    var before = of(model);
                    var text = write(rules);
                    sql.update(
                            """
                            insert into monitoring_rules (model, rules, changed_by)
                            values (?, ?::jsonb, ?)
                            on conflict (model) do update set rules = excluded.rules,
                                changed_by = excluded.changed_by, changed_at = clock_timestamp()
                            """,
                            model,
                            text,
                            caller.entityRef());
                    audit.record(
                            "monitoring.rules",
                            Resource.model(model),
                            Map.of("before", write(before), "after", text));
                });
    }

    private String write(Rules rules) {
        try {
            return json.writeValueAsString(rules);
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
