package dev.atelier.experiments;

import dev.atelier.platform.database.JsonTexts;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The data sets and logged models that runs read, and the logged models that they made. */
@ApplicationScoped
public class RunLinks {

    /** A data set that runs read, as its client describes it. */
    public record DataSet(
            String name,
            String digest,
            String sourceType,
            String source,
            @Nullable String schema,
            @Nullable String profile) {}

    /** A data set that a run read, with what it was for. */
    public record Input(DataSet dataSet, Map<String, String> tags) {}

    /** A logged model that a run used or made. */
    public record ModelLink(UUID model, long step) {}

    private final Sql sql;
    private final Runs runs;

    RunLinks(Sql sql, Runs runs) {
        this.sql = sql;
        this.runs = runs;
    }

    @Transactional
    void addInputs(UUID run, List<Input> inputs, Collection<UUID> models) {
        var experiment = runs.experimentOf(run);
        for (var input : inputs) {
            var set = input.dataSet;
            var id =
                    sql.one(
                            """
                            insert into run_dataset (experiment, name, digest, source_type, source,
                                schema, profile)
                            values (?, ?, ?, ?, ?, ?, ?)
                            on conflict (experiment, name, digest) do update
                            set source = excluded.source
                            returning id
                            """,
                            row -> row.getLong(1),
                            experiment,
                            set.name,
                            set.digest,
                            set.sourceType,
                            set.source,
                            set.schema,
                            set.profile);
            sql.update(
                    """
                    insert into run_input (run, dataset, tags) values (?, ?, ?::jsonb)
                    on conflict (run, dataset) do update set tags = run_input.tags || excluded.tags
                    """,
                    run,
                    id,
                    JsonTexts.of(input.tags));
        }
        link(run, models.stream().map(model -> new ModelLink(model, 0)).toList(), false);
    }

    @Transactional
    void addOutputs(UUID run, List<ModelLink> models) {
        link(run, models, true);
    }

    private void link(UUID run, List<ModelLink> models, boolean output) {
        for (var link : models) {
            if (sql.update(
                            """
                            insert into run_model (run, model, output, step)
                            select ?, id, ?, ? from logged_model where id = ?
                            on conflict (run, model, output) do update set step = excluded.step
                            """,
                            run,
                            output,
                            link.step,
                            link.model)
                    == 0) {
                throw LoggedModels.none(Ids.model(link.model));
            }
        }
    }

    /** By run, in the order in which they were first read. */
    Map<UUID, List<Input>> inputs(UUID[] ids) {
        var all = new HashMap<UUID, List<Input>>();
        sql.list(
                """
                select i.run, d.name, d.digest, d.source_type, d.source, d.schema, d.profile, i.tags
                from run_input i join run_dataset d on d.id = i.dataset
                where i.run = any(?) order by i.run, d.id
                """,
                row ->
                        all.computeIfAbsent(row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(
                                        new Input(
                                                new DataSet(
                                                        row.getString(2),
                                                        row.getString(3),
                                                        row.getString(4),
                                                        row.getString(5),
                                                        row.getString(6),
                                                        row.getString(7)),
                                                JsonTexts.read(row, 8))),
                (Object) ids);
        return all;
    }

    /** Models by run; true for those that it made, false for those that it used. */
    Map<Boolean, Map<UUID, List<ModelLink>>> models(UUID[] ids) {
        var all =
                Map.<Boolean, Map<UUID, List<ModelLink>>>of(
                        true, new HashMap<>(), false, new HashMap<>());
        sql.list(
                """
                select run, model, step, output from run_model where run = any(?)
                order by run, step, model
                """,
                row ->
                        Objects.requireNonNull(all.get(row.getBoolean(4)))
                                .computeIfAbsent(
                                        row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(new ModelLink(row.getObject(2, UUID.class), row.getLong(3))),
                (Object) ids);
        return all;
    }
}
