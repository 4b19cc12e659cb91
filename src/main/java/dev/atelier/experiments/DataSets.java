package dev.atelier.experiments;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;

/** The data sets that runs read. */
@ApplicationScoped
class DataSets {

    /**
     * A data set of an experiment in one of its uses.
     *
     * @param context what runs used it for, say {@code training}; empty when they did not say
     */
    record Use(long experiment, String name, String digest, String context) {}

    private static final int MOST = 1_000;

    private final Sql sql;

    DataSets(Sql sql) {
        this.sql = sql;
    }

    /** By name; the first thousand. */
    List<Use> of(Collection<Long> experiments) {
        return sql.list(
                """
                select distinct d.experiment, d.name, d.digest,
                       coalesce(i.tags ->> 'mlflow.data.context', '') as context
                from run_dataset d join run_input i on i.dataset = d.id
                where d.experiment = any(?) order by d.name, d.digest, context limit ?
                """,
                row ->
                        new Use(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4)),
                experiments.toArray(Long[]::new),
                MOST);
    }
}
