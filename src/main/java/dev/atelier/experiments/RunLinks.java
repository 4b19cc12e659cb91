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
    public record Input(DataSet dataSet, Map<String, String> tags) {

        /** Stands for one that must not be named to whoever asks. */
        static final Input HIDDEN =
                new Input(
                        new DataSet("a data set you may not see", "", "", "", null, null),
                        Map.of());

        /** Whether all there is to say of it is that it is there. */
        public boolean hidden() {
            return this == HIDDEN;
        }
    }

    /** A logged model that a run used or made. */
    public record ModelLink(UUID model, long step) {}

    /**
     * @param experiment of the model, which may be another than the run's
     */
    record Linked(ModelLink link, long experiment) {}

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

    /** Names of what a run read, whoever asks: for what is kept, not for what is shown. */
    public List<String> dataSetsOf(UUID run) {
        return inputs(new UUID[] {run}).getOrDefault(run, List.of()).stream()
                .map(input -> input.dataSet().name())
                .distinct()
                .toList();
    }

    /** Models by run; true for those that it made, false for those that it used. */
    Map<Boolean, Map<UUID, List<Linked>>> models(UUID[] ids) {
        var all =
                Map.<Boolean, Map<UUID, List<Linked>>>of(
                        true, new HashMap<>(), false, new HashMap<>());
        sql.list(
                """
                select l.run, l.model, l.step, l.output, m.experiment
                from run_model l join logged_model m on m.id = l.model
                where l.run = any(?) order by l.run, l.step, l.model
                """,
                row ->
                        Objects.requireNonNull(all.get(row.getBoolean(4)))
                                .computeIfAbsent(
                                        row.getObject(1, UUID.class), _ -> new ArrayList<>())
                                .add(
                                        new Linked(
                                                new ModelLink(
                                                        row.getObject(2, UUID.class),
                                                        row.getLong(3)),
                                                row.getLong(5))),
                (Object) ids);
        return all;
    }
}
