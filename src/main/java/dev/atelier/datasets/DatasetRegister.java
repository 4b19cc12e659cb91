package dev.atelier.datasets;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.catalog.Entities;
import dev.atelier.catalog.Entity;
import dev.atelier.catalog.EntityDocument;
import dev.atelier.catalog.EntityRef;
import dev.atelier.goldenpaths.ActionContext;
import dev.atelier.goldenpaths.ActionFailed;
import dev.atelier.goldenpaths.BuiltIn;
import dev.atelier.identity.Audit;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Permission;
import dev.atelier.platform.database.Sql;
import dev.atelier.platform.database.Transaction;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Denied;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code atelier:dataset:register}. */
@Singleton
class DatasetRegister extends BuiltIn {

    private static final String PROVIDER = "datasets";

    /** Members of the input that go into {@code spec} as they are. */
    private static final List<String> SPEC =
            List.of(
                    "lifecycle",
                    "system",
                    "license",
                    "source",
                    "region",
                    "sensitivity",
                    "sensitivityNote",
                    "retention",
                    "derivedFrom",
                    "schema");

    private final Entities entities;
    private final Sql sql;
    private final Transaction transaction;
    private final Audit audit;
    private final Caller caller;

    DatasetRegister(
            Entities entities, Sql sql, Transaction transaction, Audit audit, Caller caller) {
        super(
                "atelier:dataset:register",
                "Puts a data set into the catalog: its columns, owner, region, sensitivity and how long it is kept."
                        + " One that was registered so before is brought up to date by its owners.",
                """
                {"type": "object", "required": ["name", "owner", "region", "sensitivity", "retention", "schema"],
                 "additionalProperties": false, "properties": {
                  "name": {"type": "string", "maxLength": 63, "title": "Name in the catalog"},
                  "title": {"type": "string", "maxLength": 100, "title": "What people call it"},
                  "description": {"type": "string", "maxLength": 2000, "title": "What it holds"},
                  "owner": {"type": "string", "title": "Team or person that answers for it"},
                  "type": {"type": "string", "title": "Kind of data, table unless given"},
                  "lifecycle": {"type": "string", "title": "Say experimental, production, deprecated"},
                  "system": {"type": "string", "title": "System it is part of"},
                  "license": {"type": "string", "title": "License"},
                  "source": {"type": "string", "maxLength": 2000, "title": "Where its data lies, say s3://bucket/folder"},
                  "repository": {"type": "string", "maxLength": 2000, "pattern": "^https?://", "title": "Page of its repository"},
                  "region": {"type": "string", "minLength": 1, "maxLength": 100, "title": "Where the data must stay, say eu-central; any for anywhere"},
                  "sensitivity": {"type": "string", "enum": ["public", "internal", "confidential", "restricted"],
                    "title": "Who may see it"},
                  "sensitivityNote": {"type": "string", "maxLength": 1000, "title": "Why, in a sentence"},
                  "retention": {"type": "string", "pattern": "^(indefinite|P(?=\\\\d)(\\\\d{1,4}Y)?(\\\\d{1,4}M)?(\\\\d{1,4}W)?(\\\\d{1,5}D)?)$",
                    "title": "How long it is kept: a period of ISO 8601, say P2Y, or indefinite"},
                  "derivedFrom": {"type": "array", "items": {"type": "string"}, "maxItems": 100, "title": "Data sets it was made of"},
                  "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 50, "title": "Tags"},
                  "schema": {"type": "array", "minItems": 1, "maxItems": 2000, "title": "Columns",
                    "items": {"type": "object", "required": ["name", "type"], "properties": {
                      "name": {"type": "string", "minLength": 1, "maxLength": 200},
                      "type": {"enum": ["string", "integer", "number", "boolean", "date", "datetime", "binary", "list", "object"]},
                      "description": {"type": "string", "maxLength": 1000},
                      "required": {"type": "boolean"},
                      "unique": {"type": "boolean"},
                      "minimum": {"type": "number"},
                      "maximum": {"type": "number"},
                      "values": {"type": "array", "maxItems": 1000}}}}}}
                """,
                """
                {"type": "object", "properties": {
                  "entityRef": {"type": "string", "title": "The data set in the catalog"},
                  "catalogUrl": {"type": "string", "title": "Its page"},
                  "created": {"type": "boolean", "title": "Whether it was not there before"}}}
                """,
                new Example(
                        "Register a table",
                        """
                        - id: register
                          action: atelier:dataset:register
                          input:
                            name: penguin-measurements
                            title: Measurements of penguins
                            owner: group:default/vision
                            region: eu-central
                            sensitivity: internal
                            retention: P2Y
                            schema:
                              - {name: species, type: string, required: true, values: [adelie, gentoo]}
                              - {name: flipper_mm, type: number, description: Length of the flipper., minimum: 0}
                        - action: debug:log
                          input:
                            message: ${{ steps.register.output.entityRef }}
                        """));
        this.entities = entities;
        this.sql = sql;
        this.transaction = transaction;
        this.audit = audit;
        this.caller = caller;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        columns(input);
        var owner = owner(input.path("owner").asText());
        var document = document(context, owner);
        var faults = entities.faults(document);
        if (!faults.isEmpty()) {
            throw new ActionFailed("It cannot be in the catalog. " + faults.getFirst());
        }
        var ref = document.ref();
        context.output("entityRef", ref.toString());
        context.output("catalogUrl", context.portal() + ref.address());
        if (context.dryRun()) {
            context.log(
                    "Would register %s with %d columns for %s."
                            .formatted(ref, input.path("schema").size(), owner));
            context.output("created", BooleanNode.TRUE);
            return;
        }
        boolean created = transaction.call(() -> put(ref, document, owner.toString()));
        context.output("created", BooleanNode.valueOf(created));
        context.log("%s is in the catalog.".formatted(ref));
        context.made(ref.toString());
    }

    /** Whether it is new. */
    private boolean put(EntityRef ref, EntityDocument document, String owner) {
        // Two that make the same one at once: the second sees whose it is.
        sql.list("select pg_advisory_xact_lock(hashtextextended(?, 21))", row -> 1, ref.toString());
        caller.lookAgain(ref.toString());
        caller.requireAsOwner(Permission.CATALOG_REGISTER, ref.toString(), owner);
        var before = entities.find(ref);
        if (before.isPresent()) {
            mayReplace(before.get());
        } else {
            mayGiveTo(owner);
        }
        if (before.map(one -> same(one, document)).orElse(false)) {
            // As a step that was broken off left it.
            return false;
        }
        var refused = entities.upsert(PROVIDER, List.of(document));
        if (!refused.isEmpty()) {
            throw new Conflict("%s was not taken: %s.".formatted(ref, refused.getFirst().reason()));
        }
        audit.record(
                before.isPresent() ? "dataset.change" : "dataset.register",
                ref.toString(),
                Map.of(
                        "owner", owner,
                        "sensitivity", document.spec().path("sensitivity").asText(),
                        "region", document.spec().path("region").asText(),
                        "retention", document.spec().path("retention").asText(),
                        "columns", document.spec().path("schema").size()));
        return before.isEmpty();
    }

    private void mayReplace(Entity before) {
        if (!before.location().equals(Optional.of("provider:" + PROVIDER))) {
            throw new Conflict(
                    "There is a data set %s already, which a file or another feature describes. Change it there, or choose another name."
                            .formatted(before.name()));
        }
        var owner = before.owner().map(EntityRef::toString).orElse("");
        if (!caller.signedIn().owns(owner) && !caller.may(Permission.ACCESS_MANAGE)) {
            throw new Denied(
                    "There is a data set %s already, of %s; only they change it. Choose another name."
                            .formatted(before.name(), owner));
        }
    }

    private void mayGiveTo(String owner) {
        if (!caller.signedIn().owns(owner) && !caller.may(Permission.ACCESS_MANAGE)) {
            throw new Denied(
                    "A data set is registered for oneself or for a team of one's own, and %s is neither."
                            .formatted(owner));
        }
    }

    /** Whether the catalog has it so, beside what the catalog adds. */
    private static boolean same(Entity before, EntityDocument now) {
        var there = before.json().path("metadata");
        for (var key : Set.of("title", "description", "tags", "links")) {
            if (!there.path(key).equals(now.metadata().path(key))) {
                return false;
            }
        }
        return before.spec().equals(now.spec());
    }

    private static EntityRef owner(String text) throws ActionFailed {
        try {
            return EntityRef.parse(text.strip(), "group", EntityRef.DEFAULT_NAMESPACE);
        } catch (IllegalArgumentException e) {
            throw new ActionFailed(
                    "The owner is the name of a group, or a reference such as user:default/ines.");
        }
    }

    private static void columns(ObjectNode input) throws ActionFailed {
        var names = new LinkedHashSet<String>();
        for (var column : input.path("schema")) {
            var name = column.path("name").asText();
            if (!names.add(name)) {
                throw new ActionFailed("There are two columns \"%s\".".formatted(name));
            }
            if (column.has("minimum")
                    && column.has("maximum")
                    && column.path("minimum").asDouble() > column.path("maximum").asDouble()) {
                throw new ActionFailed(
                        "The minimum of the column \"%s\" is above its maximum.".formatted(name));
            }
        }
    }

    private static EntityDocument document(ActionContext context, EntityRef owner) {
        var input = context.input();
        var document =
                EntityDocument.of(
                        "atelier.dev/v1alpha1",
                        "Dataset",
                        EntityRef.DEFAULT_NAMESPACE,
                        input.path("name").asText());
        var metadata = document.metadata();
        for (var key : List.of("title", "description", "tags")) {
            if (input.has(key)) {
                metadata.set(key, input.get(key));
            }
        }
        if (input.has("repository")) {
            metadata.putArray("links")
                    .addObject()
                    .put("url", input.path("repository").asText())
                    .put("title", "Repository");
        }
        var template = context.taskSpec().path("templateInfo").path("entityRef");
        if (template.isTextual()) {
            metadata.putObject("annotations")
                    .put("backstage.io/source-template", template.asText());
        }
        var spec = document.spec();
        spec.put("type", input.path("type").asText("table")).put("owner", owner.toString());
        for (var key : SPEC) {
            if (input.has(key)) {
                spec.set(key, input.get(key));
            }
        }
        return document;
    }
}
