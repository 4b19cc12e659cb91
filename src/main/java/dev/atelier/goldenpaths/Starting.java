package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Caller;
import dev.atelier.identity.PublicAddress;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts tasks: completes the answers, holds them against the template, and makes the task. */
@ApplicationScoped
class Starting {

    /** Answers that do not fit, by JSON pointer. */
    static final class WrongAnswers extends Exception {
        private static final long serialVersionUID = 1;
        final transient Map<String, String> faults;

        WrongAnswers(Map<String, String> faults) {
            super(String.join(" ", faults.values()), null, false, false);
            this.faults = Map.copyOf(faults);
        }
    }

    private final AnswerRules rules;
    private final Tasks tasks;
    private final Updates updates;
    private final Entities entities;
    private final Caller caller;
    private final ObjectMapper json;
    private final PublicAddress address;
    private final CurrentVertxRequest current;

    Starting(
            AnswerRules rules,
            Tasks tasks,
            Updates updates,
            Entities entities,
            Caller caller,
            ObjectMapper json,
            PublicAddress address,
            CurrentVertxRequest current) {
        this.rules = rules;
        this.tasks = tasks;
        this.updates = updates;
        this.entities = entities;
        this.caller = caller;
        this.json = json;
        this.address = address;
        this.current = current;
    }

    /** The answers with the template's defaults for what is missing. */
    ObjectNode completed(Template template, JsonNode answers) {
        var full =
                answers instanceof ObjectNode object ? object.deepCopy() : json.createObjectNode();
        for (var page : template.pages()) {
            full = rules.withDefaults(page.schema(), full);
        }
        return full;
    }

    Map<String, String> faults(Template template, ObjectNode answers) {
        var faults = new LinkedHashMap<String, String>();
        for (var page : template.pages()) {
            rules.faults(page.schema(), answers).forEach(faults::putIfAbsent);
        }
        return faults;
    }

    /**
     * @param updates reference of what is brought up to date; null to make something new
     * @throws WrongAnswers when they do not fit
     */
    Task start(
            Template template,
            JsonNode answers,
            Map<String, String> secrets,
            @Nullable String updates)
            throws WrongAnswers {
        var full = completed(template, answers);
        var faults = faults(template, full);
        if (!faults.isEmpty()) {
            throw new WrongAnswers(faults);
        }
        var spec = spec(template, full);
        if (updates != null) {
            this.updates.mark(spec, template, updates);
        }
        return tasks.create(template, spec, secrets);
    }

    /**
     * What a task of these answers is made of, with the day (UTC) and the portal's address as the
     * caller knows it.
     */
    ObjectNode spec(Template template, JsonNode answers) {
        var spec = template.taskSpec(answers, user());
        spec.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        var request = current.getCurrent();
        if (request != null) {
            spec.put("portal", address.of(request, "/").toString().replaceAll("/+$", ""));
        }
        return spec;
    }

    private ObjectNode user() {
        var ref = caller.entityRef();
        var user = json.createObjectNode().put("ref", ref);
        user.set(
                "entity",
                entities.find(EntityRef.parse(ref)).map(Entity::json).orElse(json.nullNode()));
        return user;
    }
}
