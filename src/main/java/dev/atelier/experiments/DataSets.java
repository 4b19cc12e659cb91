package dev.atelier.experiments;

import dev.atelier.catalog.EntityRef;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The data sets that runs read. Decides which must not be named to whoever asks: those that the
 * catalog has under that name and does not show to them.
 */
@ApplicationScoped
public class DataSets {

    /**
     * A data set of an experiment in one of its uses.
     *
     * @param context what runs used it for, say {@code training}; empty when they did not say
     */
    record Use(long experiment, String name, String digest, String context) {}

    private static final int MOST = 1_000;

    private static final String KIND = "dataset";

    private final Sql sql;
    private final Sight sight;

    DataSets(Sql sql, Sight sight) {
        this.sql = sql;
        this.sight = sight;
    }

    /** By name; the first thousand of those that may be named. */
    List<Use> of(Collection<Long> experiments) {
        return sql.list(
                """
                select distinct d.experiment, d.name, d.digest,
                       coalesce(i.tags ->> 'mlflow.data.context', '') as context
                from run_dataset d join run_input i on i.dataset = d.id
                where d.experiment = any(?) and lower(d.name) <> all(?)
                order by d.name, d.digest, context limit ?
                """,
                row ->
                        new Use(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4)),
                experiments.toArray(Long[]::new),
                hidden(),
                MOST);
    }

    /**
     * @param name as a run or a version says it: an entity reference, or any text
     */
    public boolean hides(String name) {
        var closed = sight.blind().closed();
        if (closed.isEmpty()) {
            return false;
        }
        try {
            return closed.contains(
                    EntityRef.parse(name, KIND, EntityRef.DEFAULT_NAMESPACE).toString());
        } catch (IllegalArgumentException e) {
            return false; // a plain text: nothing in the catalog is called so
        }
    }

    /** All ways to write, in lower case, those that are hidden: as {@link #hides} reads a name. */
    String[] hidden() {
        return sight.blind().closed().stream()
                .filter(ref -> !ref.startsWith(Experiment.KIND))
                .flatMap(DataSets::spellings)
                .toArray(String[]::new);
    }

    private static Stream<String> spellings(String text) {
        var ref = EntityRef.parse(text);
        var full = ref.namespace() + "/" + ref.name();
        var names =
                ref.namespace().equals(EntityRef.DEFAULT_NAMESPACE)
                        ? Set.of(full, ref.name())
                        : Set.of(full);
        return names.stream()
                .flatMap(
                        name ->
                                Stream.concat(
                                        Stream.of(ref.kind() + ":" + name),
                                        ref.kind().equals(KIND) ? Stream.of(name) : Stream.empty()))
                .map(name -> name.toLowerCase(Locale.ROOT));
    }

    /** With those that are hidden in words that do not say which they are. */
    List<RunLinks.Input> shown(List<RunLinks.Input> inputs) {
        return inputs.stream()
                .map(input -> hides(input.dataSet().name()) ? RunLinks.Input.HIDDEN : input)
                .toList();
    }
}
