package dev.atelier.experiments;

import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Decides which runs and logged models must not be named to whoever asks, where something that they
 * may read names them: those of experiments that they may not read.
 */
@ApplicationScoped
public class Unseen {

    private final Sql sql;
    private final Sight sight;

    Unseen(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    /** Those of these experiments. */
    public Set<Long> experiments(Collection<Long> ids) {
        return sight
                .unreadable(ids.stream().map(Experiment::ref).collect(Collectors.toSet()))
                .stream()
                .map(ref -> Experiments.number(ref.substring(Experiment.KIND.length())))
                .collect(Collectors.toSet());
    }

    /** All that are not shown to whoever asks, for conditions of searches. */
    public Long[] experiments() {
        return Experiments.ids(sight.blind().closed());
    }

    private record Held(UUID id, long experiment) {}

    /**
     * Those of these runs and logged models, deleted or not. What is not recorded here is hidden
     * from nobody.
     */
    public Set<UUID> of(Collection<UUID> ids) {
        if (ids.isEmpty()) {
            return Set.of();
        }
        var wanted = ids.toArray(UUID[]::new);
        var held =
                sql.list(
                        """
                        select id, experiment from run where id = any(?)
                        union all
                        select id, experiment from logged_model where id = any(?)
                        """,
                        row -> new Held(row.getObject(1, UUID.class), row.getLong(2)),
                        wanted,
                        wanted);
        var hidden = experiments(held.stream().map(Held::experiment).toList());
        return held.stream()
                .filter(one -> hidden.contains(one.experiment))
                .map(Held::id)
                .collect(Collectors.toSet());
    }
}
