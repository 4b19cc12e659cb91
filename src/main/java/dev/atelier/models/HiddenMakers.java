package dev.atelier.models;

import dev.atelier.experiments.DataSets;
import dev.atelier.experiments.Ids;
import dev.atelier.experiments.RegisteredFiles;
import dev.atelier.experiments.Unseen;
import dev.atelier.identity.Resource;
import dev.atelier.identity.Sight;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what of that which made versions must not be named to whoever asks: runs, logged models
 * and other versions that they may not see. For many versions at once it asks the database as often
 * as for one.
 */
@ApplicationScoped
class HiddenMakers {

    /** Of runs and of logged models. */
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{32}");

    /** A registered model in an address of files. */
    private static final Pattern MODEL =
            Pattern.compile(
                    "(?:models:/+|mlflow-artifacts:/.*?/?"
                            + Pattern.quote(RegisteredFiles.FOLDER)
                            + ")(?<name>[^/@]+).*");

    private final Sql sql;
    private final Sight sight;
    private final Unseen unseen;
    private final DataSets dataSets;

    HiddenMakers(Sql sql, Sight sight, Unseen unseen, DataSets dataSets) {
        this.sql = sql;
        this.sight = sight;
        this.unseen = unseen;
        this.dataSets = dataSets;
    }

    /**
     * What a version says of its making.
     *
     * @param run as it was stated: the identifier of a run, or any text
     * @param source the address that its files were taken from
     */
    record Said(@Nullable String run, @Nullable String loggedModel, @Nullable String source) {

        private Set<UUID> runs() {
            return run == null
                    ? Set.of()
                    : Ids.of(run.replace("-", "")).map(Set::of).orElse(Set.of());
        }

        private Set<UUID> loggedModels() {
            return loggedModel == null
                    ? Set.of()
                    : Ids.ofModel(loggedModel).map(Set::of).orElse(Set.of());
        }

        private Set<UUID> atSource() {
            return source == null
                    ? Set.of()
                    : ID.matcher(source)
                            .results()
                            .flatMap(found -> Ids.of(found.group()).stream())
                            .collect(Collectors.toSet());
        }

        private Optional<String> modelAtSource() {
            return Optional.ofNullable(source)
                    .map(MODEL::matcher)
                    .filter(Matcher::matches)
                    .map(found -> found.group("name"));
        }
    }

    /** What must not be named. */
    record Hidden(boolean run, boolean loggedModel, boolean source) {

        VersionNote without(VersionNote note) {
            return new VersionNote(
                    note.number(),
                    note.description(),
                    note.stage(),
                    note.tags(),
                    source ? null : note.source(),
                    run ? null : note.runLink(),
                    note.changedAt());
        }
    }

    /** In the order of what is asked about. */
    List<Hidden> of(List<Said> all) {
        var ids = new HashSet<UUID>();
        var models = new HashSet<String>();
        all.forEach(
                said -> {
                    ids.addAll(said.runs());
                    ids.addAll(said.loggedModels());
                    ids.addAll(said.atSource());
                    said.modelAtSource().ifPresent(models::add);
                });
        var closedIds = unseen.of(ids);
        var closedModels = models(models);
        return all.stream()
                .map(
                        said ->
                                new Hidden(
                                        !Collections.disjoint(said.runs(), closedIds),
                                        !Collections.disjoint(said.loggedModels(), closedIds),
                                        !Collections.disjoint(said.atSource(), closedIds)
                                                || said.modelAtSource()
                                                        .filter(closedModels::contains)
                                                        .isPresent()))
                .toList();
    }

    Hidden of(Said said) {
        return of(List.of(said)).getFirst();
    }

    /** Whether a registered model is hidden, by the portal's name of it. */
    boolean model(String name) {
        return sight.closes(Resource.model(name));
    }

    /** Those of these names, as clients call models, that are of hidden ones. */
    private Set<String> models(Collection<String> called) {
        if (called.isEmpty() || sight.blind().closed().isEmpty()) {
            return Set.of();
        }
        var hidden = called.stream().filter(this::model).collect(Collectors.toSet());
        hidden.addAll(
                sql
                        .list(
                                "select title, name from model where title = any(?)",
                                row -> Map.entry(row.getString(1), row.getString(2)),
                                (Object) called.toArray(String[]::new))
                        .stream()
                        .filter(one -> model(one.getValue()))
                        .map(Map.Entry::getKey)
                        .toList());
        return hidden;
    }

    /** What is said of a version beside its files, as it may be told. */
    VersionNote shown(ModelVersion version, VersionNote note) {
        return of(new Said(version.lineage().run(), null, note.source())).without(note);
    }

    /** The lineage of a version as it may be told. */
    ShownLineage shown(ModelVersion version) {
        return shown(List.of(version)).getFirst();
    }

    /** The lineages of some versions, in their order. */
    List<ShownLineage> shown(List<ModelVersion> versions) {
        var hidden =
                of(
                        versions.stream()
                                .map(ModelVersion::lineage)
                                .map(said -> new Said(said.run(), said.loggedModel(), null))
                                .toList());
        return IntStream.range(0, versions.size())
                .mapToObj(i -> shown(versions.get(i).lineage(), hidden.get(i)))
                .toList();
    }

    private ShownLineage shown(Lineage lineage, Hidden hidden) {
        var named = lineage.datasets().stream().filter(name -> !dataSets.hides(name)).toList();
        var words = new ArrayList<String>();
        if (hidden.run) {
            words.add("a run you may not see");
        }
        if (hidden.loggedModel) {
            words.add("a logged model you may not see");
        }
        int sets = lineage.datasets().size() - named.size();
        if (sets > 0) {
            words.add((sets == 1 ? "a data set" : sets + " data sets") + " you may not see");
        }
        return new ShownLineage(
                named,
                hidden.run ? null : lineage.run(),
                lineage.parent(),
                hidden.run ? null : lineage.source(), // of the run's code
                hidden.loggedModel ? null : lineage.loggedModel(),
                words);
    }
}
