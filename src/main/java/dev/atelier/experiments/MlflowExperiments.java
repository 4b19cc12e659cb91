package dev.atelier.experiments;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.RunSearch.View;
import dev.atelier.identity.Caller;
import dev.atelier.identity.Needs;
import dev.atelier.identity.Permission;
import dev.atelier.identity.Sight;
import dev.atelier.platform.problems.Conflict;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Experiments for MLflow's clients. */
@Path("/api/2.0/mlflow/experiments")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@Needs(Permission.EXPERIMENT_READ)
public class MlflowExperiments {

    private static final int MOST = 50_000;

    private final Experiments experiments;
    private final DataSets dataSets;
    private final ExperimentOwner owner;
    private final Caller caller;
    private final Sight sight;

    MlflowExperiments(
            Experiments experiments,
            DataSets dataSets,
            ExperimentOwner owner,
            Caller caller,
            Sight sight) {
        this.experiments = experiments;
        this.dataSets = dataSets;
        this.owner = owner;
        this.caller = caller;
        this.sight = sight;
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/create")
    public Map<String, Object> create(
            @Nullable MlflowFields body, @Context RoutingContext request) {
        var fields = MlflowFields.orNone(body);
        var name = fields.required("name");
        var tags = fields.tags();
        var by =
                owner.allowed(
                        Permission.EXPERIMENT_RECORD,
                        "experiment:default/new",
                        MlflowPaths.team(request),
                        tags);
        try {
            var made = experiments.create(name, by, tags, caller.entityRef());
            return Map.of("experiment_id", Long.toString(made.id()));
        } catch (Conflict e) {
            throw MlflowErrors.alreadyExists(
                    e.detail() + " Choose another name, or use it by its name.");
        }
    }

    @GET
    @Path("/get")
    public Map<String, Object> get(@Context UriInfo address) {
        var fields = MlflowFields.of(address.getQueryParameters());
        return Map.of(
                "experiment",
                MlflowJson.experiment(
                        readable(fields.required("experiment_id"), Permission.EXPERIMENT_READ)));
    }

    @GET
    @Path("/get-by-name")
    public Map<String, Object> getByName(@Context UriInfo address) {
        var name = MlflowFields.of(address.getQueryParameters()).required("experiment_name");
        var found =
                experiments
                        .named(name)
                        .filter(experiment -> !sight.hides(experiment.ref()))
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "Could not find experiment with name '%s'"
                                                        .formatted(name)));
        caller.require(Permission.EXPERIMENT_READ, found.ref());
        return Map.of("experiment", MlflowJson.experiment(found));
    }

    @GET
    @Path("/search")
    public Map<String, Object> searchByAddress(@Context UriInfo address) {
        return search(MlflowFields.of(address.getQueryParameters()));
    }

    @POST
    @Path("/search")
    public Map<String, Object> search(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var most = fields.number("max_results").orElse(1_000);
        if (most < 1 || most > MOST) {
            throw new Invalid("max_results is between 1 and %d.".formatted(MOST));
        }
        var offset = MlflowJson.offset(fields.text("page_token").orElse(null));
        var conditions =
                new SqlText()
                        .add(
                                "where e.id <> all(?)",
                                (Object) Experiments.ids(sight.blind().closed()));
        conditions.add(
                switch (View.of(fields.text("view_type").orElse("ACTIVE_ONLY"))) {
                    case ACTIVE_ONLY -> " and e.deleted_at is null";
                    case DELETED_ONLY -> " and e.deleted_at is not null";
                    case ALL -> "";
                });
        for (var clause : FilterParser.parse(fields.text("filter").orElse(null))) {
            conditions.add(" and ").add(condition(clause));
        }
        conditions.add(" order by ");
        var order = fields.texts("order_by");
        order.forEach(by -> conditions.add(order(by)));
        conditions.add(order.isEmpty() ? "e.created_at desc, e.id desc" : "e.id");
        conditions.add(" limit ? offset ?", most + 1, offset);
        var found = experiments.search(conditions);
        var more = found.size() > most;
        return MlflowJson.page(
                "experiments",
                found.stream().limit(most).map(MlflowJson::experiment).toList(),
                more ? MlflowJson.token(offset + most) : null);
    }

    private static SqlText condition(Clause clause) {
        if (clause.entity().equals("tags") || clause.entity().equals("tag")) {
            var text = new SqlText();
            if (clause.operator() == Clause.Operator.IS_NULL) {
                text.add("not ");
            }
            text.add(
                    "exists (select from experiment_tag k where k.experiment = e.id and k.key = ?",
                    clause.key());
            if (!(clause.operand() instanceof Operand.None)) {
                text.add(" and ").add(Conditions.text("k.value", clause));
            }
            return text.add(")");
        }
        if (!clause.entity().isEmpty() && !clause.entity().startsWith("attr")) {
            throw new Invalid(
                    "Invalid entity type '%s' in the filter. Valid ones are attributes and tags."
                            .formatted(clause.entity()));
        }
        return switch (clause.key().toLowerCase(Locale.ROOT)) {
            case "name" -> Conditions.text("e.name", clause);
            case "experiment_id" -> Conditions.text("e.id::text", clause);
            case "creation_time" -> Conditions.number(millis("e.created_at"), clause);
            case "last_update_time" -> Conditions.number(millis("e.changed_at"), clause);
            default ->
                    throw new Invalid(
                            "An experiment has no attribute '%s'. It has name, creation_time and last_update_time."
                                    .formatted(clause.key()));
        };
    }

    private static String millis(String column) {
        return "(extract(epoch from " + column + ") * 1000)::bigint";
    }

    private static String order(String text) {
        var by = FilterParser.key(text);
        var way = Conditions.way(by, text);
        return switch (by.key().toLowerCase(Locale.ROOT)) {
                    case "name" -> "e.name";
                    case "experiment_id" -> "e.id";
                    case "creation_time" -> "e.created_at";
                    case "last_update_time" -> "e.changed_at";
                    default -> throw new Invalid("Invalid order_by '%s'.".formatted(text));
                }
                + way
                + ", ";
    }

    private Experiment readable(String id, Permission permission) {
        var found = experiments.get(id);
        caller.require(permission, found.ref());
        return found;
    }

    private Experiment mine(MlflowFields fields) {
        return readable(fields.required("experiment_id"), Permission.EXPERIMENT_RECORD);
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/update")
    public Map<String, Object> update(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        var experiment = mine(fields);
        fields.text("new_name")
                .ifPresent(
                        name -> {
                            try {
                                experiments.rename(experiment, name);
                            } catch (Conflict e) {
                                throw MlflowErrors.alreadyExists(e.detail());
                            }
                        });
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/delete")
    public Map<String, Object> delete(@Nullable MlflowFields body) {
        experiments.delete(mine(MlflowFields.orNone(body)));
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/restore")
    public Map<String, Object> restore(@Nullable MlflowFields body) {
        try {
            experiments.restore(mine(MlflowFields.orNone(body)));
        } catch (Conflict e) {
            throw MlflowErrors.alreadyExists(e.detail() + " Rename that one first.");
        }
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/set-experiment-tag")
    public Map<String, Object> setTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        experiments.setTags(
                mine(fields).id(), Map.of(fields.required("key"), fields.text("value").orElse("")));
        return Map.of();
    }

    @Needs(Permission.EXPERIMENT_RECORD)
    @POST
    @Path("/delete-experiment-tag")
    public Map<String, Object> deleteTag(@Nullable MlflowFields body) {
        var fields = MlflowFields.orNone(body);
        experiments.deleteTag(mine(fields).id(), fields.required("key"));
        return Map.of();
    }

    /** Which data sets the runs of these experiments read, and what for. */
    @POST
    @Path("/search-datasets")
    public Map<String, Object> searchDataSets(@Nullable MlflowFields body) {
        var ids = MlflowFields.orNone(body).texts("experiment_ids");
        var experiments =
                ids.stream().map(id -> readable(id, Permission.EXPERIMENT_READ).id()).toList();
        return Map.of("dataset_summaries", summaries(experiments));
    }

    private List<Map<String, String>> summaries(List<Long> experiments) {
        return dataSets.of(experiments).stream()
                .map(
                        set ->
                                Map.of(
                                        "experiment_id",
                                        Long.toString(set.experiment()),
                                        "name",
                                        set.name(),
                                        "digest",
                                        set.digest(),
                                        "context",
                                        set.context()))
                .toList();
    }
}
